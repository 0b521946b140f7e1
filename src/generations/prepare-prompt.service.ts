import { Injectable } from '@nestjs/common';
import { takeCharacters } from '../common/count-characters.js';
import { DomainError } from '../common/domain-error.js';
import { PromptSafety, type PromptText } from '../moderation/prompt-safety.js';
import type { Asking } from './asking.js';
import { DraftGenerationService } from './draft-generation.service.js';
import type { Generation } from './domain/generation.js';
import type { GenerationRequest } from './domain/generation-request.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import { ATTACH_WITHIN_S, LOST_WITHIN_S } from './domain/idempotency.js';
import { assertPrompt, toUntouched } from './domain/prompt-rules.js';
import { RepeatsReader } from './domain/repeats.reader.port.js';
import { PromptPreparers } from './prompt-preparers.js';

/** From the prompt that a caller wrote, or the template it named, to the one that is sent. */
@Injectable()
export class PreparePromptService {
  constructor(
    private readonly safety: PromptSafety,
    private readonly preparers: PromptPreparers,
    private readonly repeats: RepeatsReader,
    private readonly generations: GenerationsRepository,
    private readonly drafts: DraftGenerationService,
  ) {}

  /** The template's text with its values is the prompt. @throws DomainError as PromptPreparer.fill, assertPrompt */
  async fill(request: GenerationRequest): Promise<GenerationRequest> {
    const { templateWish: wish, searchSpaceId } = request;
    if (!wish) return request;
    const preparer = this.preparers.find();
    if (!preparer) throw DomainError.invalid('prompt_template', 'is not offered by this service');
    const { prompt, id, version } = await preparer.fill(searchSpaceId, wish);
    assertPrompt(prompt);
    return { ...request, prompt, promptTemplate: { id, version } };
  }

  /** As it will be at most once it is prepared, for who wants to know what it would cost. Asks nobody. */
  foresee(request: GenerationRequest): GenerationRequest {
    const lengthMax = this.preparers.find()?.findLengthMax(request) ?? null;
    if (lengthMax === null) return request;
    return { ...request, sentPrompt: takeCharacters(request.prompt, lengthMax) };
  }

  /**
   * Judges what the caller wrote, has it shortened where that is due, and judges what came of it. What refuses the
   * request anyhow is told before anybody is asked to shorten it; a repeat is sent what the first was. What was prepared
   * before stays as it is.
   * @throws DomainError `moderation.blocked`; as DraftGenerationService.draft, PromptPreparer.prepare
   */
  async prepare(request: GenerationRequest, asking: Asking): Promise<GenerationRequest> {
    await this.assertSafe(request, asking, toPromptTexts(request));
    if (request.promptValidation) return request;
    const preparer = this.preparers.find();
    const foreseen = this.foresee(request);
    if (!preparer || foreseen === request) {
      return { ...request, promptValidation: toUntouched(request.prompt) };
    }
    const earlier = await this.findEarlier(asking);
    if (earlier) {
      const { sentPrompt, promptValidation } = earlier.options;
      return { ...request, sentPrompt, promptValidation };
    }
    await this.drafts.draft(foreseen, asking);
    const { sentPrompt, validation, failure } = await preparer.prepare(request, asking);
    if (sentPrompt === null) {
      return { ...request, promptValidation: validation, promptFailure: failure };
    }
    await this.assertSafe(request, asking, [{ field: 'prompt', text: sentPrompt }]);
    return { ...request, sentPrompt, promptValidation: validation };
  }

  private async assertSafe(
    { searchSpaceId }: GenerationRequest,
    { caller }: Asking,
    texts: readonly PromptText[],
  ): Promise<void> {
    await this.safety.assert({ searchSpaceId, caller, texts, surface: 'image' });
  }

  /** What this request repeats; null = nothing. @throws DomainError `idempotency.key_reused` */
  private async findEarlier(asking: Asking): Promise<Generation | null> {
    const { caller, route, fingerprint, repetition } = asking;
    const { key, isRetry } = repetition;
    if (key === null && !isRetry) return null;
    const id = await this.repeats.find({
      callerId: caller.id,
      route,
      fingerprint,
      key,
      attachWithinS: ATTACH_WITHIN_S,
      lostWithinS: LOST_WITHIN_S,
    });
    const earlier = id === null ? null : await this.generations.find(id);
    if (!earlier || earlier.fingerprint === fingerprint) return earlier;
    throw new DomainError(
      'idempotency.key_reused',
      'This Idempotency-Key was used for another request. Send a new key.',
    );
  }
}

/** A prompt that had to stay as long as it is, and that no model takes which the request allows. */
export function toTooLong(error: unknown, { promptFailure }: GenerationRequest): unknown {
  if (!promptFailure || !(error instanceof DomainError) || !isOfPlan(error)) return error;
  return DomainError.invalid(
    'prompt',
    `is longer than the model takes, and could not be shortened: ${promptFailure}. ` +
      `Shorten it yourself, name a model that takes it (GET /api/v1/models), or try again later. (${error.message})`,
  );
}

function isOfPlan({ code, fields }: DomainError): boolean {
  return code.startsWith('routing.') || fields.some(({ field }) => field === 'prompt');
}

function toPromptTexts({ prompt, sentPrompt, negativePrompt }: GenerationRequest): PromptText[] {
  const texts: PromptText[] = [{ field: 'prompt', text: prompt }];
  if (sentPrompt !== undefined) texts.push({ field: 'prompt', text: sentPrompt });
  if (negativePrompt) texts.push({ field: 'negative_prompt', text: negativePrompt });
  return texts;
}

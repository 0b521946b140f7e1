import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import type { Asking } from './asking.js';
import type { GenerationRequest, TemplateWish } from './domain/generation-request.js';
import type { PromptValidation } from './domain/prompt-rules.js';

/** A template with its values in it. */
export interface FilledTemplate {
  prompt: string;
  id: string;
  version: number;
}

export interface PreparedPrompt {
  /** What is to be sent in place of the prompt; null = the prompt as it is. */
  sentPrompt: string | null;
  validation: PromptValidation;
  /** Why a prompt that should have been shortened was not, for the caller; null = it was. */
  failure: string | null;
}

/** Makes prompts of templates, and long prompts shorter. A room above registers it with `PromptPreparers`. */
export abstract class PromptPreparer {
  /** @throws DomainError `request.not_found` for another space's template; `request.invalid` naming the variable */
  abstract fill(searchSpaceId: string, wish: TemplateWish): Promise<FilledTemplate>;

  /** Most characters that the prompt will have once it is prepared; null = it stays as it is. Asks nobody. */
  abstract findLengthMax(request: GenerationRequest): number | null;

  /**
   * Rewrites the prompt. A vendor may be asked, under a hold of its own; no money of the pictures is set aside yet.
   * What goes wrong is no error: then nothing is to be sent in place of the prompt.
   * @throws DomainError `moderation.blocked`, `idempotency.in_progress`, `idempotency.key_reused`
   */
  abstract prepare(request: GenerationRequest, asking: Asking): Promise<PreparedPrompt>;
}

/** Who prepares prompts, if anybody. */
@Injectable()
export class PromptPreparers {
  private preparer: PromptPreparer | null = null;

  register(preparer: PromptPreparer): void {
    assert(this.preparer === null, 'prompts are prepared by one room');
    this.preparer = preparer;
  }

  find(): PromptPreparer | null {
    return this.preparer;
  }
}

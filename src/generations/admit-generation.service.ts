import { Injectable } from '@nestjs/common';
import { toAdmissionError } from '../billing/domain/budget-refusal.js';
import { toBudgetWarning, toWarningBody } from '../billing/domain/budget-warning.js';
import type { AdmitMember, Refusal } from '../billing/domain/settlement.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { type AdmissionPart, AdmissionParts } from './admission-parts.js';
import type { Asking } from './asking.js';
import { assertImageScope } from './assert-image-scope.js';
import { toActor } from './conclude-member.js';
import { USAGE_TYPE } from './credit-check.service.js';
import { type Draft, DraftGenerationService } from './draft-generation.service.js';
import { listThriftier } from './domain/list-thriftier.js';
import type { Generation } from './domain/generation.js';
import type { GenerationRequest } from './domain/generation-request.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { toHeldMoney } from './domain/held-money.js';
import { ATTACH_WITHIN_S, LOST_WITHIN_S } from './domain/idempotency.js';
import { PreparePromptService, toTooLong } from './prepare-prompt.service.js';

/** Whether a process runs it at once, under its lease, or a worker takes it from the queue. */
export type Start = { kind: 'run'; owner: string } | { kind: 'queue' };

/** What rooms above write beside it, by the key of their rider. */
export type Extras = Readonly<Record<string, unknown>>;

/** What is to run, and who writes beside it. */
export interface DraftedRun extends Draft {
  parts: readonly AdmissionPart[];
}

/** From a request to rows and held money: choose, price, admit. */
@Injectable()
export class AdmitGenerationService {
  constructor(
    private readonly config: AppConfig,
    private readonly drafts: DraftGenerationService,
    private readonly writer: SettlementWriter,
    private readonly prompts: PreparePromptService,
    private readonly parts: AdmissionParts,
  ) {}

  /**
   * The draft of what is to run: its prompts are judged, and shortened, before anything is chosen or priced.
   * @throws DomainError as PreparePromptService.prepare; what a room above refuses; as DraftGenerationService.draft
   */
  async draftRun(request: GenerationRequest, asking: Asking): Promise<DraftedRun> {
    assertImageScope(asking.caller, request);
    const parts = await this.parts.open(request, asking);
    const prepared = await this.prompts.prepare(request, asking);
    try {
      return { ...(await this.draft(prepared, asking)), parts };
    } catch (error) {
      throw toTooLong(error, prepared);
    }
  }

  /** The request with the text of its template. @throws DomainError as PreparePromptService.fill */
  fill(request: GenerationRequest): Promise<GenerationRequest> {
    return this.prompts.fill(request);
  }

  /** The request as it would be priced. @throws DomainError as PreparePromptService.fill */
  async foresee(request: GenerationRequest): Promise<GenerationRequest> {
    return this.prompts.foresee(await this.prompts.fill(request));
  }

  /** @throws DomainError as DraftGenerationService.draft */
  draft(request: GenerationRequest, asking: Asking): Promise<Draft> {
    return this.drafts.draft(request, asking);
  }

  /**
   * Holds the money and writes the rows, or tells why not; then nothing was written. Where money refuses, what costs less
   * is tried before that is said: the draft then runs without its dearer candidates.
   */
  async admit(
    draft: OwnedRun,
    asking: Asking,
    start: Start,
    extras: Extras = {},
  ): Promise<Refusal | null> {
    const refusal = await this.tryAdmit(draft, asking, start, extras);
    if (!refusal || !isForMoney(refusal, draft.generation)) return refusal;
    for (const thriftier of listThriftier(draft.generation)) {
      const narrowed = toRun(thriftier, draft);
      const again = await this.tryAdmit(narrowed, asking, start, extras);
      if (again && isForMoney(again, thriftier)) continue;
      if (!again) Object.assign(draft, narrowed);
      return again;
    }
    return refusal;
  }

  private async tryAdmit(
    run: OwnedRun,
    asking: Asking,
    start: Start,
    extras: Extras,
  ): Promise<Refusal | null> {
    const member = { ...extras, ...this.toMember(run, asking, start) };
    const { refusal, warnings } = await this.writer.admitWithWarnings(member);
    run.generation.warnings = warnings.map((warning) => ({
      ...toBudgetWarning(warning),
      budget: toWarningBody(warning),
    }));
    return refusal;
  }

  private toMember({ generation, attempt }: OwnedRun, asking: Asking, start: Start): AdmitMember {
    const { holdTtlS, idempotencyTtlS, leaseS } = this.config.generations;
    const isRunning = start.kind === 'run';
    const held = toHeldMoney(generation);
    generation.status = isRunning ? 'running' : 'queued';
    attempt.state = isRunning ? 'sent' : 'planned';
    return {
      hold: {
        id: generation.holdId,
        transaction_id: newId(),
        search_space_id: generation.searchSpaceId,
        user_id: generation.createdBy,
        api_key_id: generation.apiKeyId,
        amount_micros: held.amountMicros,
        funding: held.funding,
        price_version_id: generation.quote.priceVersionId,
        reference: generation.id,
        actor: toActor(generation),
        expires_in_s: holdTtlS,
      },
      claim: {
        caller_id: generation.callerId,
        route: generation.route,
        key: asking.repetition.key,
        fingerprint: generation.fingerprint,
        generation_id: generation.id,
        ttl_s: idempotencyTtlS,
        attach_within_s:
          asking.repetition.isRetry && asking.repetition.key === null ? ATTACH_WITHIN_S : null,
        lost_within_s: LOST_WITHIN_S,
      },
      generation: {
        ...toRow(generation),
        repeatable: asking.isRepeatable,
        lease_owner: isRunning ? start.owner : null,
        lease_s: isRunning ? leaseS : null,
      },
      attempt: {
        id: attempt.id,
        generation_id: generation.id,
        ordinal: attempt.ordinal,
        provider: attempt.provider,
        model: attempt.model,
        connection: attempt.connection,
        state: attempt.state,
      },
    };
  }
}

function isForMoney(refusal: Refusal, { createdAt }: Generation): boolean {
  return toAdmissionError(refusal, USAGE_TYPE, createdAt) !== null;
}

/** The same request on other candidates. */
function toRun(generation: Generation, { attempt }: OwnedRun): OwnedRun {
  const { provider, model, connection } = generation;
  return { generation, attempt: { ...attempt, provider, model, connection } };
}

function toRow(generation: Generation): Record<string, unknown> {
  return {
    id: generation.id,
    search_space_id: generation.searchSpaceId,
    collection_id: generation.collectionId,
    status: generation.status,
    operation: generation.operation,
    prompt: generation.prompt,
    model: generation.model,
    provider: generation.provider,
    connection: generation.connection,
    size: generation.size,
    quality: generation.quality,
    n: generation.n,
    options: generation.options,
    quote: generation.quote,
    metadata: generation.metadata,
    created_by: generation.createdBy,
    api_key_id: generation.apiKeyId,
    caller_id: generation.callerId,
    route: generation.route,
    fingerprint: generation.fingerprint,
    hold_id: generation.holdId,
    created_at: generation.createdAt,
  };
}

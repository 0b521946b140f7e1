import { Injectable } from '@nestjs/common';
import { toBudgetWarning } from '../billing/domain/budget-warning.js';
import type { ImagePriceBasis } from '../billing/domain/image-unit-price.js';
import type { AdmitMember, Refusal } from '../billing/domain/settlement.js';
import { PriceBook, type VersionedImageQuote } from '../billing/price-book.js';
import { PriceTerms } from '../billing/price-terms.js';
import { SettlementWriter } from '../billing/settlement-writer.js';
import { assertModelAllowed } from '../common/assert-model-allowed.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { ZERO_MICROS } from '../common/micros.js';
import { AppConfig } from '../config/app-config.js';
import { RoutingService, type Candidate } from '../routing/routing.service.js';
import { assertImageScope } from './assert-image-scope.js';
import { toActor } from './conclude-member.js';
import type { Attempt, Generation, StoredOptions } from './domain/generation.js';
import type { GenerationRequest } from './domain/generation-request.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { ATTACH_WITHIN_S, LOST_WITHIN_S, type Repetition } from './domain/idempotency.js';

/** Who asks, through which door, and how a repeat of it is known. */
export interface Asking {
  caller: Caller;
  /** `POST /api/v1/image-generations`: the scope of idempotency keys. */
  route: string;
  fingerprint: string;
  repetition: Repetition;
  /** Whether the client repeats itself without a key, as the OpenAI clients do. */
  isRepeatable: boolean;
}

/** Whether a process runs it at once, under its lease, or a worker takes it from the queue. */
export type Start = { kind: 'run'; owner: string } | { kind: 'queue' };

/** What would run, and how its price was found. */
export interface Draft extends OwnedRun {
  basis: ImagePriceBasis;
}

/** From a request to rows and held money: choose, price, admit. */
@Injectable()
export class AdmitGenerationService {
  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly routing: RoutingService,
    private readonly prices: PriceBook,
    private readonly terms: PriceTerms,
    private readonly writer: SettlementWriter,
  ) {}

  /**
   * Chooses what will run and what it costs at most; writes nothing.
   * @throws DomainError as RoutingService.plan; `auth.scope_missing`, `auth.model_not_allowed` for a key;
   * `billing.no_price`, `billing.subscription_expired`.
   */
  async draft(asked: GenerationRequest, asking: Asking): Promise<Draft> {
    assertImageScope(asking.caller, asked);
    const candidate = this.plan(asked);
    const request = withSize(asked, candidate);
    const { model, connection } = candidate;
    assertModelAllowed(asking.caller, model.id);
    const inputImages = request.referenceImages.length + (request.mask ? 1 : 0);
    const terms = await this.terms.resolve({
      searchSpaceId: request.searchSpaceId,
      userId: asking.caller.userId,
      routeName: model.id,
      connectionScope: connection.scope,
    });
    const quote = await this.prices.quote({
      terms,
      connection: connection.id,
      provider: model.provider,
      model: model.id,
      operation: request.operation,
      n: request.n,
      widthPx: request.widthPx,
      heightPx: request.heightPx,
      size: request.size,
      quality: request.quality,
      promptBytes: Buffer.byteLength(request.prompt),
      inputImages,
    });
    const generation = this.toGeneration(request, asking, candidate, quote);
    return { generation, attempt: toAttempt(generation), basis: quote.basis };
  }

  /** Holds the money and writes the rows, or tells why not; then nothing was written. */
  async admit(draft: OwnedRun, asking: Asking, start: Start): Promise<Refusal | null> {
    const member = this.toMember(draft, asking, start);
    const { refusal, warnings } = await this.writer.admitWithWarnings(member);
    draft.generation.warnings = warnings.map(toBudgetWarning);
    return refusal;
  }

  private plan(request: GenerationRequest): Candidate {
    return this.routing.plan(
      request.model,
      {
        operation: request.operation,
        prompt: request.prompt,
        n: request.n,
        widthPx: request.widthPx,
        heightPx: request.heightPx,
        isShape: request.isShape,
        quality: request.quality,
        style: request.style,
        outputFormat: request.outputFormat,
        background: request.background,
        inputImageCount: request.referenceImages.length,
        hasMask: request.mask !== null,
      },
      request.providerOptions,
    );
  }

  private toGeneration(
    request: GenerationRequest,
    { caller, route, fingerprint }: Asking,
    { model, connection }: Candidate,
    quote: VersionedImageQuote,
  ): Generation {
    return {
      id: newId(),
      searchSpaceId: request.searchSpaceId,
      collectionId: request.collectionId ?? null,
      status: 'queued',
      operation: request.operation,
      prompt: request.prompt,
      sentPrompt: null,
      model: model.id,
      provider: model.provider,
      connection: connection.id,
      size: request.size,
      quality: request.quality,
      n: request.n,
      options: toOptions(request),
      quote: {
        holdMicros: quote.holdMicros,
        listMicros: quote.listMicros,
        unitMicros: quote.unitMicros,
        priceVersionId: quote.versionId,
        terms: quote.terms,
      },
      metadata: request.metadata,
      error: null,
      costMicros: ZERO_MICROS,
      usage: null,
      warnings: [],
      timingsMs: {},
      createdBy: caller.userId,
      apiKeyId: caller.kind === 'api_key' ? caller.id : null,
      callerId: caller.id,
      route,
      fingerprint,
      holdId: newId(),
      linksVersion: 1,
      createdAt: this.clock.now(),
      finishedAt: null,
    };
  }

  private toMember({ generation, attempt }: OwnedRun, asking: Asking, start: Start): AdmitMember {
    const { holdTtlS, idempotencyTtlS, leaseS } = this.config.generations;
    const isRunning = start.kind === 'run';
    generation.status = isRunning ? 'running' : 'queued';
    attempt.state = isRunning ? 'sent' : 'planned';
    return {
      hold: {
        id: generation.holdId,
        transaction_id: newId(),
        search_space_id: generation.searchSpaceId,
        user_id: generation.createdBy,
        api_key_id: generation.apiKeyId,
        amount_micros: generation.quote.holdMicros,
        funding: generation.quote.terms?.funding ?? 'wallet',
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
        connection: generation.connection,
        state: attempt.state,
      },
    };
  }
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

function toAttempt(generation: Generation): Attempt {
  return {
    id: newId(),
    generationId: generation.id,
    ordinal: 1,
    provider: generation.provider,
    model: generation.model,
    state: 'planned',
    vendorReference: null,
    vendorRequestId: null,
    error: null,
    costMicros: ZERO_MICROS,
    sentAt: null,
    finishedAt: null,
  };
}

function toOptions(request: GenerationRequest): StoredOptions {
  return {
    widthPx: request.widthPx,
    heightPx: request.heightPx,
    style: request.style,
    seed: request.seed,
    negativePrompt: request.negativePrompt,
    guidance: request.guidance,
    steps: request.steps,
    outputFormat: request.outputFormat,
    background: request.background,
    compression: request.compression,
    providerOptions: request.providerOptions,
    hasInputs: request.referenceImages.length > 0 || request.mask !== null,
  };
}

/** A shape becomes the size of the model that has it. */
function withSize(request: GenerationRequest, { size }: Candidate): GenerationRequest {
  if (!request.isShape) return request;
  return { ...request, ...size, size: `${size.widthPx}x${size.heightPx}` };
}

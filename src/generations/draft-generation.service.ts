import { Injectable } from '@nestjs/common';
import type { ImagePriceBasis } from '../billing/domain/image-unit-price.js';
import { PriceBook, type VersionedImageQuote } from '../billing/price-book.js';
import { PriceTerms } from '../billing/price-terms.js';
import { assert } from '../common/assert.js';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { ZERO_MICROS } from '../common/micros.js';
import { ModelPreferences } from '../connections/model-preferences.js';
import type { Candidate, RouteDecision, RoutePlan } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import type { Asking } from './asking.js';
import { assertImageScope } from './assert-image-scope.js';
import { toDeadlineAt } from './domain/deadline.js';
import { toRank } from './domain/priority.js';
import { applyCandidate } from './domain/apply-candidate.js';
import type { Attempt, Generation, StoredCandidate, StoredOptions } from './domain/generation.js';
import type { GenerationRequest } from './domain/generation-request.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { listCategories, toTryOn } from './domain/try-on.js';
import { tellPassedOver } from './tell-passed-over.js';

/** What would run, what it may fall back to, and how its price was found. */
export interface Draft extends OwnedRun {
  basis: ImagePriceBasis;
  decision: RouteDecision;
}

interface PricedCandidate {
  stored: StoredCandidate;
  basis: ImagePriceBasis;
}

/** Reasons to pass over one candidate of several. */
const PASSED_OVER: Readonly<Record<string, string>> = {
  'billing.no_price': 'no_price',
  'billing.subscription_expired': 'subscription_expired',
};

/** From a request to what would run and what it costs at most. Writes nothing. */
@Injectable()
export class DraftGenerationService {
  constructor(
    private readonly clock: Clock,
    private readonly routing: RoutingService,
    private readonly prices: PriceBook,
    private readonly terms: PriceTerms,
    private readonly preferences: ModelPreferences,
  ) {}

  /**
   * @throws DomainError as RoutingService.plan; `auth.scope_missing`; `billing.no_price`,
   * `billing.subscription_expired` when that is so of every candidate.
   */
  async draft(request: GenerationRequest, asking: Asking): Promise<Draft> {
    assertImageScope(asking.caller, request);
    const plan = await this.plan(request, asking.caller);
    const { priced, passedOver } = await this.priceAll(plan, request, asking.caller);
    const [first, ...others] = priced;
    assert(first, 'a plan has a candidate');
    const decision = tellPassedOver(plan.decision, passedOver);
    const { failsOverRefusals } = await this.preferences.find(request.searchSpaceId);
    const options = {
      ...toOptions(request),
      decision,
      failsOverRefusals,
      fallbacks: others.map(({ stored }) => stored),
    };
    const generation = this.toGeneration(request, asking, first.stored, options);
    return { generation, attempt: toAttempt(generation), basis: first.basis, decision };
  }

  private plan(request: GenerationRequest, caller: Caller): Promise<RoutePlan> {
    return this.routing.plan(
      {
        searchSpaceId: request.searchSpaceId,
        model: request.model,
        enableFallback: request.enableFallback,
        maxRetries: request.maxRetries,
        session: request.session ?? null,
        isAllowed: (model) => isModelAllowed(caller, model),
      },
      {
        operation: request.operation,
        prompt: request.sentPrompt ?? request.prompt,
        n: request.n,
        widthPx: request.widthPx,
        heightPx: request.heightPx,
        isShape: request.isShape,
        quality: request.quality,
        style: request.style,
        outputFormat: request.outputFormat,
        background: request.background,
        inputImageCount: request.referenceImages.length,
        garmentCategories: listCategories(request),
        hasMask: request.mask !== null,
      },
      request.providerOptions,
    );
  }

  /** Those that have a price; the first one's fault when none has. */
  private async priceAll(
    { candidates, decision }: RoutePlan,
    request: GenerationRequest,
    caller: Caller,
  ): Promise<{ priced: PricedCandidate[]; passedOver: Map<Candidate, string> }> {
    const priced: PricedCandidate[] = [];
    const passedOver = new Map<Candidate, string>();
    let fault: unknown = null;
    for (const candidate of candidates) {
      try {
        priced.push(await this.price(candidate, request, caller, decision.route));
      } catch (error) {
        const reason = error instanceof DomainError ? PASSED_OVER[error.code] : undefined;
        if (!reason) throw error;
        passedOver.set(candidate, reason);
        fault ??= error;
      }
    }
    if (priced.length === 0) throw fault;
    return { priced, passedOver };
  }

  private async price(
    candidate: Candidate,
    asked: GenerationRequest,
    caller: Caller,
    route: string | null,
  ): Promise<PricedCandidate> {
    const request = withSize(asked, candidate);
    const { model, connection, isOurChoice } = candidate;
    const terms = await this.terms.resolve({
      searchSpaceId: request.searchSpaceId,
      userId: caller.userId,
      routeNames: route === null || isOurChoice ? [model.id] : [route, model.id],
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
      promptBytes: Buffer.byteLength(request.sentPrompt ?? request.prompt),
      inputImages: request.referenceImages.length + (request.mask ? 1 : 0),
      partialImages: request.partialImages,
    });
    return { stored: toStored(candidate, request, quote), basis: quote.basis };
  }

  private toGeneration(
    request: GenerationRequest,
    { caller, route, fingerprint }: Asking,
    first: StoredCandidate,
    options: StoredOptions,
  ): Generation {
    const now = this.clock.now();
    const generation: Generation = {
      id: request.id ?? newId(),
      searchSpaceId: request.searchSpaceId,
      collectionId: request.collectionId ?? null,
      status: 'queued',
      operation: request.operation,
      prompt: request.prompt,
      sentPrompt: null,
      model: first.model,
      provider: first.provider,
      connection: first.connection,
      size: first.size,
      quality: request.quality,
      n: request.n,
      options,
      quote: first.quote,
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
      priority: toRank(request.priority),
      deadlineAt: toDeadlineAt(request.deadlineS, now),
      retriedFrom: request.retriedFrom ?? null,
      createdAt: now,
      finishedAt: null,
    };
    return applyCandidate(generation, first);
  }
}

/** The first attempt of a generation, before it is admitted. */
export function toAttempt(generation: Generation): Attempt {
  return {
    id: newId(),
    generationId: generation.id,
    ordinal: 1,
    provider: generation.provider,
    model: generation.model,
    connection: generation.connection,
    state: 'planned',
    vendorReference: null,
    vendorRequestId: null,
    error: null,
    costMicros: ZERO_MICROS,
    sentAt: null,
    finishedAt: null,
  };
}

function toStored(
  { model, connection, vendorModel, isSticky }: Candidate,
  request: GenerationRequest,
  quote: VersionedImageQuote,
): StoredCandidate {
  return {
    model: model.id,
    provider: model.provider,
    connection: connection.id,
    vendorModel,
    isSticky,
    size: request.size,
    widthPx: request.widthPx,
    heightPx: request.heightPx,
    quote: {
      holdMicros: quote.holdMicros,
      listMicros: quote.listMicros,
      unitMicros: quote.unitMicros,
      priceVersionId: quote.versionId,
      terms: quote.terms,
    },
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
    openaiOptions: request.openaiOptions,
    partialImages: request.partialImages,
    sentPrompt: request.sentPrompt,
    promptValidation: request.promptValidation,
    promptTemplate: request.promptTemplate,
    hasInputs: request.referenceImages.length > 0 || request.mask !== null,
    tryOn: request.operation === 'try_on' ? toTryOn(request.referenceImages) : undefined,
    requestedModel: request.model,
    session: request.session,
    tags: request.tags && request.tags.length > 0 ? request.tags : undefined,
  };
}

/** A shape becomes the size of the model that has it. */
function withSize(request: GenerationRequest, { size }: Candidate): GenerationRequest {
  if (!request.isShape) return request;
  return { ...request, ...size, size: `${size.widthPx}x${size.heightPx}` };
}

import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../billing/domain/settlement.js';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { EmbeddingResult } from '../providers/spec/chat-call.js';
import type { EmbeddingModel } from '../providers/spec/chat-model.js';
import type { RoutePlan } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import { CallDeadlines } from './call-deadlines.js';
import type { CallDraft, PricedCandidate, TextAsking } from './call-draft.js';
import {
  type EmbeddingReading,
  type EmbeddingRequest,
  readEmbeddingRequest,
} from './domain/read-embedding-request.js';
import { RelayMeter } from './domain/relay-meter.js';
import { DraftCallService } from './draft-call.service.js';
import { type CallEnd, RunCallService } from './run-call.service.js';
import { TextBooksService } from './text-books.service.js';

export interface EmbeddingQuestion {
  asking: TextAsking;
  request: EmbeddingRequest;
  phases: PhaseTimer;
  /** Fires when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** Vectors, and what made them. */
export interface EmbeddingAnswer {
  vectors: readonly Float32Array[];
  inputTokens: number;
  model: string;
  provider: string;
  callId: string;
  warnings: readonly BudgetWarning[];
}

type Ended = CallEnd<EmbeddingModel, EmbeddingResult>;

/** One embedding call, from the door to its conclusion. */
@Injectable()
export class EmbeddingsService {
  constructor(
    private readonly routing: RoutingService,
    private readonly drafts: DraftCallService,
    private readonly books: TextBooksService,
    private readonly runner: RunCallService,
    private readonly factory: ProviderFactory,
    private readonly deadlines: CallDeadlines,
  ) {}

  /** @throws DomainError what refused the request, and then nobody was called; or what ended the call, unpaid */
  async embed({ asking, request, phases, signal }: EmbeddingQuestion): Promise<EmbeddingAnswer> {
    const reading = readEmbeddingRequest(request);
    const plan = await this.plan(asking, request, reading);
    const { inputTokens } = reading;
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: () => ({ inputTokens, outputTokens: 0 }),
      unpriced: null,
    });
    const warnings = await phases.measure('hold', () => this.books.open(draft));
    const end = await this.deadlines.run(signal, ({ signal: bounded }) =>
      this.runner.run(draft, { signal: bounded, phases, hasBegun: () => false }, (served, until) =>
        this.call(draft, served, request, reading, until),
      ),
    );
    await phases.measure('post', () => this.close(draft, reading, end));
    if (end.error) throw end.error;
    const { model } = end.served.candidate;
    return {
      vectors: end.value.vectors,
      inputTokens: end.value.usage?.inputTokens ?? inputTokens,
      model: model.id,
      provider: model.provider,
      callId: draft.id,
      warnings,
    };
  }

  private plan(
    { caller, searchSpaceId, model, session }: TextAsking,
    { dimensions }: EmbeddingRequest,
    { inputs, longestTokensMin }: EmbeddingReading,
  ): Promise<RoutePlan<EmbeddingModel>> {
    return this.routing.planEmbedding(
      {
        searchSpaceId,
        model,
        enableFallback: undefined,
        maxRetries: undefined,
        session,
        isAllowed: (name) => isModelAllowed(caller, name),
      },
      {
        inputCount: inputs.length,
        inputTokensMin: longestTokensMin,
        dimensions: dimensions ?? null,
      },
    );
  }

  private call(
    { id }: CallDraft,
    { candidate }: PricedCandidate<EmbeddingModel>,
    { dimensions, user }: EmbeddingRequest,
    { inputs }: EmbeddingReading,
    signal: AbortSignal,
  ): Promise<EmbeddingResult> {
    const { model, connection, vendorModel } = candidate;
    return this.factory.getEmbeddingProvider(model.provider).submit({
      attemptId: id,
      model: model.id,
      vendorModel,
      inputs,
      dimensions: dimensions ?? null,
      user: user ?? null,
      credential: connection.credential,
      signal,
    });
  }

  private close(
    draft: CallDraft<EmbeddingModel>,
    { texts, inputTokens }: EmbeddingReading,
    { served, value, error }: Ended,
  ): Promise<void> {
    return this.books.close(draft, {
      served,
      usage: value?.usage ?? null,
      error,
      outputTokensMax: 0,
      uncounted: {
        texts,
        otherInputTokens: texts.length === 0 ? inputTokens : 0,
        meter: new RelayMeter(),
      },
    });
  }
}

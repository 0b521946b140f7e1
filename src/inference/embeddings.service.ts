import { Injectable } from '@nestjs/common';
import { isModelAllowed } from '../common/assert-model-allowed.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { EmbeddingModel } from '../providers/spec/chat-model.js';
import type { RoutePlan } from '../routing/route-plan.js';
import { RoutingService } from '../routing/routing.service.js';
import {
  type CacheableCall,
  CachedCallsService,
  type OpenEmbedding,
} from './cache/cached-calls.service.js';
import type { CallDraft, TextAsking } from './call-draft.js';
import {
  type EmbeddingReading,
  type EmbeddingRequest,
  readEmbeddingRequest,
} from './domain/read-embedding-request.js';
import { DraftCallService } from './draft-call.service.js';
import { RepeatsService } from './repeats/repeats.service.js';
import { type EmbeddingAnswer, RunEmbeddingService } from './run-embedding.service.js';

export interface EmbeddingQuestion {
  asking: TextAsking;
  headers: CacheableCall['headers'];
  request: EmbeddingRequest;
  phases: PhaseTimer;
  /** Fires when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** One embedding call, from the door to its conclusion. */
@Injectable()
export class EmbeddingsService {
  constructor(
    private readonly routing: RoutingService,
    private readonly drafts: DraftCallService,
    private readonly cached: CachedCallsService,
    private readonly repeats: RepeatsService,
    private readonly calls: RunEmbeddingService,
  ) {}

  /** @throws DomainError what refused the request, and then nobody was called; or what ended the call, unpaid */
  async embed(question: EmbeddingQuestion): Promise<EmbeddingAnswer> {
    const { asking, headers, request, phases, signal } = question;
    const reading = readEmbeddingRequest(request);
    const plan = await this.plan(asking, request, reading);
    const { inputTokens } = reading;
    const draft = await this.drafts.draft(asking, plan, {
      toTokens: () => ({ inputTokens, outputTokens: 0 }),
      unpriced: null,
    });
    const cached = await this.cached.openEmbedding({ draft, headers, request: { ...request } });
    if (cached.kept) return toKeptAnswer(draft, cached);
    const { answer, isReplay } = await this.repeats.runVectors(draft, signal, (until) =>
      this.calls.run({ draft, request, reading, phases, signal: until }),
    );
    if (!isReplay) void cached.finish(answer, answer);
    return { ...answer, headers: { ...answer.headers, ...cached.headers } };
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
}

function toKeptAnswer(
  { id: callId, candidates }: CallDraft<EmbeddingModel>,
  { kept, headers }: OpenEmbedding,
): EmbeddingAnswer {
  const { id: model, provider } = candidates[0]!.candidate.model;
  return { ...kept!, model, provider, callId, warnings: [], headers };
}

import { Injectable } from '@nestjs/common';
import type { JsonValue } from '../../common/json-value.js';
import type { AnswerSink } from '../answer-sink.js';
import type { CallDraft } from '../call-draft.js';
import { ConcludeCallService } from '../conclude-call.service.js';
import { AnswerCache } from './answer-cache.js';
import type { AnswerReport } from './answer-recorder.js';
import { type CacheHit, type CachePlan, toCacheHeaders } from './cache-plan.js';
import { RecordingSink } from './recording-sink.js';
import { toCachedUsage } from './to-cached-usage.js';

/** A call as the cache sees it, once its model is chosen. */
export interface CacheableCall {
  draft: CallDraft;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  request: Readonly<Record<string, JsonValue>>;
  isStream: boolean;
}

/** Where a vendor's answer is to go, and whom to tell that it was whole. */
export interface OpenAnswer {
  sink: AnswerSink;
  /** Nobody need wait. Never throws. */
  finish(report: AnswerReport): Promise<void>;
}

/** Calls for text on their way past the cache: answered from it, or taken down for it. */
@Injectable()
export class CachedCallsService {
  constructor(
    private readonly cache: AnswerCache,
    private readonly conclusions: ConcludeCallService,
  ) {}

  /**
   * To be asked before any money is held.
   * @returns null = the answer has gone to the sink, and its usage is written
   * @throws DomainError `request.invalid` naming `x-response-cache`
   */
  async open(call: CacheableCall, sink: AnswerSink): Promise<OpenAnswer | null> {
    const { draft, headers, request, isStream } = call;
    const { id: model, provider } = draft.candidates[0]!.candidate.model;
    const { searchSpaceId } = draft.asking;
    const question = { searchSpaceId, headers, route: draft.kind, request, model, provider };
    const plan = await this.cache.plan(question);
    if (!plan) return { sink, finish: async () => undefined };
    const hit = await this.cache.find(plan, isStream);
    if (!hit) {
      const recording = new RecordingSink(sink, toCacheHeaders(plan, null), (start) =>
        this.cache.record(plan, start),
      );
      return { sink: recording, finish: (report) => recording.finish(report) };
    }
    await this.serve(draft, plan, hit, sink);
    return null;
  }

  private async serve(
    draft: CallDraft,
    plan: CachePlan,
    hit: CacheHit,
    sink: AnswerSink,
  ): Promise<void> {
    const { model, provider } = plan;
    const headers = toCacheHeaders(plan, hit);
    sink.begin({ form: hit.form, model, provider, callId: draft.id, warnings: [], headers });
    await sink.write(hit.bytes);
    const { caller, searchSpaceId, model: requestedModel } = draft.asking;
    await this.conclusions.note(
      toCachedUsage({
        id: draft.id,
        searchSpaceId,
        userId: caller.userId,
        apiKeyId: caller.kind === 'api_key' ? caller.id : null,
        route: plan.route,
        provider,
        model,
        requestedModel,
        latencyMs: Math.round(performance.now() - draft.startedAtMs),
      }),
    );
  }
}

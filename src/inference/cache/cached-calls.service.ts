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
import { decodeVectors, encodeVectors, type KeptVectors } from './vector-coding.js';

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

/** Vectors that were kept, or whom to tell of new ones. */
export interface OpenEmbedding {
  kept: KeptVectors | null;
  /** What the answer says of the cache. */
  headers: Readonly<Record<string, string>>;
  /** @param made by whom; nobody need wait, never throws */
  finish(vectors: KeptVectors, made: { model: string; provider: string }): Promise<void>;
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
    const plan = await this.plan(call);
    if (!plan) return { sink, finish: async () => undefined };
    const hit = await this.cache.find(plan, call.isStream);
    if (!hit) {
      const recording = new RecordingSink(sink, sink.signal, toCacheHeaders(plan, null), (start) =>
        this.cache.record(plan, start),
      );
      return { sink: recording, finish: (report) => recording.finish(report) };
    }
    await this.serve(call.draft, plan, hit, sink);
    return null;
  }

  /** As `open`, for vectors. The usage of kept ones is written. */
  async openEmbedding(call: Omit<CacheableCall, 'isStream'>): Promise<OpenEmbedding> {
    const plan = await this.plan(call);
    if (!plan) return { kept: null, headers: {}, finish: async () => undefined };
    const hit = await this.cache.find(plan, false);
    const kept = hit && decodeVectors(hit.bytes);
    if (kept) await this.note(call.draft, plan);
    return {
      kept,
      headers: toCacheHeaders(plan, kept && hit),
      finish: async (vectors, made) => {
        const recorder = this.cache.record(plan, { form: 'json', ...made });
        recorder.push(encodeVectors(vectors));
        await recorder.finish({ usage: null });
      },
    };
  }

  private plan({ draft, headers, request }: Omit<CacheableCall, 'isStream'>) {
    const { id: model, provider } = draft.candidates[0]!.candidate.model;
    const { searchSpaceId } = draft.asking;
    const route = draft.kind;
    const credentials = listCredentials(draft);
    const runs = { route, request, model, provider, credentials };
    return this.cache.plan({ searchSpaceId, headers, ...runs });
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
    await this.note(draft, plan);
  }

  private async note(draft: CallDraft, { route, model, provider }: CachePlan): Promise<void> {
    const { caller, searchSpaceId, model: requestedModel } = draft.asking;
    await this.conclusions.note(
      toCachedUsage({
        id: draft.id,
        searchSpaceId,
        userId: caller.userId,
        apiKeyId: caller.kind === 'api_key' ? caller.id : null,
        route,
        provider,
        model,
        requestedModel,
        latencyMs: Math.round(performance.now() - draft.startedAtMs),
      }),
    );
  }
}

/** With whose credentials the call may be answered. */
function listCredentials({ candidates }: CallDraft): string[] {
  const names = candidates.map(({ candidate: { connection } }) =>
    connection.scope === 'global' ? 'house' : connection.id,
  );
  return [...new Set(names)].toSorted();
}

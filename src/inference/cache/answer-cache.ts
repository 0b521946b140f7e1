import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { ModelPreferences } from '../../connections/model-preferences.js';
import { parseJson, toRecord } from '../../providers/shared/read-json.js';
import { readOpenaiUsage, toOpenaiUsage } from '../../providers/shared/token-usage.js';
import { AnswerRecorder, type AnswerReport } from './answer-recorder.js';
import { CacheMetrics } from './cache-metrics.js';
import type { CacheHit, CachePlan, CacheQuestion, RecordedRun } from './cache-plan.js';
import { readWorth } from './read-worth.js';
import { readCacheMode } from './read-cache-mode.js';
import { ResponseCache } from './response-cache.port.js';
import { serveAnswer } from './serve-answer.js';
import { toCacheKey } from './to-cache-key.js';

/**
 * Answers of chat and embedding models that are given again to the same request of the same space: only where the space
 * keeps answers (`response_cache_ttl_s`) and the request asks for one (`x-response-cache`). A hit holds and costs nothing.
 */
@Injectable()
export class AnswerCache {
  constructor(
    private readonly preferences: ModelPreferences,
    private readonly cache: ResponseCache,
    private readonly metrics: CacheMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * To be asked after the caller's right to the model was checked: whoever may not ask for it gets no hit either. Answers
   * from memory.
   * @returns null = the request did not ask for the cache
   * @throws DomainError `request.invalid` naming `x-response-cache`
   */
  async plan(question: CacheQuestion): Promise<CachePlan | null> {
    const { searchSpaceId, headers, route, request, model, provider, credentials } = question;
    const mode = readCacheMode(headers);
    if (mode === 'off') return null;
    const kept = await this.preferences.findResponseCache(searchSpaceId);
    const ttlS = kept.responseCacheTtlS;
    const edition = kept.responseCacheEdition;
    const parts = { searchSpaceId, edition, route, provider, model, credentials, request };
    return {
      mode,
      key: ttlS === null ? null : toCacheKey(parts),
      ttlS: ttlS ?? 0,
      route,
      model,
      provider,
      choices: typeof request.n === 'number' ? request.n : 1,
      showsUsage: toRecord(request.stream_options)?.include_usage === true,
    };
  }

  /** Null = the vendor is to be asked. Never throws. */
  async find(plan: CachePlan, wantsStream: boolean): Promise<CacheHit | null> {
    if (plan.key === null || plan.mode === 'refresh') {
      this.metrics.count(plan.route, plan.key === null ? 'bypass' : 'refresh');
      return null;
    }
    const hit = await this.look(plan.key, plan, wantsStream);
    this.metrics.count(plan.route, hit ? 'hit' : 'miss', hit?.bytes.length);
    return hit;
  }

  /** Takes an answer down while it is handed on; `finish` keeps it, if it is whole and good. */
  record(plan: CachePlan, run: RecordedRun): AnswerRecorder {
    const { key } = plan;
    const isPlanned = run.model === plan.model && run.provider === plan.provider;
    if (key === null || !isPlanned) return new AnswerRecorder(null);
    return new AnswerRecorder((bytes, report) => this.keep(key, plan, { run, bytes, report }));
  }

  private async look(
    key: string,
    { route, showsUsage }: CachePlan,
    wantsStream: boolean,
  ): Promise<CacheHit | null> {
    const answer = await this.cache.find(key);
    if (!answer) return null;
    const form = wantsStream && route === 'chat' ? 'events' : 'json';
    const bytes = orNull(() => serveAnswer(answer, { form, showsUsage }));
    if (!bytes) return null;
    const ageMs = this.clock.now().getTime() - answer.keptAtMs;
    const usage = answer.usage === null ? null : readOpenaiUsage(parseJson(answer.usage));
    return { form, bytes, ageS: Math.max(0, Math.floor(ageMs / 1_000)), usage };
  }

  private async keep(key: string, plan: CachePlan, given: GivenAnswer): Promise<void> {
    const { run, bytes, report } = given;
    const { route, choices, showsUsage, ttlS } = plan;
    const worth = orNull(() => readWorth({ route, form: run.form, bytes, choices }));
    if (!worth) return;
    const usage = worth.usage ?? (report.usage && toOpenaiUsage(report.usage));
    const answer = {
      form: run.form,
      bytes,
      showsUsage,
      usage: usage && JSON.stringify(usage),
      keptAtMs: this.clock.now().getTime(),
    };
    await this.cache.keep(key, answer, ttlS);
    this.metrics.countKept(route, bytes.length);
  }
}

interface GivenAnswer {
  run: RecordedRun;
  bytes: Buffer;
  report: AnswerReport;
}

/** What a vendor nested beyond the depth of the stack is neither kept nor served. */
function orNull<T>(work: () => T | null): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

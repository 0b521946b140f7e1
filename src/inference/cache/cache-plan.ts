import type { JsonValue } from '../../common/json-value.js';
import type { TokenUsage } from '../../providers/spec/chat-call.js';
import type { AnswerForm } from './response-cache.port.js';
import type { CacheRoute } from './to-cache-key.js';

/** A request that may be answered from the cache, once its model is chosen and allowed to its caller. */
export interface CacheQuestion {
  searchSpaceId: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  route: CacheRoute;
  /** The body of the request, in OpenAI's words. */
  request: Readonly<Record<string, JsonValue>>;
  /** Public name of the model that will run, and its provider: the first candidate's. */
  model: string;
  provider: string;
  /** Of all candidates, each once, in order: the ids of connections, `house` for those of the house. */
  credentials: readonly string[];
}

/** What the cache has to do with one request. */
export interface CachePlan {
  mode: 'use' | 'refresh';
  /** Null = bypassed: the space keeps no answers, or the request cannot be told apart from others. */
  key: string | null;
  ttlS: number;
  route: CacheRoute;
  model: string;
  provider: string;
  /** Choices that were asked for. */
  choices: number;
  /** `stream_options.include_usage`. */
  showsUsage: boolean;
}

/** What ran, and how it answers. Differs from the plan after a failover; then nothing is kept. */
export interface RecordedRun {
  form: AnswerForm;
  model: string;
  provider: string;
}

/** A kept answer in the form that was asked for. */
export interface CacheHit {
  form: AnswerForm;
  bytes: Buffer;
  /** Since the vendor gave it, in whole seconds. */
  ageS: number;
  /** What the vendor counted then; nothing of it is owed again. */
  usage: TokenUsage | null;
}

/** What an answer says of the cache; nothing where it was not asked for. */
export function toCacheHeaders(
  plan: CachePlan | null,
  hit: CacheHit | null,
): Readonly<Record<string, string>> {
  if (!plan) return {};
  if (plan.key === null) return { 'x-cache': 'BYPASS' };
  return hit ? { 'x-cache': 'HIT', age: String(hit.ageS) } : { 'x-cache': 'MISS' };
}

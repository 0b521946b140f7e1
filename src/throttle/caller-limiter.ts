import { Injectable } from '@nestjs/common';
import type { Caller, RateLimit } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { type LimitHeaders, RequestLimiter } from '../http/request-limiter.port.js';
import { RateStorage } from './rate-storage.port.js';
import type { WindowVerdict } from './sliding-window.js';

const WINDOW_MS = 60_000;
const MS_PER_S = 1_000;
const UNITS: ReadonlyMap<number, string> = new Map([
  [60_000, 'minute'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
]);

/** One limit of a caller as it stands. */
export interface LimitState extends RateLimit {
  remaining: number;
  /** Until the running window ends. */
  resetInMs: number;
}

interface Judged extends LimitState {
  isRefused: boolean;
  retryInMs: number;
}

/**
 * `THROTTLE_RPM` and a key's own windows, judged together in one step: a request counts in all of them or in none.
 * Counted by the caller's id, so a key keeps its counts when its secret is replaced.
 */
@Injectable()
export class CallerLimiter extends RequestLimiter {
  constructor(
    private readonly storage: RateStorage,
    private readonly config: AppConfig,
  ) {
    super();
  }

  async admit(caller: Caller, tell: (headers: LimitHeaders) => void): Promise<void> {
    const limits = this.listLimits(caller.rateLimits);
    const verdicts = await this.storage.hitAll(toKey(caller.id), limits);
    const isCounted = verdicts.every(({ isRefused }) => !isRefused);
    const judged = toJudged(limits, verdicts, isCounted);
    const refused = judged.filter(({ isRefused }) => isRefused);
    tell(toHeaders(findTightest(refused.length > 0 ? refused : judged)));
    if (refused.length > 0) throw toThrottled(refused);
  }

  /** The key's own limits as they stand, without counting. */
  async listStates(callerId: string, limits: readonly RateLimit[]): Promise<LimitState[]> {
    if (limits.length === 0) return [];
    const verdicts = await this.storage.peekAll(toKey(callerId), limits);
    return toJudged(limits, verdicts, false).map(({ windowMs, limit, remaining, resetInMs }) => {
      return { windowMs, limit, remaining, resetInMs };
    });
  }

  /** One limit a window: of two a minute the smaller holds. */
  private listLimits(own: readonly RateLimit[] = []): RateLimit[] {
    const ofMinute = own.find(({ windowMs }) => windowMs === WINDOW_MS);
    const general = this.config.limits.requestsPerMinute;
    const limit = Math.min(ofMinute?.limit ?? general, general);
    return [{ windowMs: WINDOW_MS, limit }, ...own.filter((one) => one !== ofMinute)];
  }
}

function toKey(callerId: string): string {
  return `limits:${callerId}`;
}

/** @param isCounted whether the hit that the verdicts speak of is in the counts; one full window keeps it out of all */
function toJudged(
  limits: readonly RateLimit[],
  verdicts: readonly WindowVerdict[],
  isCounted: boolean,
): Judged[] {
  return limits.flatMap(({ windowMs, limit }, index) => {
    const verdict = verdicts[index];
    if (!verdict) return [];
    const { isRefused, hits, retryInMs, resetInMs } = verdict;
    const used = isCounted ? hits : hits - 1;
    const remaining = isRefused ? 0 : Math.max(limit - used, 0);
    return [{ windowMs, limit, remaining, resetInMs, isRefused, retryInMs }];
  });
}

/** The window that will refuse first: with the fewest left, and of equals the longest. */
function findTightest(judged: readonly Judged[]): Judged | undefined {
  return [...judged].sort(
    (left, right) => left.remaining - right.remaining || right.windowMs - left.windowMs,
  )[0];
}

function toHeaders(tightest: Judged | undefined): LimitHeaders {
  if (!tightest) return {};
  return {
    'X-RateLimit-Limit': tightest.limit,
    'X-RateLimit-Remaining': tightest.remaining,
    // A window slides: a caller who is refused may have to wait beyond the end of the running one.
    'X-RateLimit-Reset': Math.ceil(Math.max(tightest.resetInMs, tightest.retryInMs) / MS_PER_S),
  };
}

/** Waiting helps once the last of the full windows has room again. */
function toThrottled(refused: readonly Judged[]): DomainError {
  const retryInMs = Math.max(...refused.map((one) => one.retryInMs));
  const retryAfterS = Math.ceil(retryInMs / MS_PER_S);
  const [first] = refused.toSorted((left, right) => right.retryInMs - left.retryInMs);
  const unit = UNITS.get(first?.windowMs ?? WINDOW_MS) ?? 'minute';
  return new DomainError(
    'request.throttled',
    `You have sent more than ${first?.limit ?? 0} requests in ${unit === 'hour' ? 'an' : 'a'} ${unit}. Wait ${retryAfterS} s, then go on more slowly.`,
    { retryAfterS },
  );
}

import { ProviderError } from '../providers/spec/provider.errors.js';

const POOL_STATUSES: ReadonlySet<number> = new Set([401, 403, 429]);
const POOL_PAUSE_MS = 500;
const PAUSE_MS = 1_000;
/** A vendor that asks for more patience than this is left to another connection, or to the caller. */
const PAUSE_MS_MAX = 10_000;
const MS_PER_S = 1_000;
/** Pauses are spread by ± 20 %. */
const JITTER_MIN = 0.8;
const JITTER_SPAN = 0.4;

export interface RepeatCase {
  isPool: boolean;
  hasAlternative: boolean;
  /** Repeats made so far. */
  done: number;
  repeatsMax: number;
  poolRepeatsMax: number;
}

/** How long until the call may be made again on the same connection, in ms; null = not again. Never pays twice. */
export function planRepeat(
  error: unknown,
  repeat: RepeatCase,
  random: () => number = Math.random,
): number | null {
  if (!(error instanceof ProviderError) || error.mayHaveBeenPaid) return null;
  const askedMs = (error.retryAfterS ?? 0) * MS_PER_S;
  if (askedMs > PAUSE_MS_MAX) return null;
  if (repeat.isPool && error.status !== null && POOL_STATUSES.has(error.status)) {
    return repeat.done < repeat.poolRepeatsMax ? Math.max(POOL_PAUSE_MS, askedMs) : null;
  }
  if (!error.isRetryable || repeat.hasAlternative || repeat.done >= repeat.repeatsMax) return null;
  const spread = JITTER_MIN + JITTER_SPAN * random();
  const pauseMs = Math.round(PAUSE_MS * 2 ** repeat.done * spread);
  return Math.min(Math.max(pauseMs, askedMs), PAUSE_MS_MAX);
}

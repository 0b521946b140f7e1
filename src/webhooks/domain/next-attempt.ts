const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits before the second and each further attempt: those that Standard Webhooks proposes, three days together. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
/** The first one counts. */
export const ATTEMPTS_MAX = RETRY_DELAYS_MS.length + 1;
/** No receiver puts a delivery off for longer, whatever its Retry-After says. */
const RETRY_AFTER_MAX_MS = 24 * HOUR_MS;
/** Added at random, so that what failed together does not come back together. */
const JITTER_PART = 0.1;

/**
 * How long to wait before the attempt after this one; null when it was the last.
 * @param attempt 1 the first time
 * @param retryAfterMs what the receiver asked for; it lengthens the wait and never shortens it
 * @param random from 0 to 1
 */
export function toRetryDelayMs(
  attempt: number,
  retryAfterMs: number | null,
  random: number,
): number | null {
  const plannedMs = RETRY_DELAYS_MS[attempt - 1];
  if (plannedMs === undefined) return null;
  const askedMs = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
  return Math.round(Math.max(plannedMs, askedMs) * (1 + JITTER_PART * random));
}

/** Reads a Retry-After header, whole seconds or an HTTP date; null for anything else. */
export function readRetryAfterMs(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * SECOND_MS;
  const at = Date.parse(value);
  // A bare number with a sign or a fraction is a year to `Date.parse`.
  if (Number.isNaN(at) || !/[A-Za-z]{3}/.test(value)) return null;
  return Math.max(0, at - now.getTime());
}

/** Hits of one caller: those of the running window and of the one before it. */
export interface WindowCounts {
  /** Number of the running window: whole windows since the epoch. */
  window: number;
  current: number;
  previous: number;
}

export interface WindowVerdict {
  isRefused: boolean;
  /** Hits that count now, this one included. */
  hits: number;
  /** Until the next hit will be admitted; 0 when this one was. */
  retryInMs: number;
  /** Until the running window ends. */
  resetInMs: number;
}

/** The counts as they stand in the given window. */
export function rollTo(window: number, counts: WindowCounts | undefined): WindowCounts {
  if (counts?.window === window) return counts;
  const previous = counts?.window === window - 1 ? counts.current : 0;
  return { window, current: 0, previous };
}

/**
 * Whether one more hit is within the limit. The window slides: of the one before, the share counts that is still
 * inside, so a caller cannot spend two limits around a boundary. Mirrored in redis-throttler-storage.ts.
 */
export function judge(
  { current, previous }: WindowCounts,
  nowMs: number,
  windowMs: number,
  limit: number,
): WindowVerdict {
  const elapsedMs = nowMs % windowMs;
  const resetInMs = windowMs - elapsedMs;
  const weighted = previous * (resetInMs / windowMs) + current;
  if (weighted + 1 <= limit) {
    return { isRefused: false, hits: Math.floor(weighted) + 1, retryInMs: 0, resetInMs };
  }
  const retryInMs =
    current + 1 <= limit
      ? toWaitMs(previous, limit - current - 1, windowMs) - elapsedMs
      : resetInMs + toWaitMs(current, limit - 1, windowMs);
  return {
    isRefused: true,
    hits: Math.floor(weighted) + 1,
    retryInMs: Math.max(retryInMs, 1),
    resetInMs,
  };
}

/** How far into a window `hits` of the one before have faded to `room`. */
function toWaitMs(hits: number, room: number, windowMs: number): number {
  return hits <= room ? 0 : Math.ceil(windowMs * (1 - room / hits));
}

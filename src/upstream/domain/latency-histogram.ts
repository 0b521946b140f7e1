/**
 * Upper bounds in ms, the last bucket is open. Fixed, so that counts of all processes and days add up; the stored
 * counts are in this order, so new bounds would need new rows.
 */
export const LATENCY_BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 45_000,
  60_000, 120_000, 300_000, 600_000,
] as const;

export const LATENCY_BUCKETS = LATENCY_BOUNDS_MS.length + 1;

export function findLatencyBucket(latencyMs: number): number {
  const index = LATENCY_BOUNDS_MS.findIndex((boundMs) => latencyMs <= boundMs);
  return index === -1 ? LATENCY_BOUNDS_MS.length : index;
}

/**
 * @param counts by bucket
 * @param share 0 to 1: 0.95 = the 95th percentile
 * @returns ms, evenly spread inside its bucket; the open bucket answers its lower bound; null = nothing was counted
 */
export function findPercentile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = LATENCY_BOUNDS_MS[index - 1] ?? 0;
      const upper = LATENCY_BOUNDS_MS[index] ?? lower;
      return Math.round(lower + ((rank - below) / count) * (upper - lower));
    }
    below += count;
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? null;
}

export function addCounts(left: readonly number[], right: readonly number[]): number[] {
  const length = Math.max(left.length, right.length);
  return Array.from({ length }, (_none, index) => (left[index] ?? 0) + (right[index] ?? 0));
}

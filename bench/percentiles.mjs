const HALF = 0.5;
const MOST = 0.95;
const ALMOST_ALL = 0.99;

/** @param {number[]} timesMs */
export function toPercentiles(timesMs) {
  const sorted = Float64Array.from(timesMs).sort();
  const at = (share) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50Ms: at(HALF), p95Ms: at(MOST), p99Ms: at(ALMOST_ALL) };
}

const HALF = 0.5;
const ALMOST_ALL = 0.99;

/** @param {number[]} timesMs */
export function toPercentiles(timesMs) {
  const sorted = Float64Array.from(timesMs).sort();
  const at = (share) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50Ms: at(HALF), p99Ms: at(ALMOST_ALL) };
}

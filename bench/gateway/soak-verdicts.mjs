/** What ten minutes of pictures must leave as it was. */

const GROWTH_MAX = 0.05;
const LOG_BYTES_MAX = 1_024;
/** Memory rises and falls with every collection: the medians of this share of the time are compared. */
const WINDOW_SHARE = 0.25;
const BYTES_PER_MB = 1_000_000;
const PERCENT = 100;
const TOLD_MAX = 5;

/**
 * @param {{ samples: { atMs: number, rssBytes: number }[], uniqueMs: number, figures: object, balance: object,
 *   logBytes: number, log: object, database: object }} facts
 * @returns {{ isMet: boolean, text: string }[]}
 */
export function judgeSoak({ samples, uniqueMs, figures, balance, logBytes, log, database }) {
  const { fromBytes, toBytes, growth } = readGrowth(samples, uniqueMs);
  const bytesPerRequest = logBytes / Math.max(1, figures.answeredCount);
  return [
    {
      isMet: growth < GROWTH_MAX,
      text: `resident memory ${toMb(fromBytes)} → ${toMb(toBytes)} MB after the unique pictures: ${toPercent(growth)} (< ${toPercent(GROWTH_MAX)})`,
    },
    {
      isMet: database.found.length === 0 && database.valuesCount > 0,
      text: `no base64 in ${database.valuesCount} values of ${database.columnsCount} columns of the database${list(database.found)}`,
    },
    {
      isMet: log.found.length === 0 && log.linesCount > 0,
      text: `no base64 in ${log.linesCount} lines of the log${list(log.found)}`,
    },
    {
      isMet: bytesPerRequest < LOG_BYTES_MAX,
      text: `log ${Math.round(bytesPerRequest)} bytes a request (< ${LOG_BYTES_MAX})`,
    },
    {
      isMet: figures.errors === 0 && figures.answeredCount > 0,
      text: `${figures.answeredCount} answered, p50 ${figures.latency.p50Ms.toFixed(0)} ms, p99 ${figures.latency.p99Ms.toFixed(0)} ms, ${figures.errors} errors${list(figures.faults)}`,
    },
    { isMet: balance.isBalanced, text: `the wallet balances, ${balance.heldMicros} micros held` },
  ];
}

/** From the quarter of the time right after the first minutes to the last quarter. */
export function readGrowth(samples, fromMs) {
  const later = samples.filter(({ atMs }) => atMs >= fromMs).map(({ rssBytes }) => rssBytes);
  const count = Math.max(1, Math.floor(later.length * WINDOW_SHARE));
  const fromBytes = toMedian(later.slice(0, count));
  const toBytes = toMedian(later.slice(-count));
  return { fromBytes, toBytes, growth: toBytes / fromBytes - 1 };
}

function toMedian(values) {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function list(found) {
  return found.length > 0 ? `: ${found.slice(0, TOLD_MAX).join('; ')}` : '';
}

function toMb(bytes) {
  return Math.round(bytes / BYTES_PER_MB);
}

function toPercent(share) {
  return `${(share * PERCENT).toFixed(1)} %`;
}

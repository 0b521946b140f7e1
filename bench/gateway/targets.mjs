/** What the service is held to, and whether it got there. */

const BYTES_PER_MB = 1_000_000;

/**
 * @typedef {object} Target
 * @property {string} label
 * @property {string} demand
 * @property {(at: Run) => number | undefined} read undefined: not measured
 * @property {(value: number) => boolean} isReached
 * @property {(value: number) => string} show
 *
 * @typedef {{ own: object, pipePerSecond: (caseId: string) => number | undefined, direct: object }} Run
 */

/** @type {Record<'large' | 'embedded', readonly Target[]>} */
export const TARGETS = {
  large: [
    atLeast('chat, requests/s', '≥ 3,000', 3_000, readRate('chat'), toWhole),
    atLeast('chat, of the bare pipe', '≥ 0.2', 0.2, readShare('chat'), toShare),
    atLeast('chat, requests/s, stretch', '≥ 4,000', 4_000, readRate('chat'), toWhole),
    atLeast('chat, of the bare pipe, stretch', '≥ 0.3', 0.3, readShare('chat'), toShare),
    atMost('chat, added p50 at 200/s', '≤ 3 ms', 3, readAdded('chat', 'p50Ms'), toMs),
    atMost('chat, added p99 at 200/s', '≤ 15 ms', 15, readAdded('chat', 'p99Ms'), toMs),
    atLeast('2 MB relayed, answers/s', '≥ 200', 200, readRate('picture-relayed'), toWhole),
    atLeast('2 MB stored and relayed, answers/s', '≥ 100', 100, readRate('picture'), toWhole),
    atLeast('2 MB stored, answers/s', '≥ 100', 100, readRate('picture-url'), toWhole),
    below('resident memory after all', '< 300 MB', 300, readMemory, toMb),
    below('start to ready', '< 5 s', 5_000, readStart, toMs),
  ],
  embedded: [
    below('resident memory after all', '< 700 MB', 700, readMemory, toMb),
    below('start to ready', '< 5 s', 5_000, readStart, toMs),
  ],
};

/** @returns {{ label: string, demand: string, measured: string, verdict: 'yes' | 'no' | 'not measured' }[]} */
export function judge(targets, run) {
  return targets.map(({ label, demand, read, isReached, show }) => {
    const value = read(run);
    if (value === undefined || Number.isNaN(value)) {
      return { label, demand, measured: '–', verdict: 'not measured' };
    }
    return { label, demand, measured: show(value), verdict: isReached(value) ? 'yes' : 'no' };
  });
}

/** @returns {number | undefined} what a subject adds to a call without any gateway */
export function toAddedMs(figures, direct, percentile) {
  const own = figures?.paced?.latency[percentile];
  const bare = direct?.paced?.latency[percentile];
  return own === undefined || bare === undefined ? undefined : own - bare;
}

function atLeast(label, demand, bound, read, show) {
  return { label, demand, read, show, isReached: (value) => value >= bound };
}

function atMost(label, demand, bound, read, show) {
  return { label, demand, read, show, isReached: (value) => value <= bound };
}

function below(label, demand, bound, read, show) {
  return { label, demand, read, show, isReached: (value) => value < bound };
}

function readRate(caseId) {
  return ({ own }) => own.figures[caseId]?.loaded?.perSecond;
}

function readShare(caseId) {
  return ({ own, pipePerSecond }) => {
    const pipe = pipePerSecond(caseId);
    const rate = own.figures[caseId]?.loaded?.perSecond;
    return pipe === undefined || rate === undefined ? undefined : rate / pipe;
  };
}

function readAdded(caseId, percentile) {
  return ({ own, direct }) => toAddedMs(own.figures[caseId], direct?.figures[caseId], percentile);
}

function readMemory({ own }) {
  return own.rssBytes / BYTES_PER_MB;
}

function readStart({ own }) {
  return own.startMs;
}

function toWhole(value) {
  return Math.round(value).toLocaleString('en');
}

function toShare(value) {
  return value.toPrecision(2);
}

function toMs(value) {
  return `${value.toFixed(1)} ms`;
}

function toMb(value) {
  return `${Math.round(value)} MB`;
}

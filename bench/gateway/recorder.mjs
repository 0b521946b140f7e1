/** Collects the answers of one measurement, and why some were none. */
import { toPercentiles } from '../percentiles.mjs';

const OK = 200;
const FAULTS_TOLD_MAX = 3;

/** What an answer must be to count: anything else is an error, whatever its status. */
export function findFault({ fault, status, bodyBytes, tail }, { bodyBytesMin, ending }) {
  if (fault) return fault;
  if (status !== OK) return `status ${status}`;
  if (bodyBytes < bodyBytesMin) return `only ${bodyBytes} bytes`;
  if (!tail.trimEnd().endsWith(ending)) return `ends in ${JSON.stringify(tail.slice(-20))}`;
  return null;
}

export class Recorder {
  /** Answers that were well, whenever they came: the service must have booked each. */
  answeredCount = 0;
  #expected;
  #timesMs = [];
  #firstByteTimesMs = [];
  #faults = new Map();

  /** @param {{ bodyBytesMin: number, ending: string }} expected */
  constructor(expected) {
    this.#expected = expected;
  }

  /**
   * @param {import('./wire-connection.mjs').Outcome} outcome
   * @param {number} sinceMs when the request was sent, or should have been
   * @param {boolean} isMeasured false: before or after the time that counts
   */
  add(outcome, sinceMs, isMeasured) {
    const fault = findFault(outcome, this.#expected);
    if (!fault) this.answeredCount += 1;
    if (!isMeasured) return;
    if (fault) {
      this.addFault(fault);
      return;
    }
    this.#timesMs.push(performance.now() - sinceMs);
    this.#firstByteTimesMs.push(outcome.firstByteMs - sinceMs);
  }

  addFault(fault, count = 1) {
    if (count > 0) this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + count);
  }

  /** @param {number} tookMs how long was measured */
  toFigures(tookMs) {
    const faults = [...this.#faults].toSorted((left, right) => right[1] - left[1]);
    return {
      perSecond: (this.#timesMs.length * 1_000) / tookMs,
      latency: toPercentiles(this.#timesMs),
      firstByte: toPercentiles(this.#firstByteTimesMs),
      errors: faults.reduce((sum, [, count]) => sum + count, 0),
      faults: faults.slice(0, FAULTS_TOLD_MAX).map(([fault, count]) => `${count} × ${fault}`),
      answeredCount: this.answeredCount,
    };
  }
}

/**
 * Requests at fixed times, whether or not the ones before were answered: what a gateway adds to a call. Latency
 * counts from the time a request was due, so that waiting for its turn is never left out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startCpuClock } from './cpu-clock.mjs';
import { toDueMs } from './pacing.mjs';
import { Recorder } from './recorder.mjs';
import { WireConnection } from './wire-connection.mjs';

/** Before the first request is due; the pacer's thread starts meanwhile. */
const LEAD_MS = 300;
/** More unanswered requests than this are not sent but counted as errors. */
const UNDER_WAY_MAX = 1_000;
const DRAIN_MS = 10_000;
const LOOK_EVERY_MS = 20;
const NS_PER_MS = 1e6;

/**
 * @param {{ origin: URL, nextRequest: () => string, expected: object, perSecond: number, warmUpMs: number,
 *   measuredMs: number }} cell
 */
export async function runOpenLoop(cell) {
  const recorder = new Recorder(cell.expected);
  const pool = new ConnectionPool(cell.origin);
  const { perSecond, warmUpMs } = cell;
  const count = Math.ceil(((warmUpMs + cell.measuredMs) * perSecond) / 1_000);
  const startMs = performance.now() + LEAD_MS;
  const startNs = process.hrtime.bigint() + BigInt(LEAD_MS * NS_PER_MS);
  let sent = 0;
  const sendDue = (due) => {
    for (; sent < due; sent += 1) {
      const dueMs = toDueMs(sent, perSecond);
      const isMeasured = dueMs >= warmUpMs;
      const take = (outcome) => recorder.add(outcome, startMs + dueMs, isMeasured);
      if (!pool.send(cell.nextRequest(), take)) {
        if (isMeasured) recorder.addFault(`not sent, ${UNDER_WAY_MAX} unanswered`);
      }
    }
  };
  const cpuShare = startCpuClock();
  await pace({ startNs, perSecond, count }, sendDue);
  const loadCpuShare = cpuShare();
  const untilMs = performance.now() + DRAIN_MS;
  while (pool.underWay > 0 && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
  recorder.addFault('unanswered', pool.underWay);
  pool.close();
  return { ...recorder.toFigures(cell.measuredMs), loadCpuShare };
}

function pace(workerData, sendDue) {
  const pacer = new Worker(new URL('./pacer.mjs', import.meta.url), { workerData });
  pacer.on('message', sendDue);
  return new Promise((resolve, reject) => pacer.once('error', reject).once('exit', resolve));
}

/** Connections as they are needed; the one that rested least goes first, so that few are kept warm. */
class ConnectionPool {
  underWay = 0;
  #origin;
  #resting = [];
  #all = [];

  constructor(origin) {
    this.#origin = origin;
  }

  /** @returns {boolean} false: too many are unanswered */
  send(request, whenDone) {
    if (this.underWay >= UNDER_WAY_MAX) return false;
    const connection = this.#resting.pop() ?? this.#open();
    this.underWay += 1;
    connection.send(request, (outcome) => {
      this.underWay -= 1;
      this.#resting.push(connection);
      whenDone(outcome);
    });
    return true;
  }

  close() {
    // What is still under way was counted as unanswered.
    for (const connection of this.#all) connection.close();
  }

  #open() {
    const connection = new WireConnection(this.#origin);
    this.#all.push(connection);
    return connection;
  }
}

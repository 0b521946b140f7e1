/**
 * The pacer, a thread of its own: says how many requests are due, each at its time. Timers of Node are late by up to
 * a millisecond, which is what is to be measured; a thread that sleeps on memory wakes within a tenth of that.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { countDue, toDueMs } from './pacing.mjs';

const NS_PER_MS = 1e6;

const { startNs, perSecond, count } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));

let told = 0;
while (told < count) {
  const elapsedMs = Number(process.hrtime.bigint() - startNs) / NS_PER_MS;
  const due = Math.min(count, countDue(elapsedMs, perSecond));
  if (due > told) parentPort.postMessage(due, []);
  told = due;
  if (told < count) Atomics.wait(never, 0, 0, Math.max(0.05, toDueMs(told, perSecond) - elapsedMs));
}

/** Measures one subject: every case probed, loaded, and paced, each by a load tool of its own. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuMs } from './cpu-clock.mjs';
import { findFault } from './recorder.mjs';

export const CALLERS = 50;

const MS_PER_S = 1_000;
const PACED_WARM_UP_MS = 1_000;
/** For what a measurement leaves behind: batches, statistics, garbage. */
const PAUSE_MS = 1_500;
const TOLD_CHARS = 160;

/**
 * @param {{ origin: string, headers?: object, processId: number }} subject
 * @param {import('./cases.mjs').Case} wanted
 * @param {{ seconds: number, warmUpSeconds: number, isPaced: boolean }} how
 * @returns {Promise<object>} figures; `missing` where the subject does not answer the case at all. `answeredCount` counts
 *   every answer, also to the probe and in the warm-up: all cost money
 */
export async function measureCase(subject, wanted, { seconds, warmUpSeconds, isPaced }) {
  const missing = await probe(subject, wanted);
  if (missing) return { missing, answeredCount: 0 };
  const { path, body, expected, pacedPerSecond } = wanted;
  const cell = { origin: subject.origin, path, headers: subject.headers ?? {}, body, expected };
  const measuredMs = seconds * MS_PER_S;
  const warmUpMs = warmUpSeconds * MS_PER_S;
  const fromMs = performance.now();
  const cpuFromMs = readCpuMs(subject.processId);
  const loaded = await runLoad({ ...cell, callers: CALLERS, warmUpMs, measuredMs });
  const cpuMs = readCpuMs(subject.processId);
  const cpuShare = cpuMs === null ? null : (cpuMs - cpuFromMs) / (performance.now() - fromMs);
  await sleep(PAUSE_MS);
  const answeredCount = loaded.answeredCount + 1;
  if (!isPaced) return { loaded: { ...loaded, cpuShare }, answeredCount };
  const paced = await runLoad({
    ...cell,
    perSecond: pacedPerSecond,
    warmUpMs: PACED_WARM_UP_MS,
    measuredMs,
  });
  await sleep(PAUSE_MS);
  return {
    loaded: { ...loaded, cpuShare },
    paced,
    answeredCount: answeredCount + paced.answeredCount,
  };
}

/** One load tool, from its start to its figures. */
export function runLoad(job) {
  const child = fork(join(import.meta.dirname, 'load-process.mjs'), [], { stdio: 'inherit' });
  const figures = new Promise((resolve, reject) => {
    child.once('message', ({ figures: found, error }) => {
      if (error) reject(new Error(error));
      else resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the load tool ended with ${code}`)));
  });
  child.send(job);
  return figures;
}

/** Asks once and looks at the whole answer. @returns {Promise<string | null>} why there is nothing to measure */
async function probe({ origin, headers }, { path, body, expected, isStream }) {
  try {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: `${body.before}999999999999${body.after}`,
    });
    const text = await response.text();
    const { status } = response;
    if (status !== 200) return tell(`${status} ${text}`);
    const fault = findFault({ fault: null, status, bodyBytes: text.length, tail: text }, expected);
    if (fault) return tell(fault);
    if (!isStream) JSON.parse(text);
    return null;
  } catch (error) {
    return tell(String(error?.cause ?? error));
  }
}

function tell(text) {
  return text.replaceAll(/[\s|]+/g, ' ').slice(0, TOLD_CHARS);
}

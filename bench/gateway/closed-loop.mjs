/** As many callers as told, each with its next request as soon as the last was answered: what a gateway can carry. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startCpuClock } from './cpu-clock.mjs';
import { Recorder } from './recorder.mjs';
import { WireConnection } from './wire-connection.mjs';

/** For answers that are under way at the end; they do not count, but are waited for. */
const DRAIN_MS = 35_000;
const LOOK_EVERY_MS = 20;

/**
 * @param {{ origin: URL, nextRequest: () => string, expected: object, callers: number, warmUpMs: number,
 *   measuredMs: number }} cell
 */
export async function runClosedLoop(cell) {
  const recorder = new Recorder(cell.expected);
  const fromMs = performance.now() + cell.warmUpMs;
  const clock = { fromMs, isOver: false, underWay: cell.callers };
  const connections = Array.from({ length: cell.callers }, () => new WireConnection(cell.origin));
  for (const connection of connections) callAgain(connection, cell, clock, recorder);
  await sleep(cell.warmUpMs);
  const cpuShare = startCpuClock();
  await sleep(cell.measuredMs);
  clock.isOver = true;
  const tookMs = performance.now() - fromMs;
  const loadCpuShare = cpuShare();
  const untilMs = performance.now() + DRAIN_MS;
  while (clock.underWay > 0 && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
  for (const connection of connections) connection.close();
  return { ...recorder.toFigures(tookMs), loadCpuShare };
}

function callAgain(connection, cell, clock, recorder) {
  let sentMs = 0;
  const send = () => {
    sentMs = performance.now();
    connection.send(cell.nextRequest(), take);
  };
  const take = (outcome) => {
    const isMeasured = !clock.isOver && performance.now() >= clock.fromMs;
    recorder.add(outcome, sentMs, isMeasured);
    if (clock.isOver) clock.underWay -= 1;
    else send();
  };
  send();
}

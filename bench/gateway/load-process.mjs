/**
 * The load tool, a process of its own for each measurement: takes one job as a message, sends its figures back, ends.
 * Every request carries another number in its prompt.
 */
import { randomInt } from 'node:crypto';
import { runClosedLoop } from './closed-loop.mjs';
import { runOpenLoop } from './open-loop.mjs';

const NUMBER_CHARS = 12;
const NUMBERS_MAX = 900_000;

process.once('message', (job) => {
  const cell = { ...job, origin: new URL(job.origin), nextRequest: toRequests(job) };
  const run = job.perSecond ? runOpenLoop(cell) : runClosedLoop(cell);
  run.then(
    (figures) => process.send({ figures }, () => process.disconnect()),
    (error) => process.send({ error: String(error?.stack ?? error) }, () => process.exit(1)),
  );
});

/** @returns {() => string} makes the next request: head and body in one string, all of ASCII */
function toRequests({ origin, path, headers, body: { before, after } }) {
  const length = before.length + NUMBER_CHARS + after.length;
  const lines = Object.entries({
    host: new URL(origin).host,
    'content-type': 'application/json',
    'content-length': String(length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${before}`;
  let number = randomInt(NUMBERS_MAX) * 1e6;
  return () => {
    number += 1;
    return start + String(number).padStart(NUMBER_CHARS, '0') + after;
  };
}

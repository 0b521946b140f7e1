import { randomUUID } from 'node:crypto';
import { validate } from 'uuid';

/** Ids of one millisecond are counted in the 12 bits behind its version. */
const COUNTS_PER_MS = 4_096;
/** A millisecond's count begins anywhere in the lower half, so that ids of two processes do not run in step. */
const FIRST_COUNTS = 2_048;
const TIME_DIGITS = 12;
const COUNT_DIGITS = 3;
/** Where the half begins in a random UUID of which every bit is random, but for its variant. */
const RANDOM_FROM = 19;

let lastMs = 0;
let count = 0;
/** Of `lastMs`: `tttttttt-tttt-7`. */
let head = '';

/**
 * A new UUIDv7: sorts by time of making, also within one process and millisecond, so indexes grow at one end (RFC 9562,
 * method 1). Node keeps randomness in stock for random UUIDs; the latter half is taken from one.
 */
export function newId(): string {
  const random = randomUUID();
  const nowMs = Date.now();
  if (nowMs > lastMs) open(nowMs, random);
  else if (count === COUNTS_PER_MS - 1) open(lastMs + 1, random);
  else count += 1;
  const digits = count.toString(16).padStart(COUNT_DIGITS, '0');
  return `${head}${digits}-${random.slice(RANDOM_FROM)}`;
}

/** Whether the text is a UUID of any version. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && validate(text);
}

function open(ms: number, random: string): void {
  lastMs = ms;
  // Of the half that is not used otherwise.
  count = parseInt(random.slice(0, COUNT_DIGITS), 16) % FIRST_COUNTS;
  const time = ms.toString(16).padStart(TIME_DIGITS, '0');
  head = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

// Proves that a log file is written as JSON lines and turned over at its size, with five files kept.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';

const LINE_BYTES = 100_000;
/** A little more than one file's worth. */
const BURST_LINES = 106;
const BURSTS = 6;
const WAIT = { timeout: 20_000, interval: 100 };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('createLogger', () => {
  it('keeps five files of about ten megabytes', async () => {
    const logger = createLogger({ level: 'info', file: join(folder, 'atelier.log') }, '/dev/null');
    for (let burst = 1; burst <= BURSTS; burst += 1) {
      for (let line = 1; line <= BURST_LINES; line += 1) {
        logger.info({ burst, line, pad: 'x'.repeat(LINE_BYTES) });
      }
      const last = `"burst":${burst},"line":${BURST_LINES},`;
      await expect.poll(() => readAll().includes(last), WAIT).toBe(true);
    }
    await expect.poll(() => readdirSync(folder).length, WAIT).toBe(5);
    const newest = readAll().trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(newest)).toMatchObject({ level: 30, burst: BURSTS, line: BURST_LINES });
  });
});

function readAll(): string {
  return readdirSync(folder)
    .toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}

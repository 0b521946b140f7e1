/** Limits are counted by windows of the clock: a test that counts exactly begins where its window lasts long enough. */
import { setTimeout as delay } from 'node:timers/promises';

const MINUTE_MS = 60_000;

/** Waits for the next minute when less than this is left of the running one. */
export async function waitForMinute(leftMinMs: number): Promise<void> {
  const leftMs = MINUTE_MS - (Date.now() % MINUTE_MS);
  if (leftMs < leftMinMs) await delay(leftMs + 1);
}

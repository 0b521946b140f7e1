import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { InvariantError } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';

const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 5_000;
/** A process that could not write for this long gives up; its leases have lapsed long before. */
const GIVE_UP_AFTER_MS = 600_000;

const PASSING_CODES: readonly string[] = ['billing.unavailable', 'service.unavailable'];

const logger = new Logger('Persevere');

/**
 * Repeats a step that must not be lost while the database is away. Only for steps that may be repeated.
 * A refusal that repeating cannot lift comes out at once.
 */
export async function persevere<T>(what: string, step: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    try {
      return await step();
    } catch (error) {
      if (!isPassing(error) || performance.now() - startedAt > GIVE_UP_AFTER_MS) throw error;
      logger.warn(`${what} is repeated: ${String(error)}`);
      await sleep(waitMs);
    }
  }
}

/** The store is away or overloaded. What a DomainError names otherwise, or a broken invariant, is final. */
function isPassing(error: unknown): boolean {
  if (error instanceof InvariantError) return false;
  return !(error instanceof DomainError) || PASSING_CODES.includes(error.code);
}

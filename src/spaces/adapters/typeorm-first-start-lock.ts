import type { EntityManager } from 'typeorm';
import { FirstStartLock } from '../domain/first-start-lock.port.js';

/** Which advisory lock stands for "the first start is being done"; the same number in every version. */
const LOCK_NUMBER = 4_021_791;

export class TypeormFirstStartLock extends FirstStartLock {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async take(): Promise<void> {
    await this.manager.query(`SELECT pg_advisory_xact_lock(${LOCK_NUMBER})`);
  }
}

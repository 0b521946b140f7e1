/** Proves that a database without Redis beside it serves one process: held by a lease row, taken over from the dead. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { QueueConfig } from '../../src/config/app-config.js';
import { openDatabase } from '../../src/persistence/open-database.js';
import { readIdentity } from '../../src/persistence/process-identity.js';
import { ProcessLease, ProcessLeaseHeldError } from '../../src/persistence/process-lease.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const TIMING = { ttlMs: 1_000, renewEveryMs: 100, checkEveryMs: 20 };
const NAME = 'test';
const ELSEWHERE = { ...readIdentity(), host: 'elsewhere/boot/namespace' };
const DEAD = { ...readIdentity(), startTicks: '1' };

describe.each(databaseKinds())('process lease on %s', (kind) => {
  let database: TestDatabase;
  let pool: Pool;
  let leases: ProcessLease[];

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    pool = (await database.open()).sidePool();
    leases = [];
  });

  afterEach(async () => {
    for (const lease of leases) await lease.release();
    await database.drop();
  });

  async function acquire(onLost = vi.fn<() => void>()): Promise<ProcessLease> {
    const lease = await ProcessLease.acquire(pool, NAME, onLost, TIMING);
    leases.push(lease);
    return lease;
  }

  async function write(identity: object, ttlMs = TIMING.ttlMs): Promise<void> {
    await pool.query(
      `INSERT INTO process_leases (name, holder, identity, expires_at)
       VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')`,
      [NAME, newId(), identity, ttlMs],
    );
  }

  it('refuses a second process at once, and says what to do', async () => {
    await acquire();
    const startedAtMs = performance.now();
    const refusal = acquire();
    await expect(refusal).rejects.toBeInstanceOf(ProcessLeaseHeldError);
    await expect(refusal).rejects.toThrow('REDIS_URL');
    expect(performance.now() - startedAtMs).toBeLessThan(TIMING.ttlMs);
  });

  it('outlives its term by renewal', async () => {
    await acquire();
    await delay(TIMING.ttlMs * 1.5);
    await expect(acquire()).rejects.toBeInstanceOf(ProcessLeaseHeldError);
  });

  it('is free once it is released', async () => {
    const lease = await acquire();
    await lease.release();
    await expect(acquire()).resolves.toBeInstanceOf(ProcessLease);
  });

  it('is taken over at once from a process that was killed here', async () => {
    await write(DEAD, 60_000);
    await expect(acquire()).resolves.toBeInstanceOf(ProcessLease);
  });

  it('is taken over from another machine after its term, not before', async () => {
    const startedAtMs = performance.now();
    await write(ELSEWHERE, 600);
    await acquire();
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(590);
  });

  it('is refused when another machine renews it', async () => {
    await write(ELSEWHERE);
    const renewal = setInterval(() => {
      void pool.query(
        "UPDATE process_leases SET renewals = renewals + 1, expires_at = now() + interval '1 s'",
      );
    }, 100);
    await expect(acquire()).rejects.toThrow('elsewhere');
    clearInterval(renewal);
  });

  it('goes to exactly one of many who start together', async () => {
    await write(DEAD, 60_000);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquire()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('tells its holder, once, when somebody else has it', async () => {
    const onLost = vi.fn<() => void>();
    await acquire(onLost);
    await pool.query('UPDATE process_leases SET holder = $1', [newId()]);
    await vi.waitFor(() => expect(onLost).toHaveBeenCalled(), { timeout: 30_000 });
    await delay(TIMING.renewEveryMs * 3);
    expect(onLost).toHaveBeenCalledOnce();
  });

  describe('at the start of the application', () => {
    const alone: QueueConfig = { kind: 'in_process', redisUrl: null, redisPrefix: '' };

    it('keeps a second process out, and lets it in afterwards', async () => {
      await database.drop();
      database = await createTestDatabase(kind, { isMigrated: false });
      const config = { database: database.config, queue: alone };
      const first = await openDatabase(config, []);
      await expect(openDatabase(config, [])).rejects.toThrow('REDIS_URL');
      await first.destroy();
      const second = await openDatabase(config, []);
      await second.destroy();
      pool = (await database.open()).sidePool();
    });

    if (kind === 'postgres') {
      it('lets processes that share a Redis share the database', async () => {
        const queue: QueueConfig = { kind: 'bull', redisUrl: 'redis://127.0.0.1', redisPrefix: '' };
        const config = { database: database.config, queue };
        const both = await Promise.all([openDatabase(config, []), openDatabase(config, [])]);
        for (const dataSource of both) await dataSource.destroy();
      });
    }
  });
});

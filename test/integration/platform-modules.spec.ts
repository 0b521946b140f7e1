/** Proves that the platform's modules start, work together and stop cleanly in a Nest application, on the set of this run. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import { CacheEpoch, CacheEpochMark } from '../../src/persistence/cache-epoch.js';
import { OutboxHandlers } from '../../src/persistence/outbox-handlers.js';
import { Outbox } from '../../src/persistence/outbox.port.js';
import { PersistenceModule } from '../../src/persistence/persistence.module.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { JobQueue } from '../../src/queue/job-queue.port.js';
import { QueueModule } from '../../src/queue/queue.module.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { createTestRedis, type TestRedis } from '../setup/redis.js';
import { databaseKinds, queueKinds } from '../setup/services.js';

const WAIT = { timeout: 30_000 };

@Module({})
class PlatformModule {
  static register(config: AppConfig) {
    const parts = [ConfigModule, PersistenceModule, QueueModule];
    return { module: PlatformModule, imports: parts.map((part) => part.register(config)) };
  }
}

describe.each(databaseKinds())('platform modules on %s', (kind) => {
  let database: TestDatabase;
  let redis: TestRedis | null;
  let app: INestApplicationContext;

  beforeEach(async () => {
    database = await createTestDatabase(kind, { isMigrated: false });
    // Redis stands beside a server only.
    redis = kind === 'postgres' && queueKinds().includes('bull') ? createTestRedis() : null;
    app = await start();
  });

  afterEach(async () => {
    await app.close();
    await redis?.drop();
    await database.drop();
  });

  function start(): Promise<INestApplicationContext> {
    const config = loadConfig({ ...database.environment, ...redis?.environment });
    return NestFactory.createApplicationContext(PlatformModule.register(config), {
      logger: false,
      abortOnError: false,
    });
  }

  it('migrates a new database and commits work, events and epoch together', async () => {
    const seen: string[] = [];
    app.get(OutboxHandlers).on('test.happened', 'test', async ({ id }) => void seen.push(id));
    const before = app.get(CacheEpoch).current();
    const id = newId();
    await app.get(UnitOfWork).run(async (scope) => {
      const event = { id, kind: 'test.happened', searchSpaceId: null, payload: {} };
      await scope.get(Outbox).append(event);
      await scope.get(CacheEpochMark).bump();
    });
    expect(app.get(CacheEpoch).current()).not.toBe(before);
    await vi.waitFor(() => expect(seen).toEqual([id]), WAIT);
    await vi.waitFor(() => expect(app.get(CacheEpoch).current()).toBe(before! + 1), WAIT);
  });

  it('carries jobs', async () => {
    const seen: string[] = [];
    app
      .get(JobQueue)
      .process('generations.run', async (id) => void seen.push(id), { concurrency: 1 });
    await app.get(JobQueue).enqueue('generations.run', 'a');
    await vi.waitFor(() => expect(seen).toEqual(['a']), WAIT);
  });

  it('lets a running job use the database until it ends, and then stops', async () => {
    const rows: unknown[] = [];
    let hasBegun = false;
    app.get(JobQueue).process(
      'generations.run',
      async () => {
        hasBegun = true;
        await new Promise((resume) => setTimeout(resume, 300));
        rows.push(...(await app.get(Sql).query('test_one', 'SELECT 1 AS one', [])));
      },
      { concurrency: 1 },
    );
    await app.get(JobQueue).enqueue('generations.run', 'a');
    await vi.waitFor(() => expect(hasBegun).toBe(true), WAIT);
    await app.close();
    expect(rows).toEqual([{ one: 1 }]);
    app = await start();
    expect(await app.get(Sql).query('test_one', 'SELECT 1 AS one', [])).toEqual([{ one: 1 }]);
  });

  it('keeps a second process out unless a Redis stands beside the server', async () => {
    const second = start();
    if (redis) await (await second).close();
    else await expect(second).rejects.toThrow('REDIS_URL');
  });
});

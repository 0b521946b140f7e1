// Proves that what processes count of calls to vendors adds up in the database, is told right, and goes in time.
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import type { Connection } from '../../src/connections/connection.js';
import type { ConnectionsDirectory } from '../../src/connections/connections-directory.port.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { SqlUpstreamStatisticsStore } from '../../src/upstream/adapters/sql-upstream-statistics.store.js';
import type { UpstreamHealth } from '../../src/upstream/upstream-health.port.js';
import { UpstreamAnalyticsService } from '../../src/upstream/upstream-analytics.service.js';
import { UpstreamStatistics } from '../../src/upstream/upstream-statistics.js';
import { UpstreamStatusService } from '../../src/upstream/upstream-status.service.js';
import { UpstreamTally } from '../../src/upstream/upstream-tally.js';
import { StillClock } from '../fakes/still-clock.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const MS_PER_DAY = 86_400_000;
const config = { role: 'all', upstream: { statisticsDays: 30, dailyDays: 90 } } as AppConfig;
const HEALTH = {
  look: () => ({
    coolingUntil: null,
    coolingReason: null,
    breaker: 'closed',
    running: 0,
    waiting: 0,
  }),
} as unknown as UpstreamHealth;

describe.each(databaseKinds())('figures of calls to vendors on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let store: SqlUpstreamStatisticsStore;
  let clock: StillClock;
  let id: string;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    store = new SqlUpstreamStatisticsStore(new PgSql(dataSource));
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM upstream_statistics');
    clock = new StillClock(new Date());
    id = newId();
  });
  afterAll(() => database.drop());

  function openProcess() {
    const tally = new UpstreamTally(clock);
    const statistics = new UpstreamStatistics(config, tally, store);
    return { tally, statistics, analytics: new UpstreamAnalyticsService(clock, statistics, store) };
  }

  const target = (model = 'gpt-image-2', scope: Connection['scope'] = 'global') => ({
    connection: { id, provider: 'openai', slotsMax: null, isPool: false, scope },
    model,
    isSticky: false,
  });

  it('add up over processes, with rates and percentiles of all of them', async () => {
    const both = [openProcess(), openProcess()];
    for (let count = 0; count < 98; count += 1) {
      both[count % 2]!.tally.add(target(), 'succeeded', count < 49 ? 90 : 900);
    }
    both[0]!.tally.add(target(), 'timeout', 5_000);
    clock.move(1);
    both[1]!.tally.add(target(), 'rate_limited', 20);
    // What is the caller's own fault says nothing of the vendor.
    both[1]!.tally.add(target(), 'refused', 20);
    await Promise.all(both.map(({ statistics }) => statistics.flush()));
    const { rows, isCut } = await both[0]!.analytics.analyze({});
    expect(isCut).toBe(false);
    expect(rows).toMatchObject([
      {
        day: clock.now().toISOString().slice(0, 10),
        provider: 'openai',
        model: 'gpt-image-2',
        figures: {
          calls: 101,
          successRate: 0.98,
          errors: { timeout: 1, rate_limited: 1, refused: 1 },
        },
      },
    ]);
    const { p50Ms, p95Ms, p99Ms } = rows[0]!.figures;
    expect(p50Ms).toBe(100);
    expect(p95Ms).toBeGreaterThan(500);
    expect(p99Ms).toBeLessThanOrEqual(1_000);
    expect(p99Ms).toBeGreaterThanOrEqual(p95Ms!);
  });

  it('are written once, however often they are flushed, and lost by no outage', async () => {
    Logger.overrideLogger(false);
    const { tally, statistics, analytics } = openProcess();
    tally.add(target(), 'succeeded', 10);
    const away = vi.spyOn(store, 'add').mockRejectedValueOnce(new Error('away'));
    await statistics.flush();
    tally.add(target(), 'failed', 10);
    await Promise.all([statistics.flush(), statistics.flush()]);
    away.mockRestore();
    Logger.overrideLogger(['error', 'warn', 'log']);
    expect((await analytics.analyze({})).rows[0]?.figures).toMatchObject({
      calls: 2,
      successRate: 0.5,
    });
  });

  it('tell the state of connections by the last hour, and of no tenant to others', async () => {
    const { tally, statistics } = openProcess();
    const connection = (scope: Connection['scope']) =>
      ({ id, provider: 'openai', name: scope, scope }) as Connection;
    const directory = {
      listGlobal: async () => [connection('global')],
      listFor: async () => [connection('global'), connection('space'), connection('user')],
    } as unknown as ConnectionsDirectory;
    const status = new UpstreamStatusService(clock, directory, HEALTH, statistics, store);
    expect((await status.listGlobal())[0]).toMatchObject({ state: 'unknown', lastCheckedAt: null });
    const states = [];
    for (const failures of [0, 5, 20]) {
      await dataSource.query('DELETE FROM upstream_statistics');
      for (let count = 0; count < 80; count += 1) tally.add(target(), 'succeeded', 50);
      for (let count = 0; count < failures; count += 1) tally.add(target(), 'unavailable', 50);
      states.push((await status.listGlobal())[0]?.connections[0]?.state);
    }
    expect(states).toEqual(['healthy', 'degraded', 'degraded']);
    tally.add(target(), 'unavailable', 50);
    const [told] = await status.listGlobal();
    expect(told).toMatchObject({ state: 'down', lastError: 'unavailable' });
    expect(told?.connections[0]?.models).toMatchObject([{ model: 'gpt-image-2', state: 'down' }]);
    const [own] = await status.listOwn(newId());
    expect(own?.connections.map(({ connection: { scope } }) => scope)).toEqual(['space']);
    clock.move(2 * 3_600_000);
    expect((await status.listGlobal())[0]?.state).toBe('unknown');
  });

  it("leave a tenant's own connections out of the analytics of the house", async () => {
    const { tally, analytics } = openProcess();
    tally.add(target('their-model', 'space'), 'succeeded', 10);
    tally.add(target(), 'succeeded', 10);
    const { rows } = await analytics.analyze({});
    expect(rows.map(({ model }) => model)).toEqual(['gpt-image-2']);
    expect((await analytics.analyze({ provider: 'stability' })).rows).toEqual([]);
    expect((await analytics.analyze({ model: 'gpt-image-2' })).rows).toHaveLength(1);
    await expect(analytics.analyze({ from: '2026-02-30' })).rejects.toThrow('from');
    await expect(analytics.analyze({ from: '2020-01-01' })).rejects.toThrow('92 days');
  });

  it('go when they are past their time, the daily ones later', async () => {
    const { tally, statistics, analytics } = openProcess();
    const now = clock.now();
    clock.move(-40 * MS_PER_DAY);
    tally.add(target(), 'succeeded', 10);
    clock.move(-60 * MS_PER_DAY);
    tally.add(target(), 'succeeded', 10);
    clock.move(100 * MS_PER_DAY);
    expect(clock.now()).toEqual(now);
    tally.add(target(), 'succeeded', 10);
    await statistics.flush();
    await statistics.clearOld();
    const rows = await dataSource.query(
      'SELECT span_s FROM upstream_statistics ORDER BY span_s, starts_at',
    );
    expect(rows).toEqual([{ span_s: 300 }, { span_s: 86_400 }, { span_s: 86_400 }]);
    const from = new Date(now.getTime() - 80 * MS_PER_DAY).toISOString().slice(0, 10);
    expect((await analytics.analyze({ from })).rows).toHaveLength(2);
  });

  it('are out of reach for work that is done for a caller', async () => {
    await expect(
      dataSource.transaction(async (manager) => {
        await manager.query('SET LOCAL ROLE atelier_app');
        await manager.query('SELECT * FROM upstream_statistics');
      }),
    ).rejects.toThrow('permission denied');
  });
});

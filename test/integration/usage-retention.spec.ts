/** Proves that old usage goes by whole months, never unread, and beside writers; and that strays find their month. */
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SqlUsageRollUpStore } from '../../src/billing/adapters/sql-usage-roll-up.store.js';
import { SqlUsageUpkeep } from '../../src/billing/adapters/sql-usage-upkeep.js';
import { UsageRetention } from '../../src/billing/usage-retention.js';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { makeUsage, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const MS_PER_DAY = 86_400_000;
/** A bound, not a measure: machines that run tests stall. */
const STALL_MAX_MS = 5_000;

/** An id as it was made on that day. */
function makeIdOf(day: string): string {
  const time = Date.parse(`${day}T12:00:00Z`).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${newId().slice(13)}`;
}

function toMonth(day: string): string {
  return `usage_records_${day.slice(0, 7).replace('-', '_')}`;
}

describe.each(databaseKinds())('usage that is past its time on %s', (kind) => {
  let ledger: TestLedger;
  let store: SqlUsageRollUpStore;
  let upkeep: SqlUsageUpkeep;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    ledger = await TestLedger.open(kind);
    store = new SqlUsageRollUpStore(ledger.sql);
    upkeep = new SqlUsageUpkeep(ledger.sql);
  });
  beforeEach(addAll);
  afterAll(async () => {
    await ledger.close();
    Logger.overrideLogger(['error', 'warn', 'log']);
  });

  const query = <R extends object>(text: string, values: unknown[] = []) =>
    ledger.dataSource.query<R[]>(text, values);

  async function addAll(): Promise<void> {
    while ((await store.add(1_000, true)) > 0);
  }

  async function record(day: string): Promise<string> {
    const id = makeIdOf(day);
    await ledger.writer.conclude({ usage: makeUsage(newId(), { id }) });
    return id;
  }

  /** As that month was made when it was this month. */
  async function makeMonth(day: string): Promise<void> {
    const first = `${day.slice(0, 7)}-01`;
    await query(`DO $$ BEGIN EXECUTE format(
      'CREATE TABLE ${toMonth(day)} PARTITION OF usage_records FOR VALUES FROM (%L) TO (%L)',
      billing_month_floor('${first}'), billing_month_floor(timestamp '${first}' + interval '1 month'));
    END $$`);
  }

  const exists = async (day: string) =>
    (
      await query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [toMonth(day)])
    )[0]?.there;

  const placeOf = async (id: string) =>
    (
      await query<{ place: string }>(
        'SELECT tableoid::regclass::text AS place FROM usage_records WHERE id = $1',
        [id],
      )
    )[0]?.place;

  const retain = (more: Partial<AppConfig['usage']> = {}) =>
    new UsageRetention(upkeep, {
      usage: { rowsDays: 90, keysDays: 365, dailyDays: 730, ...more },
    } as AppConfig).apply();

  it('drops a month once its rows are rolled up, and keeps their sums', async () => {
    await makeMonth('2026-01-15');
    const ids = [await record('2026-01-02'), await record('2026-01-30')];
    expect(await placeOf(ids[0]!)).toBe(toMonth('2026-01-15'));
    const recent = await record(new Date().toISOString().slice(0, 10));
    expect(await upkeep.dropMonth(90)).toBe('busy');
    expect(await exists('2026-01-15')).toBe(true);
    const before = await ledger.count('usage_keys');
    await addAll();
    const [sums] = await query('SELECT sum(calls)::int AS calls FROM usage_daily');
    await retain();
    expect(await exists('2026-01-15')).toBe(false);
    expect(await ledger.count('usage_records', `id IN ('${ids.join(`', '`)}')`)).toBe(0);
    expect(await placeOf(recent)).toMatch(/^usage_records_2/);
    expect(await ledger.count('usage_keys')).toBe(before);
    expect(await query('SELECT sum(calls)::int AS calls FROM usage_daily')).toEqual([sums]);
    // The key outlives the row: the same call again is still passed over.
    await ledger.writer.conclude({ usage: makeUsage(newId(), { id: ids[0] }) });
    expect(await ledger.count('usage_records', `id = '${ids[0]}'`)).toBe(0);
  });

  it('leaves months that are not wholly past their time', async () => {
    const now = Date.now();
    const [young, old] = [89, 125].map((days) =>
      new Date(now - days * MS_PER_DAY).toISOString().slice(0, 10),
    ) as [string, string];
    await makeMonth(young);
    await makeMonth(old);
    await retain();
    expect(await exists(old)).toBe(false);
    expect(await exists(young)).toBe(true);
    await query(`DROP TABLE ${toMonth(young)}`);
  });

  it('moves rows that came before their month into it when it is made', async () => {
    const now = new Date();
    const later = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 4, 10));
    const day = later.toISOString().slice(0, 10);
    const id = await record(day);
    expect(await placeOf(id)).toBe('usage_records_unplaced');
    expect(await ledger.upkeep.makeUsagePartitions(4)).toBe(2);
    expect(await placeOf(id)).toBe(toMonth(day));
    await addAll();
    expect(await record(day).then(placeOf)).toBe(toMonth(day));
    expect(await ledger.upkeep.makeUsagePartitions(4)).toBe(0);
  });

  it('lets go of old strays, keys and daily sums, each after its own time', async () => {
    const stray = await record('2020-03-03');
    expect(await placeOf(stray)).toBe('usage_records_unplaced');
    await retain();
    // Not rolled up yet; its key is far past its time.
    expect(await placeOf(stray)).toBe('usage_records_unplaced');
    expect(await ledger.count('usage_keys', `attempt_id = '${stray}'`)).toBe(0);
    await addAll();
    await query(
      `UPDATE usage_daily SET day = '2020-03-03' WHERE ctid = (SELECT min(ctid) FROM usage_daily)`,
    );
    const days = await ledger.count('usage_daily');
    await retain();
    expect(await placeOf(stray)).toBeUndefined();
    expect(await ledger.count('usage_daily')).toBe(days - 1);
    expect(await ledger.count('usage_daily', `day < '2021-01-01'`)).toBe(0);
  });

  it('makes way for who reads or writes, and comes again', async () => {
    await makeMonth('2025-12-01');
    if (kind === 'embedded') {
      // One statement at a time: there is nobody to make way for.
      expect(await upkeep.dropMonth(90)).toBe('dropped');
      return;
    }
    const side = await ledger.dataSource.sidePool().connect();
    await side.query('BEGIN');
    await side.query('SELECT count(*) FROM usage_records');
    const dropping = upkeep.dropMonth(90);
    const startedMs = performance.now();
    await record(new Date().toISOString().slice(0, 10));
    expect(performance.now() - startedMs).toBeLessThan(STALL_MAX_MS);
    expect(await dropping).toBe('busy');
    expect(await exists('2025-12-01')).toBe(true);
    await side.query('COMMIT');
    side.release();
    await retain();
    expect(await exists('2025-12-01')).toBe(false);
  });

  it('drops months under the hands of writers and of workers, who notice nothing', async () => {
    const months = ['2025-07-01', '2025-08-01', '2025-09-01', '2025-10-01', '2025-11-01'];
    for (const month of months) {
      await makeMonth(month);
      await record(month);
    }
    const today = new Date().toISOString().slice(0, 10);
    const before = await ledger.count('usage_records');
    const working = { isOn: true };
    let written = 0;
    const others = Array.from({ length: 8 }, async (_, index) => {
      for (; working.isOn; await delay(1)) {
        if (index === 0) await store.add(50, false);
        else await record(today).then(() => (written += 1));
      }
    });
    for (let rounds = 0; rounds < 60 && (await exists('2025-11-01')); rounds += 1) await retain();
    working.isOn = false;
    await Promise.all(others);
    expect(await Promise.all(months.map(exists))).toEqual(months.map(() => false));
    expect(written).toBeGreaterThan(0);
    expect(await ledger.count('usage_records')).toBe(before + written - months.length);
  });
});

/** Proves that usage rows say what a bill needs and nothing of prompts, and that sums of them count each row once. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUsageReportsReader } from '../../src/billing/adapters/sql-usage-reports.reader.js';
import { SqlUsageRollUpStore } from '../../src/billing/adapters/sql-usage-roll-up.store.js';
import type { UsageEntry } from '../../src/billing/domain/settlement.js';
import type { UsageReportRequest } from '../../src/billing/domain/usage-report.js';
import { newId } from '../../src/common/ids.js';
import { toRollUp } from '../../src/persistence/migrations/1790000000820-roll-up-usage.tables.js';
import { makeHold, makeSettle, makeUsage, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const TODAY = new Date().toISOString().slice(0, 10);
const SUMS = `sum(images_delivered)::int AS images, sum(output_tokens)::int AS tokens,
  sum(list_cost_micros)::int AS listed, sum(charged_micros)::int AS charged`;

describe.each(databaseKinds())('usage rows and their sums on %s', (kind) => {
  let ledger: TestLedger;
  let store: SqlUsageRollUpStore;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    store = new SqlUsageRollUpStore(ledger.sql);
  });
  afterAll(() => ledger.close());

  const query = <R extends object>(text: string, values: unknown[] = []) =>
    ledger.dataSource.query<R[]>(text, values);

  const record = (usage: UsageEntry) => ledger.writer.conclude({ usage });

  async function addAll(waits = true): Promise<void> {
    while ((await store.add(100, waits)) > 0);
  }

  /** The rows of everything, added up from three places. */
  async function addUp(): Promise<unknown[]> {
    const [rows] = await query(`SELECT count(*)::int AS calls, ${SUMS} FROM usage_records`);
    const [fine] = await query(`SELECT sum(calls)::int AS calls, ${SUMS} FROM usage_daily`);
    const [coarse] = await query(
      `SELECT sum(calls)::int AS calls, ${SUMS} FROM usage_daily_models`,
    );
    const [weeks] = await query(
      `SELECT sum(calls)::int AS calls, ${SUMS} FROM usage_weekly_models`,
    );
    return [rows, fine, coarse, weeks];
  }

  async function expectEqualSums(): Promise<void> {
    const [rows, fine, coarse, weeks] = await addUp();
    expect(weeks).toEqual(rows);
    expect(fine).toEqual(rows);
    expect(coarse).toEqual(rows);
  }

  function request(more: Partial<UsageReportRequest>): UsageReportRequest {
    const period = { from: TODAY, to: TODAY };
    return { period, filter: {}, groupBy: [], sort: 'cost', offset: 0, limit: 100, ...more };
  }

  it('has no column in which a prompt or a picture could lie', async () => {
    const columns = await query<{ name: string; type: string }>(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns
        WHERE table_name = 'usage_records' AND data_type NOT IN
          ('uuid', 'bigint', 'integer', 'boolean', 'timestamp with time zone') ORDER BY 1`,
    );
    expect(columns.map(({ name }) => name)).toEqual([
      'connection',
      'kind',
      'model',
      'operation',
      'outcome',
      'provider',
      'requested_model',
      'tier',
    ]);
    expect(columns.every(({ type }) => type === 'text')).toBe(true);
  });

  it('keeps what the bill needs of a call, and nothing else that came with it', async () => {
    const secret = 'a lighthouse nobody may read of';
    const picture = Buffer.from(secret).toString('base64').repeat(100);
    const usage = makeUsage(newId(), {
      connection: 'eu-west',
      requested_model: `auto${'x'.repeat(500)}`,
      tier: 'subscription',
      multiplier_bp: 12_500,
      latency_ms: 1_234,
      is_estimated: true,
    });
    await record({ ...usage, prompt: secret, b64_json: picture } as UsageEntry);
    const [row] = await query<{ line: string }>(
      'SELECT row_to_json(u)::text AS line FROM usage_records u WHERE id = $1',
      [usage.id],
    );
    expect(row?.line).not.toContain('lighthouse');
    expect(row?.line).not.toContain(picture.slice(0, 40));
    expect(JSON.parse(row?.line ?? '')).toMatchObject({
      connection: 'eu-west',
      requested_model: `auto${'x'.repeat(196)}`,
      tier: 'subscription',
      multiplier_bp: 12_500,
      latency_ms: 1_234,
      is_estimated: true,
    });
    const plain = makeUsage(newId());
    await record(plain);
    const filter = { searchSpaceId: plain.search_space_id, period: null };
    expect(await ledger.usage.list(filter, null, 1)).toMatchObject([
      { multiplierBp: 10_000, isEstimated: false, latencyMs: null, connection: null },
    ]);
  });

  it('adds each row once, by outcome and UTC day, and a repeated conclusion never', async () => {
    const wallet = await ledger.makeWallet(10_000);
    const outcomes = ['succeeded', 'partially_succeeded', 'failed', 'canceled'];
    for (const outcome of outcomes) {
      const hold = makeHold(wallet.id, 400);
      await ledger.hold(hold);
      const usage = makeUsage(wallet.searchSpaceId, { outcome, list_cost_micros: 160 });
      const settle = makeSettle(hold.id, 'post', 150);
      await ledger.settle(settle, usage);
      await ledger.settle(settle, usage);
    }
    await query(
      `UPDATE usage_records SET created_at = ($2::date)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond'
        WHERE search_space_id = $1 AND outcome = 'canceled'`,
      [wallet.searchSpaceId, TODAY],
    );
    await addAll();
    expect(await store.add(100, true)).toBe(0);
    const reader = new SqlUsageReportsReader(ledger.dataSource);
    const filter = { searchSpaceId: wallet.searchSpaceId };
    const { totals } = await reader.report(request({ filter }));
    expect(totals).toMatchObject({
      calls: 3,
      succeeded: 2,
      failed: 1,
      listCostMicros: 480,
      chargedMicros: 450,
    });
    await expectEqualSums();
  });

  it('counts what was answered from the cache as a call that succeeded, at no charge', async () => {
    const space = newId();
    const terms = {
      kind: 'chat',
      model: 'gpt-4o-mini',
      tier: 'free',
      images_delivered: 0,
    } as const;
    for (const outcome of ['cached', 'cached', 'succeeded', 'failed'])
      await record(makeUsage(space, { ...terms, outcome, list_cost_micros: 0 }));
    await addAll();
    const counted = { calls: 4, succeeded: 3, failed: 1, chargedMicros: 0 };
    const reader = new SqlUsageReportsReader(ledger.dataSource);
    const filter = { searchSpaceId: space, kind: 'chat' };
    expect((await reader.report(request({ filter }))).totals).toMatchObject(counted);
    const groupBy: UsageReportRequest['groupBy'] = ['model'];
    const { groups } = await reader.report(request({ filter: { searchSpaceId: space }, groupBy }));
    expect(groups).toMatchObject([{ key: { model: 'gpt-4o-mini' }, ...counted }]);
    // Reports read whichever table is the smallest that will do: all of them must say the same.
    for (const table of ['usage_daily', 'usage_daily_models', 'usage_weekly_models']) {
      const sums = `SELECT sum(succeeded)::int AS succeeded, sum(failed)::int AS failed FROM ${table}`;
      const rows = await query(`${sums} WHERE search_space_id = $1`, [space]);
      expect(rows, table).toEqual([{ succeeded: 3, failed: 1 }]);
    }
  });

  it('reports what is asked for: grouped, sorted, paged and narrowed, from either table', async () => {
    const [space, user, key] = [newId(), newId(), newId()];
    const models = ['a', 'b', 'c'];
    for (const [index, model] of models.entries()) {
      for (let calls = 0; calls <= index; calls += 1)
        await record(makeUsage(space, { model, user_id: user, list_cost_micros: 10 }));
    }
    await record(makeUsage(space, { model: 'a', api_key_id: key, kind: 'chat' }));
    await addAll();
    const reader = new SqlUsageReportsReader(ledger.dataSource);
    const filter = { searchSpaceId: space };
    const byModel = await reader.report(request({ filter, groupBy: ['model'] }));
    expect(byModel.groups.map(({ key: { model }, calls }) => [model, calls])).toEqual([
      ['c', 3],
      ['b', 2],
      ['a', 2],
    ]);
    expect(byModel).toMatchObject({ groupsCount: 3, totals: { calls: 7, listCostMicros: 60 } });
    const second = await reader.report(
      request({ filter, groupBy: ['model', 'user'], sort: 'key', offset: 1, limit: 2 }),
    );
    expect(second.groups.map((group) => group.key)).toEqual([
      { model: 'a', user },
      { model: 'b', user },
    ]);
    expect(second).toMatchObject({ groupsCount: 4, totals: { calls: 7 } });
    const ofKey = await reader.report(
      request({ filter: { ...filter, apiKeyId: key }, groupBy: ['key', 'user', 'day', 'space'] }),
    );
    expect(ofKey.groups).toMatchObject([{ key: { key, user: null, day: TODAY, space }, calls: 1 }]);
    const chats = { ...filter, kind: 'chat' };
    expect((await reader.report(request({ filter: chats }))).totals.calls).toBe(1);
  });

  it('comes to the same by whole weeks as by days, wherever a period begins and ends', async () => {
    const space = newId();
    const from = Date.parse('2026-03-01');
    const toDay = (days: number) => new Date(from + days * 86_400_000).toISOString().slice(0, 10);
    for (let day = 0; day < 24; day += 1) {
      const usage = makeUsage(space, { list_cost_micros: 2 ** day });
      await record(usage);
      await query(
        `UPDATE usage_records SET created_at = $2::date + interval '13 hours' WHERE id = $1`,
        [usage.id, toDay(day)],
      );
    }
    await addAll();
    const reader = new SqlUsageReportsReader(ledger.dataSource);
    for (const [first, last] of [
      [0, 23],
      [1, 7],
      [1, 8],
      [2, 8],
      [2, 14],
      [3, 9],
      [5, 6],
      [8, 21],
    ] as const) {
      const period = { from: toDay(first), to: toDay(last) };
      const filter = { searchSpaceId: space };
      const { totals } = await reader.report(request({ period, filter, groupBy: ['model'] }));
      expect({ first, last, cost: totals.listCostMicros }).toEqual({
        first,
        last,
        cost: 2 ** (last + 1) - 2 ** first,
      });
    }
  });

  it('adds up while many write and many add, and loses and doubles nothing', async () => {
    const [spaces, models] = [
      [newId(), newId()],
      ['x', 'y', 'z'],
    ];
    const writing = Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        await delay(index % 40);
        const model = models[index % models.length]!;
        return record(makeUsage(spaces[index % 2]!, { model, output_tokens: index }));
      }),
    );
    const working = { isOn: true };
    const workers = Array.from({ length: 4 }, async () => {
      while (working.isOn) await store.add(16, false);
    });
    await writing;
    working.isOn = false;
    await Promise.all(workers);
    await addAll();
    await expectEqualSums();
  });

  it('comes to the same when rows of an older version are added by the migration', async () => {
    await addAll();
    const before = await addUp();
    await query('DELETE FROM usage_daily');
    await query('DELETE FROM usage_daily_models');
    await query('DELETE FROM usage_weekly_models');
    await query(toRollUp('usage_records u'));
    expect(await addUp()).toEqual(before);
  });
});

// The embedded engine has one connection at work at a time, and none that could be lost.
for (const kind of databaseKinds().filter((one) => one === 'postgres')) {
  describe(`usage sums on ${kind} while workers are killed`, () => {
    let ledger: TestLedger;
    let store: SqlUsageRollUpStore;

    beforeAll(async () => {
      ledger = await TestLedger.open(kind);
      store = new SqlUsageRollUpStore(ledger.sql);
    });
    afterAll(() => ledger.close());

    const one = async (text: string) =>
      (await ledger.dataSource.query<Record<string, number>[]>(text))[0];

    it('counts nothing of what a worker added before it was killed, and all of it after', async () => {
      const usage = makeUsage(newId());
      await ledger.writer.conclude({ usage });
      const side = await ledger.dataSource.sidePool().connect();
      side.on('error', () => undefined);
      await side.query('BEGIN');
      const { rows } = await side.query('SELECT billing_roll_up_usage(100, false) AS added');
      expect(rows).toEqual([{ added: 1 }]);
      // In other hands: skipped by who does not wait, and not there for them to be counted again.
      expect(await store.add(100, false)).toBe(0);
      const waiting = store.add(100, true);
      const pid = await side.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await one(`SELECT pg_terminate_backend(${pid.rows[0]!.pid})::int AS done`);
      expect(await waiting).toBe(1);
      side.release(true);
      expect(await one('SELECT sum(calls)::int AS calls FROM usage_daily')).toEqual({ calls: 1 });
    });

    it('is true to the rows when connections are cut all the time', async () => {
      const knife = ledger.dataSource.sidePool();
      const done = new AbortController();
      let cuts = 0;
      const cutting = (async () => {
        for (; !done.signal.aborted; await delay(10))
          cuts += (await knife.query(CUT)).rowCount ?? 0;
      })();
      const [space, other] = [newId(), newId()];
      const workers = Array.from({ length: 3 }, async () => {
        while (!done.signal.aborted) await store.add(8, false).catch(() => 0);
      });
      await Promise.all(
        Array.from({ length: 300 }, async (_, index) => {
          await delay((index % 60) * 10);
          const usage = makeUsage(index % 2 ? space : other, { output_tokens: index });
          await insist(() => ledger.writer.conclude({ usage }));
        }),
      );
      done.abort();
      await cutting;
      await Promise.all(workers);
      while ((await store.add(100, true)) > 0);
      expect(cuts).toBeGreaterThan(0);
      const rows = `SELECT count(*)::int AS calls, ${SUMS} FROM usage_records`;
      const sums = `SELECT sum(calls)::int AS calls, ${SUMS} FROM usage_daily`;
      expect(await one(sums)).toEqual(await one(rows));
      expect(await one(sums.replace('usage_daily', 'usage_daily_models'))).toEqual(await one(rows));
    });
  });
}

const TRIES_MAX = 200;

/** Asks again with the same ids for as long as nobody knows what became of it. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await delay(5);
    }
  }
}

const CUT = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
     AND query LIKE '%billing_roll_up_usage%'`;

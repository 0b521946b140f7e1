/** Proves that statements and proofs say what the entries say, however much of the ledger was summed before. */
import { Logger } from '@nestjs/common';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LedgerProofsService } from '../../src/billing/ledger-proofs.service.js';
import { LedgerKeeper } from '../../src/billing/ledger-keeper.js';
import type { LedgerKind } from '../../src/billing/domain/ledger.js';
import { toNextDay, toStatementPeriod } from '../../src/billing/domain/statement.js';
import type { Wallet } from '../../src/billing/domain/wallet.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { makeHold, makeSettle, makeUsage, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const FIRST_DAY = '2026-01-28';
const LAST_DAY = '2026-04-03';
const MS_PER_DAY = 24 * 60 * 60_000;

describe.each(databaseKinds())('statements on %s', (kind) => {
  let ledger: TestLedger;
  let metrics: MetricsService;
  let proofs: LedgerProofsService;
  let wallet: Wallet;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    metrics = new MetricsService();
    proofs = new LedgerProofsService(ledger.books, ledger.upkeep, metrics);
    // The books of this installation begin in winter.
    await ledger.dataSource.query(
      `UPDATE ledger_closing SET summed_day = $1::date, marked_before = ledger_day_floor($1::date)`,
      [FIRST_DAY],
    );
    wallet = await ledger.makeWallet();
    await live();
  });

  afterAll(() => ledger.close());

  const idOf = (day: string, hour = 12) => v7({ msecs: Date.parse(day) + hour * 3_600_000 });

  /** On each third day a grant; on each day a call that costs and one that is voided. */
  async function live(): Promise<void> {
    const days: [string, number][] = [];
    for (let day = FIRST_DAY; day <= LAST_DAY; day = toNextDay(day))
      days.push([day, days.length + 1]);
    for (const [day, n] of days.filter(([, n]) => n % 3 === 1))
      await ledger.grant(wallet.id, 1_000 + n, { transactionId: idOf(day, 8) });
    const calls = days.map(([day, n]) => ({
      day,
      cost: n % 7,
      paid: makeHold(wallet.id, (n % 7) + 1, { transaction_id: idOf(day, 9) }),
      gone: makeHold(wallet.id, n, { transaction_id: idOf(day, 9) }),
    }));
    await Promise.all(calls.flatMap(({ paid, gone }) => [ledger.hold(paid), ledger.hold(gone)]));
    const ends = calls.flatMap(({ day, cost, paid, gone }) => [
      makeSettle(paid.id, 'post', cost, { transaction_id: idOf(day, 10) }),
      makeSettle(gone.id, 'void', undefined, { transaction_id: idOf(day, 11) }),
    ]);
    await Promise.all(ends.map((end) => ledger.settle(end)));
  }

  /** The same from the entries alone. */
  async function bruteForce(from: string, to: string) {
    const rows = await ledger.dataSource.query<
      { id: string; kind: LedgerKind; amount: string; part: string }[]
    >(
      `SELECT t.id, t.kind, sum(e.amount_micros) AS amount,
              CASE WHEN t.id < ledger_day_floor($2) THEN 'before'
                   WHEN t.id < ledger_day_floor($3) THEN 'within' ELSE 'after' END AS part
         FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        WHERE e.account_id = $1 AND e.bucket IN ('available', 'held')
        GROUP BY t.id, t.kind ORDER BY t.id`,
      [wallet.id, from, toNextDay(to)],
    );
    const sumOf = (...parts: string[]) =>
      rows.reduce((sum, row) => sum + (parts.includes(row.part) ? Number(row.amount) : 0), 0);
    const lines = rows.filter(({ part, amount }) => part === 'within' && amount !== '0');
    return {
      opening: sumOf('before'),
      closing: sumOf('before', 'within'),
      lines: lines.map(({ id, kind: one, amount }) => [id, one, Number(amount)]),
    };
  }

  async function statement(from: string, to: string) {
    const sums = await ledger.statements.sum(wallet.id, { from, to });
    const lines = [];
    for (let after: string | null = null; ;) {
      const page: Awaited<ReturnType<typeof ledger.statements.listLines>> =
        await ledger.statements.listLines(wallet, { from, to }, after, 20);
      lines.push(...page);
      if (page.length < 20) break;
      after = page.at(-1)!.id;
    }
    const byKind: Record<string, number> = {};
    for (const { kind: one, amountMicros } of lines)
      byKind[one] = (byKind[one] ?? 0) + amountMicros;
    expect(Object.fromEntries(sums.totals.map((one) => [one.kind, one.amountMicros]))).toEqual(
      byKind,
    );
    return {
      opening: sums.openingMicros,
      closing: sums.closingMicros,
      lines: lines.map((line) => [line.id, line.kind, line.amountMicros]),
    };
  }

  async function agree(): Promise<void> {
    const periods = [
      [FIRST_DAY, LAST_DAY],
      ['2026-02-01', '2026-02-28'],
      ['2026-01-30', '2026-03-02'],
      ['2026-03-31', '2026-04-01'],
      ['2026-04-02', '2026-04-02'],
      ['2026-05-01', '2026-05-31'],
      ['2025-12-01', '2025-12-31'],
    ] as const;
    for (const [from, to] of periods)
      expect(await statement(from, to)).toEqual(await bruteForce(from, to));
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
  }

  it('agree with the entries before any day is summed', agree);

  it.each(['2026-02-10', '2026-03-01', '2026-03-15', LAST_DAY])(
    'agree when the days before %s are summed',
    async (day) => {
      await ledger.books.sumDays(day);
      expect(await ledger.books.findSummedDay()).toBe(day);
      await agree();
    },
  );

  it('agree at once when something arrives late, and when its day is summed again', async () => {
    for (const day of ['2026-02-14', '2026-03-31', '2025-12-24', LAST_DAY])
      await ledger.grant(wallet.id, 77, { transactionId: idOf(day, 23) });
    expect(await ledger.count('ledger_late_days', `account_id = '${wallet.id}'`)).toBe(3);
    await agree();
    expect(await ledger.books.sumLateDays(100)).toBeGreaterThanOrEqual(3);
    expect(await ledger.count('ledger_late_days', `account_id = '${wallet.id}'`)).toBe(0);
    await agree();
    expect(await ledger.books.listMonthDifferences('2026-02-01', 10)).toEqual([]);
  });

  it(
    'sum a day again only after the writer of the late entry has ended',
    { retry: 0 },
    async () => {
      if (kind === 'embedded') return expect(await ledger.books.sumLateDays(1)).toBe(0);
      const runner = ledger.dataSource.createQueryRunner();
      await runner.startTransaction();
      const grant = { account_id: wallet.id, amount_micros: 5, kind: 'grant' };
      const member = { grant: { ...grant, transaction_id: idOf('2026-02-20', 22) } };
      await runner.query('SELECT billing_grant($1::jsonb, ARRAY[NULL]::jsonb[])', [
        JSON.stringify([member]),
      ]);
      // The day is locked by its writer: it is left for the next time.
      expect(await ledger.books.sumLateDays(100)).toBe(0);
      await runner.commitTransaction();
      await runner.release();
      await agree();
      expect(await ledger.books.sumLateDays(100)).toBe(2);
      return agree();
    },
  );

  it('link every charge to its generation, its model and what it did', async () => {
    const hold = makeHold(wallet.id, 10);
    await ledger.hold(hold);
    const usage = makeUsage(wallet.searchSpaceId, { generation_id: hold.reference });
    await ledger.settle(makeSettle(hold.id, 'post', 9, { actor: 'user:test' }), usage);
    const period = toStatementPeriod({}, new Date());
    const lines = await ledger.statements.listLines(wallet, period, null, 50);
    expect(lines.at(-1)).toMatchObject({
      kind: 'post',
      amountMicros: -9,
      generationId: hold.reference,
      model: 'embedded-image',
      operation: 'generate',
      actor: 'user:test',
    });
  });

  it('take whole days, this month unless named, and 92 at most', () => {
    const now = new Date('2026-11-21T23:30:00Z');
    expect(toStatementPeriod({}, now)).toEqual({ from: '2026-11-01', to: '2026-11-21' });
    expect(toStatementPeriod({ from: '2026-08-22' }, now).to).toBe('2026-11-21');
    const wrong = [
      [{ from: '2026-08-21' }, 'from'],
      [{ from: '2026-02-30', to: '2026-03-01' }, 'from'],
      [{ from: '2026-11-21', to: '2026-11-20' }, 'to'],
      [{ to: 'yesterday' }, 'to'],
    ] as const;
    for (const [days, field] of wrong)
      expect(() => toStatementPeriod(days, now)).toThrow(
        expect.objectContaining({
          code: 'request.invalid',
          fields: [expect.objectContaining({ field })],
        }),
      );
  });

  it('proves the books, sums what has ended, and checks one closed month more each time', async () => {
    const first = await proofs.run();
    expect(first.differences).toEqual([]);
    expect(await ledger.books.findSummedDay()).toBe(
      new Date(Date.now() - MS_PER_DAY / 24).toISOString().slice(0, 10),
    );
    const second = await proofs.run();
    expect([first.monthChecked, second.monthChecked]).toEqual(['2025-12-01', '2026-01-01']);
    expect(await proofs.findLatest()).toMatchObject({ id: second.id, differences: [] });
    await agree();
  });

  it('finds what is wrong in a closed month, in a lot and in the held money', async () => {
    const spoil = (statement: string) => ledger.dataSource.query(statement, [wallet.id]);
    await spoil(`UPDATE ledger_months SET amount_micros = amount_micros + 1
      WHERE account_id = $1 AND bucket = 'available' AND month = '2026-02-01'`);
    await spoil(`UPDATE grants SET remaining_micros = remaining_micros - 1
      WHERE id = (SELECT id FROM grants WHERE account_id = $1 AND remaining_micros > 1 LIMIT 1)`);
    await spoil(`UPDATE accounts SET held_micros = held_micros + 1 WHERE id = $1`);
    const log = vi.spyOn(proofs['logger'], 'error').mockImplementation(() => undefined);
    const { monthChecked, differences } = await proofs.run();
    expect(monthChecked).toBe('2026-02-01');
    expect(differences.map(({ bucket }) => bucket).sort()).toEqual([
      'all_accounts',
      'available',
      'closed_month',
      'held',
      'lots',
      'open_holds',
    ]);
    expect(log).toHaveBeenCalledTimes(6);
    expect((await metrics.render()).text).toContain('atelier_ledger_differences 6');
  });

  it('is proved once a day, by workers', async () => {
    const keeper = new LedgerKeeper({ role: 'worker' } as AppConfig, ledger.upkeep, proofs);
    const count = await ledger.count('ledger_proofs');
    await keeper.keep();
    expect(await ledger.count('ledger_proofs')).toBe(count);
    await ledger.dataSource.query(
      `UPDATE ledger_proofs SET started_at = started_at - interval '25 h'`,
    );
    await keeper.keep();
    expect(await ledger.count('ledger_proofs')).toBe(count + 1);
  });

  it('shows in the metrics of a new process what another one proved', async () => {
    const fresh = new MetricsService();
    const own = new LedgerProofsService(ledger.books, ledger.upkeep, fresh);
    await new LedgerKeeper({ role: 'worker' } as AppConfig, ledger.upkeep, own).keep();
    const latest = await proofs.findLatest();
    const { text } = await fresh.render();
    const seconds = Math.floor((latest?.finishedAt.getTime() ?? 0) / 1_000);
    expect(latest?.differences.length).toBeGreaterThan(0);
    expect(text).toContain(`atelier_ledger_proved_timestamp_seconds ${seconds}\n`);
    expect(text).toContain(`atelier_ledger_differences ${latest?.differences.length}\n`);
  });

  it('is proved although grants cannot be brought up to date, and tried again only in an hour', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    await ledger.dataSource.query(
      `UPDATE ledger_proofs SET started_at = started_at - interval '25 h'`,
    );
    vi.spyOn(ledger.upkeep, 'turnDueLots').mockRejectedValue(new Error('no lots today'));
    const run = vi.spyOn(proofs, 'run').mockRejectedValue(new Error('no proof today'));
    const keeper = new LedgerKeeper({ role: 'worker' } as AppConfig, ledger.upkeep, proofs);
    await keeper.keep();
    await keeper.keep();
    expect(run).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('no lots today'),
      expect.stringContaining('no proof today'),
      expect.stringContaining('no lots today'),
    ]);
    vi.restoreAllMocks();
  });
});

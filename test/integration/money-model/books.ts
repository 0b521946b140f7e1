/** The product's side of the comparison: real functions on a real database, whose clock the test moves. */
import { SqlSettlementStore } from '../../../src/billing/adapters/sql-settlement.store.js';
import { newId } from '../../../src/common/ids.js';
import { PgSql } from '../../../src/persistence/pg-sql.js';
import type { ManagedDataSource } from '../../../src/persistence/managed-data-source.js';
import type { BudgetPlan } from './operations.js';

const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** The billing functions find this clock before the database's own. */
const CLOCK = [
  'CREATE TABLE test_clock (at timestamptz NOT NULL)',
  `INSERT INTO test_clock VALUES (now())`,
  `CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM public.test_clock'`,
  'ALTER TABLE holds ALTER COLUMN created_at SET DEFAULT public.now()',
  `DO $$
   DECLARE
     one regprocedure;
   BEGIN
     FOR one IN SELECT p.oid::regprocedure FROM pg_proc p
       WHERE p.pronamespace = 'public'::regnamespace AND p.proname ~ '^billing_' AND p.prosrc ~ '\\mnow\\(\\)'
     LOOP
       EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_catalog, pg_temp', one);
     END LOOP;
   END $$`,
];

/** Names of one world for the ids of its rows. */
export class Names {
  private readonly ids = new Map<string, string>();
  private readonly names = new Map<string, string>();

  id(name: string): string {
    const known = this.ids.get(name);
    if (known) return known;
    const id = newId();
    this.ids.set(name, id);
    this.names.set(id, name);
    return id;
  }

  name(id: unknown): string {
    return (typeof id === 'string' && this.names.get(id)) || `unknown ${JSON.stringify(id)}`;
  }
}

export type Verdict = Record<string, unknown> | null;

/** As the database tells it: money as text. */
export interface Facts {
  accounts: { id: string; balances: string[]; difference: string }[];
  lots: { account_id: string; lot: string }[];
  budgets: {
    id: string;
    start: number;
    end: number | null;
    carried: string;
    held: string;
    spent: string;
  }[];
  periods: { id: string; start: number; end: number; totals: string[] }[];
  holds: { id: string; state: string; posted: string; shortfall: string }[];
  events: { id: string; what: string }[];
  reviews: { id: string; amount: string }[];
}

export class MoneyBooks {
  private readonly sql: PgSql;
  private readonly store: SqlSettlementStore;
  private worlds = 0;

  private constructor(private readonly dataSource: ManagedDataSource) {
    this.sql = new PgSql(dataSource);
    this.store = new SqlSettlementStore(this.sql);
  }

  static async open(dataSource: ManagedDataSource): Promise<MoneyBooks> {
    for (const statement of CLOCK) await dataSource.query(statement);
    return new MoneyBooks(dataSource);
  }

  /** Empty wallets of new spaces; budgets and events of the world before are gone. */
  async begin(at: number, wallets: readonly { id: string; overdraft: number }[]): Promise<void> {
    this.worlds += 1;
    // No vacuum comes by itself in the embedded engine.
    if (this.worlds % 100 === 0) {
      await this.dataSource.query('VACUUM budgets, budget_periods, outbox_events, test_clock');
    }
    await this.sql.query(
      'model_begin',
      `WITH cleared AS (DELETE FROM budgets), forgotten AS (DELETE FROM outbox_events),
         set AS (UPDATE test_clock SET at = $1::timestamptz),
         space AS (INSERT INTO search_spaces (id, name, created_at)
           SELECT w.id, 'money', now() FROM jsonb_to_recordset($2) AS w (id uuid))
       INSERT INTO accounts (id, kind, search_space_id, overdraft_micros)
       SELECT w.id, 'wallet', w.id, w.overdraft FROM jsonb_to_recordset($2) AS w (id uuid, overdraft bigint)`,
      [new Date(at), JSON.stringify(wallets)],
    );
  }

  async addBudgets(
    at: number,
    budgets: readonly (BudgetPlan & { id: string; subject: string | null; space: string | null })[],
  ): Promise<void> {
    const rows = budgets.map(({ subject, endsInMs, ...budget }) => ({
      ...budget,
      subject: subject ?? NIL_ID,
      ends_at: endsInMs === null ? null : new Date(at + endsInMs),
      mode: budget.isHard ? 'hard' : 'soft',
      is_window: /^\d/.test(budget.period),
    }));
    await this.sql.query(
      'model_addbudgets',
      `INSERT INTO budgets (id, name, scope, subject_id, search_space_id, mode, period, time_zone,
         limit_micros, thresholds, rollover_percent, ends_at, period_start, period_end)
       SELECT b.id, b.id, b.scope, b.subject, b.space, b.mode, b.period, b.zone, b."limit",
              ARRAY(SELECT jsonb_array_elements_text(b.thresholds)::smallint), b.rollover, b.ends_at,
              p.starts, CASE WHEN b.is_window THEN p.starts ELSE p.ends END
         FROM jsonb_to_recordset($1) AS b (id uuid, scope text, subject uuid, space uuid, mode text,
                period text, zone text, "limit" bigint, thresholds jsonb, rollover int,
                ends_at timestamptz, is_window boolean)
        CROSS JOIN LATERAL billing_period(b.period, b.zone, $2::timestamptz) p`,
      [JSON.stringify(rows), new Date(at)],
    );
  }

  async moveClock(at: number): Promise<void> {
    await this.sql.query('model_moveclock', 'UPDATE test_clock SET at = $1', [new Date(at)]);
  }

  async deleteBudget(id: string): Promise<void> {
    await this.sql.query(
      'model_deletebudget',
      'UPDATE budgets SET deleted_at = created_at WHERE id = $1',
      [id],
    );
  }

  /** Each array is one batch. */
  async hold(members: readonly object[]): Promise<Verdict[]> {
    const texts = members.map((hold) => JSON.stringify({ hold }));
    return (await this.store.run('admit', ['billing_hold'], texts)) as Verdict[];
  }

  async settle(members: readonly object[]): Promise<Verdict[]> {
    const texts = members.map((settle) => JSON.stringify({ settle }));
    return (await this.store.run('conclude', ['billing_settle'], texts)) as Verdict[];
  }

  async grant(grant: object): Promise<Verdict> {
    const [row] = await this.sql.query<{ verdicts: Verdict[] }>(
      'model_grant',
      'SELECT to_jsonb(billing_grant($1::jsonb, ARRAY[NULL::jsonb])) AS verdicts',
      [JSON.stringify([{ grant }])],
    );
    return row?.verdicts[0] ?? null;
  }

  async transfer(from: string, to: string, amount: number): Promise<Verdict> {
    const [row] = await this.sql.query<{ verdict: Verdict }>(
      'model_transfer',
      `SELECT billing_transfer($1, $2, $3, $4, 'a test', 'system:test') AS verdict`,
      [from, to, amount, newId()],
    );
    return row?.verdict ?? null;
  }

  /** @param after an id below those of this world's wallets: older worlds stay as they are */
  async turnDue(after: string): Promise<void> {
    await this.sql.query('model_turndue', 'SELECT billing_turn_due_lots($1, 100)', [after]);
  }

  async read(wallets: readonly string[], holds: readonly string[]): Promise<Facts> {
    const [row] = await this.sql.query<{ facts: Facts }>('model_read', FACTS, [wallets, holds]);
    if (!row) throw new Error('no facts');
    return row.facts;
  }
}

const toMs = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

/** The difference: entries that are not the balances, lots that are not the money, or open holds that are not what is held. */
const FACTS = `
  SELECT jsonb_build_object(
    'accounts', (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'balances', jsonb_build_array(
        a.available_micros::text, a.held_micros::text, a.spent_micros::text),
        'difference', (
          (SELECT count(*) FROM (VALUES ('available', a.available_micros), ('held', a.held_micros),
             ('spent', a.spent_micros)) AS b (bucket, balance)
            WHERE b.balance <> (SELECT coalesce(sum(e.amount_micros), 0) FROM ledger_entries e
              WHERE e.account_id = a.id AND e.bucket = b.bucket))
          + (SELECT count(*) WHERE a.held_micros <> (SELECT coalesce(sum(h.amount_micros), 0)
              FROM holds h WHERE h.id = ANY ($2::uuid[]) AND h.account_id = a.id AND h.state = 'held'))
          + (SELECT count(*) WHERE a.available_micros + a.held_micros + a.spent_micros - a.allocated_micros
              <> (SELECT coalesce(sum(g.remaining_micros), 0) FROM grants g
                   WHERE g.account_id = a.id AND g.activated_at IS NOT NULL)))::text))
      FROM accounts a WHERE a.id = ANY ($1::uuid[])),
    'lots', (SELECT coalesce(jsonb_agg(l), '[]') FROM (
      SELECT g.account_id, concat_ws(' ', g.priority, ${toMs('g.expires_at')},
             sum(g.remaining_micros), sum(g.lapsed_micros)) AS lot
        FROM grants g WHERE g.account_id = ANY ($1::uuid[])
       GROUP BY g.account_id, g.priority, g.expires_at) l),
    'budgets', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id,
        'start', ${toMs('v.period_start')}, 'end', ${toMs('v.period_end')},
        'carried', v.carried_micros::text, 'held', v.held_micros::text, 'spent', v.spent_micros::text)), '[]')
      FROM budgets b CROSS JOIN LATERAL billing_roll_budget(b, (SELECT at FROM test_clock)) v),
    'periods', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.budget_id,
        'start', ${toMs('p.period_start')}, 'end', ${toMs('p.period_end')},
        'totals', jsonb_build_array(p.carried_micros::text, p.held_micros::text, p.spent_micros::text))), '[]')
      FROM budget_periods p),
    'holds', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'state', h.state,
        'posted', h.posted_micros::text, 'shortfall', h.shortfall_micros::text)), '[]')
      FROM holds h WHERE h.id = ANY ($2::uuid[])),
    'events', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.payload ->> 'budget_id', 'what',
        concat_ws(' ', CASE o.kind WHEN 'budget.threshold_reached' THEN 'threshold' ELSE 'exhausted' END,
          coalesce(o.payload ->> 'percent', o.payload ->> 'reason'),
          ${toMs("(o.payload ->> 'period_start')::timestamptz")}))), '[]')
      FROM outbox_events o WHERE o.kind LIKE 'budget.%'),
    'reviews', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.hold_id, 'amount', r.amount_micros::text)), '[]')
      FROM reconciliation_items r JOIN holds h ON h.id = r.hold_id WHERE h.id = ANY ($2::uuid[]))
  ) AS facts`;

import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { LedgerDifference } from '../domain/ledger.js';
import { LedgerBooks, type LedgerProof } from '../domain/ledger-books.port.js';
import {
  type DifferenceRow,
  LEDGER_MONTH_DIFFERENCES,
  toDifference,
} from './ledger-differences.js';

/** Accounts summed by one statement. */
const ACCOUNTS_MAX = 200;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const SUMMED_DAY = `SELECT summed_day::text AS day FROM ledger_closing`;
const MARK = 'SELECT billing_mark_ledger_days($1::date)';
const SUM_ACCOUNTS = 'SELECT billing_sum_ledger_days($1::date, $2, $3::int) AS last';
const FINISH = 'SELECT billing_finish_ledger_days($1::date)';
const SUM_LATE = 'SELECT billing_sum_late_ledger_days($1::int) AS days';

const MONTH_AFTER = `
  SELECT coalesce(
    (SELECT min(month) FROM ledger_months WHERE month > $1::date),
    (SELECT min(month) FROM ledger_months))::text AS month`;

const LATEST = `
  SELECT id, started_at, finished_at, month_checked::text AS month_checked, differences
    FROM ledger_proofs ORDER BY id DESC LIMIT 1`;

/** Proofs are kept for a year; with it goes the one that is older. */
const ADD = `
  WITH old AS (DELETE FROM ledger_proofs WHERE started_at < $2::timestamptz - interval '1 year')
  INSERT INTO ledger_proofs (id, started_at, finished_at, month_checked, differences)
  VALUES ($1, $2, $3, $4::date, $5::jsonb)`;

interface ProofRow {
  id: string;
  started_at: Date;
  finished_at: Date;
  month_checked: string | null;
  differences: LedgerDifference[];
}

@Injectable()
export class SqlLedgerBooks extends LedgerBooks {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findSummedDay(): Promise<string> {
    const [row] = await this.sql.query<{ day: string }>('ledger_summed_day', SUMMED_DAY, []);
    return row?.day ?? '';
  }

  async markDays(until: string): Promise<void> {
    await this.sql.query('ledger_mark_days', MARK, [until]);
  }

  async sumDays(until: string): Promise<void> {
    await this.markDays(until);
    for (let last: string | null = FIRST_ID; last !== null;) {
      const values: unknown[] = [until, last, ACCOUNTS_MAX];
      const [row] = await this.sql.query<{ last: string | null }>(
        'ledger_sum_days',
        SUM_ACCOUNTS,
        values,
      );
      last = row?.last ?? null;
    }
    await this.sql.query('ledger_finish_days', FINISH, [until]);
  }

  async sumLateDays(daysMax: number): Promise<number> {
    const [row] = await this.sql.query<{ days: number }>('ledger_sum_late_days', SUM_LATE, [
      daysMax,
    ]);
    return row?.days ?? 0;
  }

  async findMonthAfter(month: string | null): Promise<string | null> {
    const [row] = await this.sql.query<{ month: string | null }>(
      'ledger_month_after',
      MONTH_AFTER,
      [month],
    );
    return row?.month ?? null;
  }

  async listMonthDifferences(month: string, limit: number): Promise<LedgerDifference[]> {
    const rows = await this.sql.query<DifferenceRow>(
      'ledger_month_differences',
      LEDGER_MONTH_DIFFERENCES,
      [month, limit],
    );
    return rows.map(toDifference);
  }

  async findLatestProof(): Promise<LedgerProof | null> {
    const [row] = await this.sql.query<ProofRow>('ledger_latest_proof', LATEST, []);
    if (!row) return null;
    return {
      id: row.id,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      monthChecked: row.month_checked,
      differences: row.differences,
    };
  }

  async addProof(proof: LedgerProof): Promise<void> {
    await this.sql.query('ledger_add_proof', ADD, [
      proof.id,
      proof.startedAt,
      proof.finishedAt,
      proof.monthChecked,
      JSON.stringify(proof.differences),
    ]);
  }
}

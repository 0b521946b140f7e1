import { Injectable } from '@nestjs/common';
import { findSqlState } from '../../persistence/sql-error.js';
import { Sql } from '../../persistence/sql.port.js';
import { UsageUpkeep } from '../domain/usage-upkeep.port.js';

/** Writers of usage stand still for no longer than this while a month waits to be dropped. */
const LOCK_WAIT_MS = 100;
/** `lock_not_available`, `object_in_use` (rows not rolled up). */
const BUSY_STATES = ['55P03', '55006'];

const DROP_MONTH = `
  SELECT billing_drop_usage_month(now() - make_interval(days => $1::int), $2::int) AS name`;

const OLDEST = `billing_month_floor((now() - make_interval(days => $1::int)) AT TIME ZONE 'UTC')`;

const DELETE_UNPLACED = `
  WITH gone AS (
    DELETE FROM usage_records_unplaced u
     WHERE u.id IN (SELECT id FROM usage_records_unplaced WHERE id < ${OLDEST} ORDER BY id LIMIT $2)
       AND NOT EXISTS (SELECT FROM usage_batches b WHERE u.id = ANY (b.attempt_ids))
    RETURNING id)
  SELECT count(*)::int AS count FROM gone`;

const DELETE_KEYS = `
  WITH gone AS (
    DELETE FROM usage_keys WHERE attempt_id IN (
      SELECT attempt_id FROM usage_keys WHERE attempt_id < ${OLDEST} ORDER BY attempt_id LIMIT $2)
    RETURNING attempt_id)
  SELECT count(*)::int AS count FROM gone`;

/** A week is named by its first day. */
const DAYS_OF_WEEK = 7;
const FIRST_DAY = `((now() - make_interval(days => $1::int)) AT TIME ZONE 'UTC')::date`;

const DELETE_DAYS = `
  WITH fine AS (${toDeletion('usage_daily')}), coarse AS (${toDeletion('usage_daily_models')}),
       weeks AS (${toDeletion('usage_weekly_models', DAYS_OF_WEEK)}),
       told AS (${toDeletion('spend_anomalies')})
  SELECT (SELECT count(*) FROM fine)::int + (SELECT count(*) FROM coarse)::int
       + (SELECT count(*) FROM weeks)::int + (SELECT count(*) FROM told)::int AS count`;

function toDeletion(table: string, days = 1): string {
  return `
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE day + ${days} <= ${FIRST_DAY} ORDER BY day LIMIT $2)) RETURNING day`;
}

@Injectable()
export class SqlUsageUpkeep extends UsageUpkeep {
  constructor(private readonly sql: Sql) {
    super();
  }

  async dropMonth(olderThanDays: number): Promise<'dropped' | 'busy' | 'none'> {
    try {
      const values = [olderThanDays, LOCK_WAIT_MS];
      const [row] = await this.sql.query<{ name: string | null }>(
        'usage_drop_month',
        DROP_MONTH,
        values,
      );
      return row?.name ? 'dropped' : 'none';
    } catch (error) {
      if (BUSY_STATES.includes(findSqlState(error) ?? '')) return 'busy';
      throw error;
    }
  }

  deleteUnplaced(olderThanDays: number, limit: number): Promise<number> {
    return this.delete('usage_delete_unplaced', DELETE_UNPLACED, [olderThanDays, limit]);
  }

  deleteKeys(olderThanDays: number, limit: number): Promise<number> {
    return this.delete('usage_delete_keys', DELETE_KEYS, [olderThanDays, limit]);
  }

  deleteDays(olderThanDays: number, limit: number): Promise<number> {
    return this.delete('usage_delete_days', DELETE_DAYS, [olderThanDays, limit]);
  }

  private async delete(name: string, text: string, values: number[]): Promise<number> {
    const [row] = await this.sql.query<{ count: number }>(name, text, values);
    return row?.count ?? 0;
  }
}

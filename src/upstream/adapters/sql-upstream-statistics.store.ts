import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { UpstreamCounts } from '../domain/upstream-counts.js';
import {
  type DayCounts,
  type DaysFilter,
  UpstreamStatisticsStore,
} from '../upstream-statistics.store.port.js';

/** In the order of the key, so that processes never wait for each other in a circle. */
const ADD = `
  INSERT INTO upstream_statistics AS t (span_s, starts_at, connection, model, provider, is_global,
      outcomes, latencies, last_error, last_error_at, last_called_at)
  SELECT span_s, starts_at, connection, model, provider, is_global, outcomes, latencies,
         last_error, last_error_at, last_called_at
    FROM jsonb_to_recordset($1::jsonb) AS r(span_s integer, starts_at timestamptz,
      connection text, model text, provider text, is_global boolean, outcomes bigint[],
      latencies bigint[], last_error text, last_error_at timestamptz, last_called_at timestamptz)
   ORDER BY span_s, starts_at, connection, model
  ON CONFLICT (span_s, starts_at, connection, model) DO UPDATE
     SET outcomes = upstream_add(t.outcomes, excluded.outcomes),
         latencies = upstream_add(t.latencies, excluded.latencies),
         last_error = CASE WHEN excluded.last_error_at >= coalesce(t.last_error_at, '-infinity')
           THEN excluded.last_error ELSE t.last_error END,
         last_error_at = greatest(t.last_error_at, excluded.last_error_at),
         last_called_at = greatest(t.last_called_at, excluded.last_called_at)`;

const LIST_RECENT = `
  SELECT span_s, starts_at, connection, model, provider, is_global, outcomes::text[] AS outcomes,
         latencies::text[] AS latencies, last_error, last_error_at, last_called_at
    FROM upstream_statistics
   WHERE span_s = 300 AND starts_at >= $2 AND connection = ANY ($1::text[])
   ORDER BY starts_at DESC, connection, model LIMIT $3`;

/** Counts of connections are added up by place. */
const LIST_DAYS = `
  WITH found AS MATERIALIZED (
    SELECT starts_at, provider, model, outcomes, latencies FROM upstream_statistics
     WHERE span_s = 86400 AND is_global AND starts_at >= $1 AND starts_at < $2
       AND ($3::text IS NULL OR provider = $3) AND ($4::text IS NULL OR model = $4)
     LIMIT 100000),
  sums AS (
    SELECT starts_at, provider, model, kind, array_agg(total::text ORDER BY i) AS counts
      FROM (
        SELECT starts_at, provider, model, kind, i, sum(count) AS total
          FROM found, LATERAL (
            SELECT 'outcomes' AS kind, o.count, o.i
              FROM unnest(outcomes) WITH ORDINALITY AS o(count, i)
            UNION ALL
            SELECT 'latencies', l.count, l.i
              FROM unnest(latencies) WITH ORDINALITY AS l(count, i)) AS places
         GROUP BY starts_at, provider, model, kind, i) AS totals
     GROUP BY starts_at, provider, model, kind)
  SELECT o.starts_at AS day, o.provider, o.model, o.counts AS outcomes, l.counts AS latencies
    FROM sums o JOIN sums l USING (starts_at, provider, model)
   WHERE o.kind = 'outcomes' AND l.kind = 'latencies'
   ORDER BY day DESC, o.provider, o.model LIMIT $5`;

const DELETE_OLD = `
  WITH gone AS (
    DELETE FROM upstream_statistics WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM upstream_statistics
       WHERE span_s = $1 AND starts_at < now() - make_interval(days => $2::int)
       ORDER BY starts_at LIMIT $3))
    RETURNING span_s)
  SELECT count(*)::int AS count FROM gone`;

interface CountsRow {
  span_s: 300 | 86_400;
  starts_at: Date;
  connection: string;
  model: string;
  provider: string;
  is_global: boolean;
  outcomes: string[];
  latencies: string[];
  last_error: string | null;
  last_error_at: Date | null;
  last_called_at: Date;
}

interface DayRow {
  day: Date;
  provider: string;
  model: string;
  outcomes: string[];
  latencies: string[];
}

@Injectable()
export class SqlUpstreamStatisticsStore extends UpstreamStatisticsStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async add(counts: readonly UpstreamCounts[]): Promise<void> {
    await this.sql.query('upstream_statistics_add', ADD, [JSON.stringify(counts.map(toJson))]);
  }

  async listRecent(
    connections: readonly string[],
    since: Date,
    limit: number,
  ): Promise<UpstreamCounts[]> {
    const values = [connections, since, limit];
    const rows = await this.sql.query<CountsRow>('upstream_recent', LIST_RECENT, values);
    return rows.map((row) => ({
      spanS: row.span_s,
      startsAt: row.starts_at,
      connection: row.connection,
      model: row.model,
      provider: row.provider,
      isGlobal: row.is_global,
      outcomes: row.outcomes.map(Number),
      latencies: row.latencies.map(Number),
      lastError: row.last_error,
      lastErrorAt: row.last_error_at,
      lastCalledAt: row.last_called_at,
    }));
  }

  async listDays({ from, to, provider, model, limit }: DaysFilter): Promise<DayCounts[]> {
    const values = [from, to, provider ?? null, model ?? null, limit];
    const rows = await this.sql.query<DayRow>('upstream_days', LIST_DAYS, values);
    return rows.map((row) => ({
      ...row,
      outcomes: row.outcomes.map(Number),
      latencies: row.latencies.map(Number),
    }));
  }

  async deleteOld(spanS: number, olderThanDays: number, limit: number): Promise<number> {
    const values = [spanS, olderThanDays, limit];
    const [row] = await this.sql.query<{ count: number }>(
      'upstream_delete_old',
      DELETE_OLD,
      values,
    );
    return row?.count ?? 0;
  }
}

function toJson(counts: UpstreamCounts): object {
  return {
    span_s: counts.spanS,
    starts_at: counts.startsAt,
    connection: counts.connection,
    model: counts.model,
    provider: counts.provider,
    is_global: counts.isGlobal,
    outcomes: counts.outcomes,
    latencies: counts.latencies,
    last_error: counts.lastError,
    last_error_at: counts.lastErrorAt,
    last_called_at: counts.lastCalledAt,
  };
}

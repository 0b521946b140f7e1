import { toDay } from '../domain/usage-period.js';
import type {
  UsageDimension,
  UsageFilter,
  UsagePeriod,
  UsageReportRequest,
} from '../domain/usage-report.js';

/** Fields of a filter and the columns that they compare. */
const FILTER_COLUMNS = {
  searchSpaceId: 'search_space_id',
  userId: 'user_id',
  apiKeyId: 'api_key_id',
  collectionId: 'collection_id',
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  kind: 'kind',
  tier: 'tier',
} as const satisfies Record<keyof UsageFilter, string>;

const DIMENSION_COLUMNS: Readonly<Record<UsageDimension, string>> = {
  space: 'search_space_id',
  day: 'day',
  user: 'user_id',
  key: 'api_key_id',
  collection: 'collection_id',
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  kind: 'kind',
  tier: 'tier',
};

/** Only the fine table knows these. */
const FINE_COLUMNS: readonly string[] = ['user_id', 'api_key_id', 'collection_id'];

export const SUM_COLUMNS = [
  'calls',
  'succeeded',
  'failed',
  'images_requested',
  'images_delivered',
  'input_tokens',
  'cached_input_tokens',
  'image_input_tokens',
  'cached_image_input_tokens',
  'output_tokens',
  'image_output_tokens',
  'list_cost_micros',
  'charged_micros',
  'shortfall_micros',
] as const;

/** A group as text, dimension by dimension, or the totals of all of them. */
export type ReportRow = Record<(typeof SUM_COLUMNS)[number], string> & {
  groups_count: string;
  is_total: boolean;
} & Partial<Record<UsageDimension, string | null>>;

export interface ReportStatement {
  text: string;
  values: unknown[];
}

/**
 * One statement for page and totals. Names come from the lists above alone, values are parameters. A report that
 * names neither person nor collection reads the coarse table, which has a small part of the rows.
 */
export function toReportStatement(request: UsageReportRequest): ReportStatement {
  const { period, filter, groupBy } = request;
  const values: unknown[] = [period.from, period.to];
  const conditions: string[] = [];
  const columns = groupBy.map((dimension) => DIMENSION_COLUMNS[dimension]);
  for (const [field, column] of Object.entries(FILTER_COLUMNS)) {
    const value = filter[field as keyof UsageFilter];
    if (value === undefined) continue;
    conditions.push(`${column} = $${values.push(value)}`);
    columns.push(column);
  }
  const isFine = columns.some((column) => FINE_COLUMNS.includes(column));
  const weeks = isFine || groupBy.includes('day') ? null : findWeeks(period);
  const source = weeks
    ? toWeeksAndDays(values.push(weeks.from), values.push(weeks.before))
    : `SELECT * FROM ${isFine ? 'usage_daily' : 'usage_daily_models'} WHERE day >= $1::date AND day <= $2::date`;
  return { text: toText(request, source, conditions), values };
}

const MS_PER_DAY = 86_400_000;
const DAYS_OF_WEEK = 7;

/** The whole weeks of the period, Monday to Monday; null when there is none. */
function findWeeks({ from, to }: UsagePeriod): { from: string; before: string } | null {
  const fromMs = Date.parse(from);
  const endMs = Date.parse(to) + MS_PER_DAY;
  const firstMs = fromMs + ((DAYS_OF_WEEK - countSinceMonday(fromMs)) % DAYS_OF_WEEK) * MS_PER_DAY;
  const beforeMs = endMs - countSinceMonday(endMs) * MS_PER_DAY;
  return firstMs < beforeMs ? { from: toDay(firstMs), before: toDay(beforeMs) } : null;
}

/** Days since the last Monday, 0 to 6. */
function countSinceMonday(timeMs: number): number {
  return (new Date(timeMs).getUTCDay() + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK;
}

/** A third of the rows of a month, a sixth of a year's: whole weeks, and the days before and after them. */
function toWeeksAndDays(from: number, before: number): string {
  return `
      SELECT * FROM usage_weekly_models WHERE day >= $${from}::date AND day < $${before}::date
      UNION ALL SELECT * FROM usage_daily_models WHERE day >= $1::date AND day < $${from}::date
      UNION ALL SELECT * FROM usage_daily_models WHERE day >= $${before}::date AND day <= $2::date`;
}

function toText(
  { groupBy, sort, offset, limit }: UsageReportRequest,
  source: string,
  conditions: readonly string[],
): string {
  const columns = groupBy.map((dimension) => DIMENSION_COLUMNS[dimension]);
  const keys = columns.map((column, index) => `${column} AS "${groupBy[index]}"`);
  const sums = SUM_COLUMNS.map((name) => `sum(${name})::bigint AS ${name}`);
  const names = groupBy.map((dimension) => `"${dimension}"`);
  const order =
    sort === 'cost' ? ['charged_micros DESC', 'list_cost_micros DESC', ...names] : names;
  const grouping = columns.length > 0 ? `GROUP BY ${columns.join(', ')}` : '';
  const totals = SUM_COLUMNS.map((name) => `coalesce(sum(${name}), 0)::bigint AS ${name}`);
  const page = `
  UNION ALL
  SELECT false, 0, position, ${[...names.map((name) => `${name}::text`), ...SUM_COLUMNS].join(', ')}
    FROM (SELECT *, row_number() OVER (ORDER BY ${order.join(', ')}) AS position FROM sums) numbered
   WHERE position > ${offset} AND position <= ${offset + limit}`;
  return `
  WITH sums AS MATERIALIZED (
    SELECT ${[...keys, ...sums].join(', ')} FROM (${source}) usage
     WHERE ${['true', ...conditions].join(' AND ')} ${grouping}
  )
  SELECT true AS is_total, count(*) AS groups_count, 0::bigint AS position,
         ${[...names.map((name) => `NULL::text AS ${name}`), ...totals].join(', ')}
    FROM sums
  ${columns.length > 0 && limit > 0 ? page : ''}
   ORDER BY position`;
}

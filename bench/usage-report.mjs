/**
 * Measures usage at size on Postgres: rolling rows up, reports from the sums, and dropping a month beside writers.
 * The rows are made by one statement a part; everything else is the product's own code.
 *
 *   BENCH_DATABASE_URL=postgres://user@host/postgres npm run bench:usage
 *
 * On a database of its own, which it removes. BENCH_USAGE_ROWS (10,000,000) is how many rows it makes.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { withDatabase } from './large-set.mjs';
import { describeMachine } from './machine.mjs';

const DIST = process.env.BENCH_DIST ?? join(import.meta.dirname, '../dist');
const SERVER_URL = process.env.BENCH_DATABASE_URL;
const ROWS = Number(process.env.BENCH_USAGE_ROWS ?? 10_000_000);
const DAYS = 90;
const SPACES = 100;
const MODELS = 20;
const USERS_PER_SPACE = 10;
const PART_ROWS = 100_000;
const BATCH_ROWS = 256;
const ROLL_UP_ROWS = 20_000;
const REPORT_DAYS = 30;
const REPORTS = 200;
const REPORT_MAX_MS = 50;
const POOL_MAX = 10;
const MS_PER_DAY = 86_400_000;
/** The oldest month in the rows ended longer ago than this. */
const KEPT_DAYS = 60;

const load = (path) => import(pathToFileURL(join(DIST, path)).href);

const MAKE_MONTHS = `
  DO $$ DECLARE month timestamp; BEGIN
    FOR month IN SELECT generate_series(date_trunc('month', now() - interval '${DAYS} days'),
                                        now() - interval '1 month', '1 month') LOOP
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF usage_records FOR VALUES FROM (%L) TO (%L)',
        'usage_records_' || to_char(month, 'YYYY_MM'), billing_month_floor(month),
        billing_month_floor(month + interval '1 month'));
    END LOOP;
  END $$`;

/** $1, $2: numbers of the first and the last row; $3: the first moment, $4: all the time, in ms. */
const MAKE_ROWS = `
  WITH made AS (
    INSERT INTO usage_records (id, search_space_id, user_id, provider, model, operation, kind, tier, outcome,
      images_requested, images_delivered, input_tokens, image_output_tokens, list_cost_micros, charged_micros, created_at)
    SELECT (lpad(to_hex(at_ms), 12, '0') || '7' || substr(mark, 1, 3) || '8' || substr(mark, 4, 15))::uuid,
           bench_id(1, space), bench_id(2, space * ${USERS_PER_SPACE} + n / ${SPACES * MODELS} % ${USERS_PER_SPACE}),
           'openai', 'model-' || n / ${SPACES} % ${MODELS}, 'generate', 'image', 'platform',
           CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'succeeded' END, 1, (n % 50 <> 0)::int, 120, 4160, 40000,
           CASE WHEN n % 50 = 0 THEN 0 ELSE 40000 END, to_timestamp(at_ms / 1000.0)
      FROM (SELECT n, md5(n::text) AS mark, n % ${SPACES} AS space, $3::bigint + n * $4::bigint / ${ROWS} AS at_ms
              FROM generate_series($1::bigint, $2::bigint) AS n) row
    RETURNING id
  )
  INSERT INTO usage_batches (attempt_ids)
  SELECT array_agg(id) FROM (SELECT id, row_number() OVER () / ${BATCH_ROWS} AS batch FROM made) m GROUP BY batch`;

const BENCH_IDS = `
  CREATE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(kind::text, 8, '0') || '000070008' || lpad(n::text, 15, '0'))::uuid $$`;

async function open(url) {
  const [{ ManagedDataSource }, { migrate }, { PgSql }] = await Promise.all([
    load('persistence/managed-data-source.js'),
    load('persistence/migrate.js'),
    load('persistence/pg-sql.js'),
  ]);
  const dataSource = new ManagedDataSource({ kind: 'postgres', url, dir: '', poolMax: POOL_MAX });
  await dataSource.initialize();
  await migrate(dataSource);
  return { dataSource, sql: new PgSql(dataSource) };
}

/** A connection without the product's limit on a statement: for making rows and for the server's own upkeep. */
async function openUnlimited(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function makeRows(client) {
  const firstMs = Date.now() - DAYS * MS_PER_DAY;
  for (let from = 0; from < ROWS; from += PART_ROWS) {
    const to = Math.min(from + PART_ROWS, ROWS) - 1;
    await client.query(MAKE_ROWS, [from, to, firstMs, DAYS * MS_PER_DAY]);
  }
}

/** As many workers as an installation of two processes has. */
async function rollUp(sql) {
  const { SqlUsageRollUpStore } = await load('billing/adapters/sql-usage-roll-up.store.js');
  const store = new SqlUsageRollUpStore(sql);
  const work = async () => {
    while ((await store.add(ROLL_UP_ROWS, false)) > 0);
  };
  await Promise.all([work(), work()]);
}

async function assertEqual(client) {
  const {
    rows: [row],
  } = await client.query(`
    SELECT (SELECT count(*) || ' ' || sum(charged_micros) FROM usage_records) AS rows,
           (SELECT sum(calls) || ' ' || sum(charged_micros) FROM usage_daily) AS fine,
           (SELECT sum(calls) || ' ' || sum(charged_micros) FROM usage_daily_models) AS coarse`);
  if (row.rows !== row.fine || row.rows !== row.coarse) throw new Error(JSON.stringify(row));
}

async function measureReports(dataSource) {
  const { SqlUsageReportsReader } = await load('billing/adapters/sql-usage-reports.reader.js');
  const reader = new SqlUsageReportsReader(dataSource);
  const now = Date.now();
  const toDay = (ms) => new Date(ms).toISOString().slice(0, 10);
  const period = { from: toDay(now - (REPORT_DAYS - 1) * MS_PER_DAY), to: toDay(now) };
  const [{ space }] = await dataSource.query('SELECT bench_id(1, 7) AS space');
  const page = { period, sort: 'cost', offset: 0, limit: 100 };
  const ofSpace = { filter: { searchSpaceId: space } };
  const reports = {
    'all spaces, by space and model': { ...page, filter: {}, groupBy: ['space', 'model'] },
    'one space, by day and model': { ...page, ...ofSpace, groupBy: ['day', 'model'] },
    'one space, by user': { ...page, ...ofSpace, groupBy: ['user'] },
  };
  const figures = [];
  for (const [what, request] of Object.entries(reports)) {
    const timesMs = [];
    let groups = 0;
    for (let turn = 0; turn < REPORTS; turn += 1) {
      const beganMs = performance.now();
      groups = (await reader.report(request)).groupsCount;
      timesMs.push(performance.now() - beganMs);
    }
    figures.push({ what: `${REPORT_DAYS} days, ${what}`, groups, ...toTimes(timesMs) });
  }
  return figures;
}

/** A month goes while eight callers record usage; how long each of these waited is measured too. */
async function measureDrop(dataSource, sql) {
  const { SqlUsageUpkeep } = await load('billing/adapters/sql-usage-upkeep.js');
  const { SqlSettlementStore } = await load('billing/adapters/sql-settlement.store.js');
  const { SettlementWriter } = await load('billing/settlement-writer.js');
  const { SettlementRiders } = await load('billing/settlement-riders.js');
  const { newId } = await load('common/ids.js');
  const writer = new SettlementWriter(new SqlSettlementStore(sql), new SettlementRiders());
  const upkeep = new SqlUsageUpkeep(sql);
  const [before] = await dataSource.query('SELECT count(*)::int AS count FROM usage_records');
  const timesMs = [];
  const writing = { isOn: true };
  const writers = Array.from({ length: 8 }, async () => {
    while (writing.isOn) {
      const beganMs = performance.now();
      await writer.conclude({ usage: toUsage(newId(), newId()) });
      timesMs.push(performance.now() - beganMs);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const beganMs = performance.now();
  let attempts = 0;
  let outcome = 'busy';
  while (outcome === 'busy' && attempts < 100) {
    attempts += 1;
    outcome = await upkeep.dropMonth(KEPT_DAYS);
  }
  const dropMs = Math.round(performance.now() - beganMs);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  writing.isOn = false;
  await Promise.all(writers);
  const [after] = await dataSource.query('SELECT count(*)::int AS count FROM usage_records');
  const rows = before.count + timesMs.length - after.count;
  return { outcome, rows, attempts, dropMs, written: timesMs.length, ...toTimes(timesMs) };
}

function toUsage(id, searchSpaceId) {
  return {
    id,
    search_space_id: searchSpaceId,
    provider: 'embedded',
    model: 'embedded-image',
    operation: 'generate',
    kind: 'image',
    tier: 'byok',
    outcome: 'succeeded',
  };
}

function toTimes(timesMs) {
  const sorted = timesMs.toSorted((left, right) => left - right);
  const at = (share) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return { p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}

function round(number) {
  return Math.round(number * 10) / 10;
}

async function timed(what, work) {
  const beganMs = performance.now();
  await work();
  console.log(`${what}: ${round((performance.now() - beganMs) / 1_000)} s`);
}

async function run(url) {
  const { dataSource, sql } = await open(url);
  const client = await openUnlimited(url);
  try {
    await client.query(BENCH_IDS);
    await client.query(MAKE_MONTHS);
    await timed(`made ${ROWS} rows`, () => makeRows(client));
    await client.query('ANALYZE');
    await timed('rolled up', () => rollUp(sql));
    await timed('sums compared with the rows', () => assertEqual(client));
    await client.query('VACUUM (ANALYZE) usage_daily, usage_daily_models, usage_weekly_models');
    const [sizes] = await dataSource.query(`
      SELECT (SELECT count(*)::int FROM usage_daily) AS fine, (SELECT count(*)::int FROM usage_daily_models) AS coarse,
             pg_size_pretty(pg_database_size(current_database())) AS size`);
    console.log(`daily sums: ${sizes.fine} fine, ${sizes.coarse} coarse; database ${sizes.size}`);
    const reports = await measureReports(dataSource);
    console.table(reports);
    console.table([await measureDrop(dataSource, sql)]);
    const [{ p95Ms }] = reports;
    if (p95Ms >= REPORT_MAX_MS) {
      console.error(
        `the report by space and model took ${p95Ms} ms, not under ${REPORT_MAX_MS} ms`,
      );
      process.exitCode = 1;
    }
  } finally {
    await client.end();
    await dataSource.destroy();
  }
}

if (!SERVER_URL)
  throw new Error('BENCH_DATABASE_URL names no server on which a database may be made');
const { hardware, loadAverage, versions } = describeMachine();
console.log(`${hardware}; load average ${loadAverage.toFixed(1)}; ${versions.join(', ')}`);
await withDatabase(SERVER_URL, run);

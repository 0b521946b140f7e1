/**
 * Measures the history of generations on Postgres: a million rows in spaces of different size, every filter and search.
 *
 *   BENCH_DATABASE_URL=postgres://superuser@host/postgres npm run bench:history
 *
 * On a database of its own, which it removes. BENCH_HISTORY_ROWS (1,000,000) is how many rows it makes. With
 * BENCH_HISTORY_DATABASE it keeps the database under that name, and asks the questions alone when it is there already.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { makeHistory } from './history-data.mjs';
import { withDatabase, withKeptDatabase } from './large-set.mjs';
import { describeMachine } from './machine.mjs';
import { toPercentiles } from './percentiles.mjs';

const DIST = process.env.BENCH_DIST ?? join(import.meta.dirname, '../dist');
const SERVER_URL = process.env.BENCH_DATABASE_URL;
const ROWS = Number(process.env.BENCH_HISTORY_ROWS ?? 1_000_000);
const KEPT = process.env.BENCH_HISTORY_DATABASE;
const TURNS = 30;
/** One more than a page of 50 says whether there is another. */
const PAGE_ROWS = 51;
const QUERY_MAX_MS = 50;
const POOL_MAX = 4;
const MAKERS = 3;
const MS_PER_DAY = 86_400_000;
const ADMISSIONS = 100;
const ADMITTED_ROWS = 32;
const INDEXED_ROWS = 200;
const INDEXED_BATCHES = 20;
const MS_PER_S = 1_000;
const TABLES = [
  'generations',
  'generation_history',
  'generation_segments',
  'generation_terms',
  'generation_tags',
];

const EVERYTHING = {
  searchSpaceId: null,
  collectionId: null,
  batchId: null,
  statuses: [],
  operation: null,
  provider: null,
  model: null,
  createdBy: null,
  apiKeyId: null,
  tags: [],
  isFavourite: false,
  hasImages: null,
  createdFrom: null,
  createdTo: null,
  costMinMicros: null,
  costMaxMicros: null,
  search: null,
  order: 'newest',
};

/** As `bench_id` of the data writes them. */
function toId(kind, number) {
  const digits = String(number).padStart(15, '0');
  return `${String(kind).padStart(8, '0')}-0000-7000-8${digits.slice(0, 3)}-${digits.slice(3)}`;
}

const ago = (days) => new Date(Date.now() - days * MS_PER_DAY);
const MONTH = { createdFrom: ago(400), createdTo: ago(370) };

/** What is asked of the space with four fifths of all rows, but for those with `spaces`. */
const QUESTIONS = {
  'first page': {},
  'deep page': { isDeep: true },
  'oldest first': { order: 'oldest' },
  'all eight spaces': { spaces: 8 },
  'status failed': { statuses: ['failed'] },
  'status running': { statuses: ['running'] },
  'two statuses, deep': { statuses: ['canceled', 'partially_succeeded'], isDeep: true },
  'frequent model': { model: 'model-0' },
  'rare model': { model: 'model-12' },
  'model of the first months': { model: 'model-retired' },
  'no such model': { model: 'model-none' },
  provider: { provider: 'vendor-1' },
  operation: { operation: 'edit' },
  'busy user': { createdBy: toId(2, 5) },
  'rare user': { createdBy: toId(2, 299) },
  'API key': { apiKeyId: toId(3, 8) },
  collection: { collectionId: toId(5, 13) },
  'without pictures': { hasImages: false },
  'dear ones': { costMinMicros: 190_000 },
  'none as dear': { costMinMicros: 150_001, costMaxMicros: 150_999 },
  'a word among the dear ones': { costMinMicros: 190_000, search: 'lighthouse' },
  'a month': MONTH,
  'failed in a month': { ...MONTH, statuses: ['failed'] },
  'failed of a rare model': { statuses: ['failed'], model: 'model-12' },
  'failed edits of an old model': {
    statuses: ['failed'],
    model: 'model-retired',
    operation: 'edit',
  },
  'frequent tag': { tags: ['approved'] },
  'rare tag': { tags: ['campaign-3'] },
  'two tags': { tags: ['approved', 'campaign-3'] },
  favourites: { isFavourite: true },
  'favourites with a word': { isFavourite: true, search: 'portrait' },
  'failed favourites': { isFavourite: true, statuses: ['failed'] },
  'favourites, no hit': { isFavourite: true, search: 'zanzibar' },
  'rare word': { search: 'heliotrope' },
  'common word': { search: 'portrait' },
  'common word, deep': { search: 'portrait', isDeep: true },
  'word of one in a hundred': { search: 'lighthouse' },
  'two words': { search: 'saxophone lighthouse' },
  'two common words': { search: 'portrait saxophone' },
  beginning: { search: 'heliot' },
  'beginning of two letters': { search: 'po' },
  'beginning of one letter, rare model': { search: 'p', model: 'model-12' },
  'beginning of one letter, rare user': { search: 'p', createdBy: toId(2, 299) },
  'beginning of two letters, rare user': { search: 'po', createdBy: toId(2, 299) },
  'costs in a wide range, rare user': {
    costMinMicros: 20_001,
    costMaxMicros: 179_999,
    createdBy: toId(2, 299),
  },
  'no hit': { search: 'zanzibar' },
  'word and status': { search: 'lighthouse', statuses: ['canceled'] },
  'rare word, all eight spaces': { search: 'heliotrope', spaces: 8 },
  'common word of an old model': { search: 'portrait', model: 'model-retired' },
};

const load = (path) => import(pathToFileURL(join(DIST, path)).href);

async function open(url) {
  const [{ ManagedDataSource }, { migrate }, { PgSql }, { SqlHistoryRepository }] =
    await Promise.all([
      load('persistence/managed-data-source.js'),
      load('persistence/migrate.js'),
      load('persistence/pg-sql.js'),
      load('generations/adapters/sql-history.repository.js'),
    ]);
  const dataSource = new ManagedDataSource({ kind: 'postgres', url, dir: '', poolMax: POOL_MAX });
  await dataSource.initialize();
  await migrate(dataSource);
  return { dataSource, repository: new SqlHistoryRepository(new PgSql(dataSource)) };
}

async function connect(url) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function measureQuestions(repository, client) {
  const {
    rows: [{ id: middle }],
  } = await client.query(
    `SELECT id FROM generations WHERE search_space_id = $1 ORDER BY id LIMIT 1
     OFFSET (SELECT count(*) / 2 FROM generations WHERE search_space_id = $1)`,
    [toId(1, 0)],
  );
  const figures = [];
  for (const [what, { spaces = 1, isDeep = false, ...filter }] of Object.entries(QUESTIONS)) {
    const question = {
      filter: { ...EVERYTHING, ...filter },
      searchSpaceIds: Array.from({ length: spaces }, (_, number) => toId(1, number)),
      userId: toId(2, 1),
      after: isDeep ? middle : null,
      limit: PAGE_ROWS,
    };
    const timesMs = [];
    let rows = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const beganMs = performance.now();
      rows = (await repository.listIds(question)).length;
      timesMs.push(performance.now() - beganMs);
    }
    const { p50Ms, p95Ms } = toPercentiles(timesMs);
    const leastMs = Math.min(...timesMs);
    figures.push({
      what,
      rows,
      leastMs: round(leastMs),
      p50Ms: round(p50Ms),
      p95Ms: round(p95Ms),
    });
  }
  return figures;
}

/** The rows that an admission writes, with what the history adds to them and without. */
async function measureAdmissions(client) {
  const insert = `INSERT INTO generations (id, search_space_id, status, operation, prompt, model, provider, connection, n,
      options, quote, created_by, caller_id, route, fingerprint, hold_id)
    SELECT (left(gen_random_uuid()::text, 0) || 'ffff' || substr(gen_random_uuid()::text, 5))::uuid, search_space_id, 'running',
      operation, prompt, model, provider, connection, n, options, quote, created_by, caller_id, route,
      md5(random()::text), gen_random_uuid()
      FROM generations WHERE search_space_id = $1 ORDER BY id DESC LIMIT ${ADMITTED_ROWS}`;
  const times = { with: [], without: [] };
  for (let turn = 0; turn < ADMISSIONS; turn += 1) {
    for (const way of ['with', 'without']) {
      await client.query('BEGIN');
      if (way === 'without') await client.query('SET LOCAL session_replication_role = replica');
      const beganMs = performance.now();
      await client.query(insert, [toId(1, 0)]);
      times[way].push(performance.now() - beganMs);
      await client.query('ROLLBACK');
    }
  }
  return Object.entries(times).map(([way, timesMs]) => ({
    what: `${ADMITTED_ROWS} rows ${way} history`,
    p50Ms: round(toPercentiles(timesMs).p50Ms),
  }));
}

/** Newest rows of the large space, taken out of the index and into it again as the worker does. */
async function measureIndexer(repository, client) {
  const { rows } = await client.query(
    'SELECT id FROM generation_history WHERE search_space_id = $1 AND segment IS NOT NULL ORDER BY id DESC LIMIT $2',
    [toId(1, 0), INDEXED_BATCHES * INDEXED_ROWS],
  );
  const ids = rows.map(({ id }) => id).toReversed();
  await client.query(
    'UPDATE generation_history SET segment = NULL, place = NULL WHERE id = ANY ($1)',
    [ids],
  );
  const beganMs = performance.now();
  for (let from = 0; from < ids.length; from += INDEXED_ROWS) {
    await repository.index(ids.slice(from, from + INDEXED_ROWS));
  }
  return Math.round((ids.length * MS_PER_S) / (performance.now() - beganMs));
}

async function readSizes(client) {
  const { rows } = await client.query(
    'SELECT t AS table, pg_total_relation_size(t::regclass) / 1048576 AS mebibytes FROM unnest($1::text[]) AS t',
    [TABLES],
  );
  return rows;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

async function make(clients) {
  const beganMs = performance.now();
  const builtRowsPerS = await makeHistory(clients, ROWS);
  for (const table of TABLES) {
    await clients[0].query(`VACUUM (ANALYZE) ${table}`);
  }
  console.log(`made ${ROWS} rows: ${round((performance.now() - beganMs) / 1_000)} s`);
  console.log(`indexed by segments: ${builtRowsPerS} rows/s`);
}

function judge(figures) {
  console.table(figures);
  console.log(`load average afterwards: ${describeMachine().loadAverage.toFixed(1)}`);
  const slow = figures.filter(({ p95Ms }) => p95Ms >= QUERY_MAX_MS);
  for (const { what, p95Ms } of slow) {
    console.error(`${what}: p95 ${p95Ms} ms, not under ${QUERY_MAX_MS} ms`);
  }
  if (slow.length > 0) process.exitCode = 1;
}

async function run(url, isThere = false) {
  const { dataSource, repository } = await open(url);
  const clients = await Promise.all(Array.from({ length: MAKERS }, () => connect(url)));
  try {
    if (!isThere) await make(clients);
    judge(await measureQuestions(repository, clients[0]));
    if (isThere) return;
    console.table(await measureAdmissions(clients[0]));
    const indexedRowsPerS = await measureIndexer(repository, clients[0]);
    console.log(`indexed by batches of ${INDEXED_ROWS}: ${indexedRowsPerS} rows/s`);
    console.table(await readSizes(clients[0]));
  } finally {
    for (const client of clients) await client.end();
    await dataSource.destroy();
  }
}

if (!SERVER_URL)
  throw new Error('BENCH_DATABASE_URL names no server on which a database may be made');
const { hardware, loadAverage, versions } = describeMachine();
console.log(`${hardware}; load average ${loadAverage.toFixed(1)}; ${versions.join(', ')}`);
await (KEPT ? withKeptDatabase(SERVER_URL, KEPT, run) : withDatabase(SERVER_URL, run));

/**
 * Measures the ledger alone, on the built service: pairs of hold and post with their usage rows, on a fresh database.
 *
 *   node bench/ledger.mjs                          the embedded database
 *   node bench/ledger.mjs postgres://user@host/db  an empty database on a server
 *
 * Forked by run.mjs it sends its figures there: the ledger has a process of its own, as the service has.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toPercentiles } from './percentiles.mjs';

const DIST = process.env.BENCH_DIST ?? join(import.meta.dirname, '../dist');
const SECONDS = 4;
const WARM_UP_SECONDS = 1;
const WALLET_MICROS = 1_000_000_000_000;
const HOLD_MICROS = 1_000;
const POST_MICROS = 900;
const POOL_MAX = 10;

/** @typedef {{ label: string, wallets: number, callers: number, isBatched: boolean, isCapped?: boolean }} Cell */

const SHAPES = [
  { wallets: 1, callers: 1 },
  { wallets: 1, callers: 50 },
  { wallets: 1, callers: 50, isCapped: true },
  { wallets: 100, callers: 1 },
  { wallets: 100, callers: 50 },
];

/** @type {readonly Cell[]} */
export const LEDGER_CELLS = SHAPES.flatMap((shape) =>
  [true, false].map((isBatched) => ({ ...shape, label: toLabel(shape), isBatched })),
);

const WARM_UP_CELL = { label: 'warm-up', wallets: 1, callers: 50, isBatched: true };

const load = (path) => import(pathToFileURL(join(DIST, path)).href);

/**
 * Runs every cell on one fresh database and answers its figures.
 * @param {string | null} databaseUrl an empty database on a server; null = the embedded one in a folder of its own
 * @returns {Promise<(Cell & { pairsPerSecond: number, p50Ms: number, p99Ms: number })[]>}
 */
export async function benchLedger(databaseUrl, seconds = SECONDS) {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-bench-'));
  const ledger = await open(databaseUrl, folder);
  try {
    await measure(ledger, WARM_UP_CELL, WARM_UP_SECONDS);
    // As the service does it for tables that have grown.
    await ledger.dataSource.query('ANALYZE');
    const rows = [];
    for (const cell of LEDGER_CELLS) rows.push(await measure(ledger, cell, seconds));
    await assertBalanced(ledger);
    return rows;
  } finally {
    await ledger.dataSource.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(databaseUrl, folder) {
  const [{ ManagedDataSource }, { migrate }, { PgSql }, { SqlSettlementStore }] = await Promise.all(
    [
      load('persistence/managed-data-source.js'),
      load('persistence/migrate.js'),
      load('persistence/pg-sql.js'),
      load('billing/adapters/sql-settlement.store.js'),
    ],
  );
  const [{ SettlementWriter }, { SettlementRiders }, { TypeormWalletsRepository }] =
    await Promise.all([
      load('billing/settlement-writer.js'),
      load('billing/settlement-riders.js'),
      load('billing/adapters/typeorm-wallets.repository.js'),
    ]);
  const { newId } = await load('common/ids.js');
  const kind = databaseUrl ? 'postgres' : 'embedded';
  const dir = join(folder, 'database');
  const dataSource = new ManagedDataSource({ kind, url: databaseUrl, dir, poolMax: POOL_MAX });
  await dataSource.initialize();
  await migrate(dataSource);
  const store = new SqlSettlementStore(new PgSql(dataSource));
  const riders = new SettlementRiders();
  const writer = new SettlementWriter(store, riders);
  return { dataSource, store, riders, writer, newId, WalletsRepository: TypeormWalletsRepository };
}

async function measure(ledger, cell, seconds) {
  const wallets = [];
  for (let made = 0; made < cell.wallets; made += 1) wallets.push(await makeWallet(ledger));
  if (cell.isCapped) await capWallet(ledger, wallets[0]);
  const run = cell.isBatched ? toBatched(ledger) : toUnbatched(ledger);
  const timesMs = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const callers = Array.from({ length: cell.callers }, async (_, caller) => {
    for (let turn = caller; performance.now() < endMs; turn += 1) {
      const beganMs = performance.now();
      await runPair(ledger, run, wallets[turn % wallets.length]);
      timesMs.push(performance.now() - beganMs);
    }
  });
  await Promise.all(callers);
  const tookS = (performance.now() - startMs) / 1_000;
  // Those of the house would bind the next cell too.
  if (cell.isCapped) await ledger.dataSource.query('DELETE FROM budgets');
  return {
    ...cell,
    pairsPerSecond: Math.round(timesMs.length / tookS),
    ...toPercentiles(timesMs),
  };
}

function makeWallet({ dataSource, newId, WalletsRepository }) {
  return dataSource.transaction(async (manager) => {
    const wallets = new WalletsRepository(manager);
    const wallet = await wallets.createFor(newId());
    await wallets.grant({
      transactionId: newId(),
      walletId: wallet.id,
      amountMicros: WALLET_MICROS,
      kind: 'grant',
      reason: 'bench',
      actor: 'system:bench',
    });
    return wallet;
  });
}

/** Budgets of the house, the space, the user, the member and the key: the most that usually bind one call. */
async function capWallet({ dataSource, newId }, wallet) {
  const { searchSpaceId } = wallet;
  Object.assign(wallet, { userId: newId(), apiKeyId: newId() });
  await dataSource.query(
    `INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'bench', now())`,
    [searchSpaceId],
  );
  const subjects = [
    ['global', '00000000-0000-0000-0000-000000000000', null],
    ['space', searchSpaceId, searchSpaceId],
    ['user', wallet.userId, null],
    ['member', wallet.userId, searchSpaceId],
    ['key', wallet.apiKeyId, searchSpaceId],
  ];
  for (const [scope, subjectId, spaceId] of subjects) {
    await dataSource.query(
      `INSERT INTO budgets (id, name, scope, subject_id, search_space_id, mode, period, limit_micros,
         period_start, period_end)
       SELECT $1::uuid, $1::text, $2, $3, $4, 'hard', 'month', $5, p.starts, p.ends
         FROM billing_period('month', 'UTC', now()) p`,
      [newId(), scope, subjectId, spaceId, WALLET_MICROS],
    );
  }
}

function toBatched({ writer }) {
  return { admit: (member) => writer.admit(member), conclude: (member) => writer.conclude(member) };
}

/** What it would be without the lanes: one transaction a member, as many at once as there are connections. */
function toUnbatched({ store, riders }) {
  const one = (step) => async (member) => {
    const functions = riders.listFunctions(step, riders.findParts(step, member));
    const [verdict] = await store.run(step, functions, [JSON.stringify(member)]);
    return verdict;
  };
  return { admit: one('admit'), conclude: one('conclude') };
}

async function runPair({ newId }, run, wallet) {
  const holdId = newId();
  const refused = await run.admit({
    hold: {
      id: holdId,
      transaction_id: newId(),
      account_id: wallet.id,
      user_id: wallet.userId,
      api_key_id: wallet.apiKeyId,
      amount_micros: HOLD_MICROS,
      reference: newId(),
      actor: 'api_key:bench',
      expires_in_s: 3_600,
    },
  });
  const settle = { hold_id: holdId, transaction_id: newId(), action: 'post' };
  const result = await run.conclude({
    settle: { ...settle, amount_micros: POST_MICROS },
    usage: toUsage(newId(), wallet.searchSpaceId),
  });
  if (refused || result?.ok !== true) throw new Error(JSON.stringify({ refused, result }));
}

function toUsage(id, searchSpaceId) {
  return {
    id,
    search_space_id: searchSpaceId,
    provider: 'embedded',
    model: 'embedded-image',
    operation: 'generate',
    kind: 'image',
    tier: 'platform',
    outcome: 'succeeded',
    images_requested: 1,
    images_delivered: 1,
    list_cost_micros: POST_MICROS,
  };
}

async function assertBalanced({ dataSource }) {
  const [row] = await dataSource.query(`
    SELECT coalesce(sum(amount_micros), 0)::text AS sum,
           (SELECT count(*) FROM accounts WHERE held_micros <> 0)::int AS held FROM ledger_entries`);
  if (row.sum !== '0' || row.held !== 0) throw new Error(`out of balance: ${JSON.stringify(row)}`);
}

function toLabel({ wallets, callers, isCapped }) {
  const load = `${count(wallets, 'wallet')}, ${count(callers, 'caller')}`;
  return isCapped ? `${load}, five budgets` : load;
}

function count(number, noun) {
  return number === 1 ? `one ${noun}` : `${number} ${noun}s`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [databaseUrl = '', seconds = SECONDS] = process.argv.slice(2);
  const rows = await benchLedger(databaseUrl || null, Number(seconds));
  if (process.send) process.send(rows, () => process.disconnect());
  else console.table(rows);
}

/** What must be true of rows, money, pictures and vendor calls when nothing runs any more. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Query } from '../setup/installation.js';
import { MONEY_FAULTS } from './money-faults.js';

/** Each finds what should not be there: one row each, told as it is. */
const FAULTS: Readonly<Record<string, string>> = {
  ...MONEY_FAULTS,
  'a generation has not ended': `
    SELECT id, status FROM generations WHERE status IN ('queued', 'running')`,
  'an attempt has not ended': `
    SELECT id, state FROM generation_attempts WHERE state IN ('planned', 'sent')`,
  'a generation has not exactly one attempt': `
    SELECT g.id, count(a.id) FROM generations g LEFT JOIN generation_attempts a ON a.generation_id = g.id
    GROUP BY g.id HAVING count(a.id) <> 1`,
  'a hold is open': `SELECT id, reference FROM holds WHERE state = 'held'`,
  'a hold was open more than a minute beyond its time': `
    SELECT id, expires_at, concluded_at FROM holds
    WHERE coalesce(concluded_at, now()) > expires_at + interval '60 seconds'`,
  'money is still held': `SELECT id, held_micros FROM accounts WHERE held_micros <> 0`,
  'a budget still counts money as held': `
    SELECT id, scope, held_micros FROM budgets WHERE held_micros <> 0`,
  'a budget of all calls did not count what the wallets paid': `
    SELECT b.id, b.spent_micros, a.sum FROM budgets b
    CROSS JOIN (SELECT sum(spent_micros) AS sum FROM accounts) a
    WHERE b.scope = 'global' AND b.period = 'total' AND b.mode = 'soft' AND b.spent_micros <> a.sum`,
  'a transaction does not sum to zero': `
    SELECT transaction_id, sum(amount_micros) FROM ledger_entries
    GROUP BY transaction_id HAVING sum(amount_micros) <> 0`,
  'a transaction has no entries': `
    SELECT t.id, t.kind FROM ledger_transactions t
    WHERE NOT EXISTS (SELECT FROM ledger_entries e WHERE e.transaction_id = t.id)`,
  'a generation and its hold disagree': `
    SELECT g.id, g.cost_micros, h.state, h.posted_micros FROM generations g
    FULL JOIN holds h ON h.id = g.hold_id
    WHERE g.id IS NULL OR h.id IS NULL OR h.posted_micros <> g.cost_micros
      OR (h.state = 'posted') <> (g.status IN ('succeeded', 'partially_succeeded'))
      OR h.shortfall_micros <> 0`,
  'the wallet did not pay what the generations cost': `
    SELECT a.id, a.spent_micros, c.sum FROM accounts a
    CROSS JOIN LATERAL (SELECT coalesce(sum(g.cost_micros), 0) AS sum FROM generations g
      WHERE g.search_space_id = a.search_space_id) c
    WHERE a.kind = 'wallet' AND a.spent_micros <> c.sum`,
  // Where the vendor counted tokens, those of the prompt come on top.
  'a cost is not pictures times price': `
    SELECT g.id, g.provider, g.n, g.cost_micros, p.count FROM generations g
    CROSS JOIN LATERAL (SELECT count(*) FROM media_assets m
      WHERE m.generation_id = g.id AND m.role = 'output') p
    CROSS JOIN LATERAL (SELECT p.count * (g.quote ->> 'unitMicros')::bigint AS micros) c
    WHERE CASE WHEN g.usage IS NULL OR p.count = 0 THEN g.cost_micros <> c.micros
      ELSE g.cost_micros NOT BETWEEN c.micros AND (g.quote ->> 'holdMicros')::bigint END`,
  'a picture belongs to no generation that succeeded': `
    SELECT m.id, g.status FROM media_assets m LEFT JOIN generations g ON g.id = m.generation_id
    WHERE g.id IS NULL
      OR (m.role = 'output' AND g.status NOT IN ('succeeded', 'partially_succeeded'))`,
  'an attempt has not exactly one usage row': `
    SELECT a.id, u.id AS usage FROM generation_attempts a FULL JOIN usage_records u ON u.id = a.id
    WHERE a.id IS NULL OR u.id IS NULL`,
  'a usage row and its generation disagree': `
    SELECT u.id, u.charged_micros, g.cost_micros, u.images_delivered FROM usage_records u
    JOIN generations g ON g.id = u.generation_id
    WHERE u.charged_micros <> g.cost_micros OR u.outcome <> g.status OR u.images_delivered <>
      (SELECT count(*) FROM media_assets m WHERE m.generation_id = g.id AND m.role = 'output')`,
  'the usage keys are not those of the rows': `
    SELECT k.attempt_id, u.id FROM usage_keys k FULL JOIN usage_records u ON u.id = k.attempt_id
    WHERE k.attempt_id IS NULL OR u.id IS NULL`,
  'a key was charged twice': `
    SELECT metadata ->> 'request' AS request, count(*) FROM generations
    WHERE cost_micros > 0 AND metadata ? 'request' GROUP BY 1 HAVING count(*) > 1`,
  'bytes are counted wrongly': `
    SELECT b.sha256, b.refs, count(m.id) FROM media_blobs b
    LEFT JOIN media_assets m ON m.search_space_id = b.search_space_id AND m.sha256 = b.sha256
    GROUP BY b.search_space_id, b.sha256, b.refs HAVING b.refs <> count(m.id) OR b.refs = 0`,
  'a picture has no row of bytes': `
    SELECT m.id FROM media_assets m WHERE NOT EXISTS (SELECT FROM media_blobs b
      WHERE b.search_space_id = m.search_space_id AND b.sha256 = m.sha256)`,
  'an event could not be delivered': `SELECT id, kind, last_error FROM outbox_events WHERE dead_at IS NOT NULL`,
};

/**
 * What nobody has dealt with yet: 0 when all is quiet. Other news may still be on their way: what a killed process was
 * delivering comes again when its claim has run out, a minute later.
 */
export const OPEN_WORK = `
  SELECT (SELECT count(*) FROM generations WHERE status IN ('queued', 'running'))
       + (SELECT count(*) FROM media_blobs WHERE refs = 0) AS count`;

const SHOWN_MAX = 3;

/** Every fault of the books as a line; none is what a test expects. */
export async function findFaults(query: Query, mediaDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const [what, text] of Object.entries(FAULTS)) {
    const rows = await query<object>(text);
    if (rows.length > 0) {
      found.push(`${what} (${rows.length}): ${JSON.stringify(rows.slice(0, SHOWN_MAX))}`);
    }
  }
  return [...found, ...(await findMediaFaults(query, mediaDir))];
}

/** Files at their final place against the rows that say which there are. */
async function findMediaFaults(query: Query, mediaDir: string): Promise<string[]> {
  const rows = await query<{ storage_key: string; sha256: string; size_bytes: string }>(
    'SELECT storage_key, sha256, size_bytes FROM media_blobs',
  );
  const known = new Set(rows.map((row) => row.storage_key));
  const strangers = listStored(mediaDir).filter((key) => !known.has(key));
  const broken = rows.filter((row) => !isWhole(join(mediaDir, row.storage_key), row));
  return [
    ...strangers.map((key) => `the file ${key} belongs to no row`),
    ...broken.map((row) => `the bytes of ${row.storage_key} are not there or not whole`),
  ];
}

function listStored(mediaDir: string): string[] {
  return readdirSync(mediaDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(mediaDir.length + 1))
    .filter((key) => !key.startsWith('incoming/'));
}

function isWhole(path: string, row: { sha256: string; size_bytes: string }): boolean {
  if (!existsSync(path)) return false;
  const bytes = readFileSync(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return bytes.length === Number(row.size_bytes) && sha256 === row.sha256;
}

export interface Totals {
  generations: number;
  succeeded: number;
  /** Found in the store after a crash, and charged. */
  recovered: number;
  interrupted: number;
  canceled: number;
  pictures: number;
  charged_micros: number;
}

export async function countTotals(query: Query): Promise<Totals> {
  const [row] = await query<Record<keyof Totals, string>>(`
    SELECT count(*) AS generations,
      count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE status = 'succeeded' AND timings_ms = '{}') AS recovered,
      count(*) FILTER (WHERE error_code = 'generations.interrupted') AS interrupted,
      count(*) FILTER (WHERE status = 'canceled') AS canceled,
      (SELECT count(*) FROM media_assets WHERE role = 'output') AS pictures,
      coalesce(sum(cost_micros), 0) AS charged_micros
    FROM generations`);
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Totals;
}

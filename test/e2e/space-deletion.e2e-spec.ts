// Proves that a deleted space leaves nothing behind but its books: rows, bytes, links and keys go, work under way ends
// with its hold, the same picture of another space stays, and every balance is still the sum of its entries.
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { expectProblem } from '../setup/expect-error.js';
import * as people from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const CREDIT_MICROS = 2_000_000;
const GONE_WITHIN = { timeout: 60_000, interval: 200 };
const TEST_MS = 120_000;
const SAME = { prompt: 'the same picture', size: '64x64', seed: 7, model: 'embedded-image' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };
/** The books, which name a space for ever: usage_records with its months, and the sums of them. */
const BOOKS = /^(accounts|credit_purchases|grants|audit_events|(usage|spend)_\w+)$/;

let atelier: VendorApplication;
let operator: Record<string, string>;

beforeAll(async () => {
  atelier = await startWithVendor({ RECONCILE_EVERY_S: '1', LEASE_S: '3' });
  operator = people.operatorOf(atelier);
});
afterAll(async () => {
  await atelier.stop();
});

function sql<R>(text: string, values: unknown[] = []): Promise<R[]> {
  return atelier.app.get(ManagedDataSource).query(text, values);
}

function listStored(spaceId: string): string[] {
  const paths = readdirSync(atelier.config.media.dir, { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => path.startsWith(spaceId) && /\.\w+$/.test(path));
}

/** Every table that has rows of spaces, whichever room keeps it. */
async function listTables(): Promise<string[]> {
  const tables = await sql<{ table_name: string }>(
    `SELECT table_name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name = 'search_space_id' ORDER BY 1`,
  );
  return tables.map(({ table_name }) => table_name).filter((table) => !BOOKS.test(table));
}

async function untilGone(spaceId: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await sql('SELECT state FROM search_spaces WHERE id = $1', [spaceId])).toEqual([]);
  }, GONE_WITHIN);
}

/** Balances that are not the sum of their entries, and transactions that do not sum to zero. */
async function findFaults(): Promise<object[]> {
  const balances = await sql<object>(`
    SELECT a.id, b.bucket, b.balance, coalesce(sum(e.amount_micros), 0) AS entries FROM accounts a
    CROSS JOIN LATERAL (VALUES ('available', a.available_micros), ('held', a.held_micros),
      ('spent', a.spent_micros), ('issued', a.issued_micros), ('breakage', a.breakage_micros)
    ) AS b (bucket, balance)
    LEFT JOIN ledger_entries e ON e.account_id = a.id AND e.bucket = b.bucket
    GROUP BY 1, 2, 3 HAVING b.balance <> coalesce(sum(e.amount_micros), 0)`);
  const transactions = await sql<object>(`
    SELECT transaction_id FROM ledger_entries GROUP BY 1 HAVING sum(amount_micros) <> 0`);
  return [...balances, ...transactions];
}

describe('a space with pictures, keys, collections and work under way', () => {
  let ada: people.Person;
  let space: string;
  let walletId: string;
  let key: Record<string, string>;
  let link: string;
  let kept: string;

  beforeAll(async () => {
    ada = await people.createPerson(atelier, 'ada');
    space = await people.createSpace(atelier, ada, CREDIT_MICROS);
    key = (await people.createKey(atelier, ada.session, space)).headers;
    const wallets = await people.must(
      atelier,
      200,
      'GET',
      '/api/v1/billing/wallets',
      undefined,
      key,
    );
    walletId = wallets.data[0].id;
    const path = `/api/v1/search-spaces/${space}`;
    await people.must(atelier, 201, 'POST', `${path}/invites`, { name: 'Open' }, ada.session);
    const machine = { name: 'A machine', role: 'Editor' };
    await people.must(atelier, 201, 'POST', `${path}/service-accounts`, machine, ada.session);
    const collection = await people.must(
      atelier,
      201,
      'POST',
      '/api/v1/collections',
      { name: 'A project' },
      key,
    );
    const body = { ...SAME, collection_id: collection.id };
    const made = await people.must(atelier, 201, 'POST', GENERATIONS, body, {
      ...key,
      'idempotency-key': 'one-of-the-space',
    });
    link = made.images[0].url;
    const reference_images = [{ media_id: made.images[0].id }];
    const edit = { ...SAME, operation: 'edit', reference_images };
    await people.must(atelier, 201, 'POST', GENERATIONS, edit, key);
    const other = await people.must(atelier, 201, 'POST', GENERATIONS, SAME, atelier.key);
    kept = other.images[0].url;
    // A vendor that takes its time, and a picture that waits in the queue.
    for (const prompt of ['slow [sim:slow=60000]', 'slow too [sim:slow=60000]']) {
      const slow = { prompt, model: 'gpt-image-2', size: '1024x1024' };
      const later = { ...key, prefer: 'respond-async' };
      await people.must(atelier, 202, 'POST', GENERATIONS, slow, later);
    }
    await vi.waitFor(async () => {
      const running = await sql(
        `SELECT id FROM generations WHERE search_space_id = $1 AND status = 'running'`,
        [space],
      );
      expect(running.length).toBeGreaterThan(0);
    }, GONE_WITHIN);
    expect(listStored(space).length).toBeGreaterThan(0);
  }, TEST_MS);

  it(
    'goes with all its rows, bytes, links and keys',
    async () => {
      const path = `/api/v1/search-spaces/${space}`;
      const accepted = await people.must(atelier, 202, 'DELETE', path, undefined, ada.session);
      expect(accepted).toEqual({ id: space, state: 'deleting' });
      const refusal = await atelier.call('POST', GENERATIONS, SAME, key);
      expectProblem(refusal, { status: 401, code: 'auth.credentials_invalid' });
      const body = { ...SAME, search_space_id: space };
      expectProblem(await atelier.call('POST', GENERATIONS, body, ada.session), NOT_FOUND);

      await untilGone(space);
      const tables = await listTables();
      expect(tables).toEqual(expect.arrayContaining(['generations', 'media_blobs', 'invites']));
      for (const table of tables) {
        const rows = await sql(`SELECT * FROM ${table} WHERE search_space_id = $1`, [space]);
        expect({ table, rows }).toEqual({ table, rows: [] });
      }
      for (const table of ['generation_attempts', 'idempotency_keys']) {
        const orphans = await sql(
          `SELECT * FROM ${table} t
           WHERE NOT EXISTS (SELECT FROM generations g WHERE g.id = t.generation_id)`,
        );
        expect({ table, orphans }).toEqual({ table, orphans: [] });
      }
      expect(listStored(space)).toEqual([]);
      expect((await fetch(link)).status).toBe(404);
      expect((await atelier.call('GET', GENERATIONS, undefined, key)).status).toBe(401);
      expectProblem(await atelier.call('GET', path, undefined, ada.session), NOT_FOUND);
    },
    TEST_MS,
  );

  it('leaves the same picture of another space where it is', async () => {
    const shown = await fetch(kept);
    expect([shown.status, (await shown.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    expect(listStored(atelier.spaceId).length).toBeGreaterThan(0);
  });

  it('closes its wallet, whose ledger still sums: what was not spent is breakage', async () => {
    const [wallet] = await sql<Record<string, string>>(
      `SELECT available_micros, held_micros, spent_micros, closed_at IS NOT NULL AS is_closed
         FROM accounts WHERE id = $1`,
      [walletId],
    );
    expect(wallet).toMatchObject({ available_micros: '0', held_micros: '0', is_closed: true });
    const spentMicros = Number(wallet?.spent_micros);
    expect(spentMicros).toBeGreaterThan(0);
    const [platform] = await sql<{ breakage_micros: string }>(
      `SELECT breakage_micros FROM accounts WHERE kind = 'platform'`,
    );
    expect(Number(platform?.breakage_micros)).toBe(CREDIT_MICROS - spentMicros);
    expect(await findFaults()).toEqual([]);
    const holds = await sql<{ state: string }>(
      `SELECT DISTINCT state FROM holds WHERE account_id = $1 ORDER BY 1`,
      [walletId],
    );
    expect(holds).toEqual([{ state: 'posted' }, { state: 'voided' }]);
    const usage = await sql<{ charged: string }>(
      'SELECT sum(charged_micros) AS charged FROM usage_records WHERE search_space_id = $1',
      [space],
    );
    expect(Number(usage[0]?.charged)).toBe(spentMicros);
  });

  it('takes no more money: a grant finds no wallet', async () => {
    const grants = `/api/v1/billing/wallets/${walletId}/grants`;
    const gift = { amount_micros: 1_000, reason: 'Too late' };
    expectProblem(await atelier.call('POST', grants, gift, operator), NOT_FOUND);
    expect(await findFaults()).toEqual([]);
  });

  it('is remembered: who asked, what was written off, and that the system did it', async () => {
    const events = await sql<{ action: string; actor_kind: string; actor_user_id: string | null }>(
      `SELECT action, actor_kind, actor_user_id FROM audit_events
        WHERE search_space_id = $1
          AND action IN ('space.deletion_requested', 'wallet.closed', 'space.deleted') ORDER BY id`,
      [space],
    );
    expect(events).toEqual([
      { action: 'space.deletion_requested', actor_kind: 'user', actor_user_id: ada.id },
      { action: 'wallet.closed', actor_kind: 'system', actor_user_id: null },
      { action: 'space.deleted', actor_kind: 'system', actor_user_id: null },
    ]);
  });
});

describe('money that comes while a space is being marked', () => {
  it(
    'is admitted before the mark or refused: none after it, and none stays held',
    async () => {
      const person = await people.createPerson(atelier, 'grace');
      const space = await people.createSpace(atelier, person, CREDIT_MICROS);
      const writer = atelier.app.get(SettlementWriter, { strict: false });
      const admit = () =>
        writer.admit({
          hold: {
            id: newId(),
            transaction_id: newId(),
            search_space_id: space,
            amount_micros: 10,
            expires_in_s: 2,
          },
        });
      const refusals: unknown[] = [];
      const marking = new AbortController();
      const spender = async () => {
        while (!marking.signal.aborted) refusals.push((await admit())?.code ?? null);
      };
      const spenders = Array.from({ length: 8 }, spender);
      const path = `/api/v1/search-spaces/${space}`;
      await vi.waitFor(() => expect(refusals.length).toBeGreaterThan(20), GONE_WITHIN);
      await people.must(atelier, 202, 'DELETE', path, undefined, person.session);
      const count =
        'SELECT count(*)::int AS count FROM holds h JOIN accounts a ON a.id = h.account_id WHERE a.search_space_id = $1';
      const atMark = await sql(count, [space]);
      expect(await admit()).toEqual({ code: 'spaces.closed' });
      marking.abort();
      await Promise.all(spenders);
      expect(new Set(refusals)).toEqual(new Set([null, 'spaces.closed']));
      expect(await sql(count, [space])).toEqual(atMark);
      // Nobody concludes these holds: they expire, and only then the wallet closes.
      await untilGone(space);
      const open = await sql(
        `SELECT h.id FROM holds h JOIN accounts a ON a.id = h.account_id
          WHERE a.search_space_id = $1 AND h.state <> 'expired'`,
        [space],
      );
      expect(open).toEqual([]);
      expect(await findFaults()).toEqual([]);
    },
    TEST_MS,
  );
});

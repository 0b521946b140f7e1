/** Proves that kill -9, again and again while a space is removed, leaves nothing of it behind but its books. */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_PASSWORD, createInstallation, type Installation } from '../setup/installation.js';
import { ServiceProcess } from '../setup/service-process.js';
import { installationKind } from '../setup/services.js';
import { GENERATIONS, type Reply, send } from './service-client.js';

const CLIENTS = 8;
const GENERATIONS_EACH = 12;
const PICTURES_EACH = 3;
/** After the space was marked, and after each new start: before the removal, in the middle of it, near its end. */
const KILL_AFTER_MS = [2_600, 100, 400, 900, 1_800, 3_200];
const GONE_WITHIN_MS = 60_000;
const POLL_MS = 200;
const TEST_MS = 240_000;
const BOOKS = /^(accounts|grants|credit_purchases|audit_events|(usage|spend)_\w+)$/;

const kind = installationKind();

describe(`kill -9 during the removal of a space on the ${kind} set`, () => {
  let installation: Installation;
  let service: ServiceProcess;
  let session: Record<string, string>;
  let spaceId: string;

  beforeAll(async () => {
    installation = await createInstallation(kind, {
      RECONCILE_EVERY_S: '1',
      LEASE_S: '3',
      BOOTSTRAP_CREDIT_MICROS: '50000000',
    });
    service = await ServiceProcess.start(installation.settings);
    const login = { email: 'operator@atelier.local', password: ADMIN_PASSWORD };
    const { body } = await call('POST', '/api/v1/auth/login', login);
    session = { authorization: `Bearer ${body.access_token}` };
    const wallets = await call('GET', '/api/v1/billing/wallets');
    spaceId = wallets.body.data[0].search_space_id;
  }, TEST_MS);

  afterAll(async () => {
    await service.kill();
    await installation.drop();
  });

  function call(method: string, path: string, body?: object, headers = {}): Promise<Reply> {
    return send(service.baseUrl, method, path, body, headers);
  }

  const remove = () => call('DELETE', `/api/v1/search-spaces/${spaceId}`, undefined, session);

  async function makePictures(client: number): Promise<void> {
    for (let round = 0; round < GENERATIONS_EACH; round += 1) {
      const body = { prompt: `picture ${client} ${round}`, size: '32x32', n: PICTURES_EACH };
      const isLast = round === GENERATIONS_EACH - 1;
      const { status } = await call('POST', GENERATIONS, body, {
        prefer: isLast ? 'respond-async' : 'wait=60',
      });
      expect(status).toBe(isLast ? 202 : 201);
    }
  }

  it(
    'is finished by the last process, once',
    async () => {
      await Promise.all(Array.from({ length: CLIENTS }, (_, client) => makePictures(client)));
      expect((await remove()).status).toBe(202);
      for (const afterMs of KILL_AFTER_MS) {
        await delay(afterMs);
        await service.kill();
        service = await ServiceProcess.start(installation.settings);
      }
      const untilMs = Date.now() + GONE_WITHIN_MS;
      let status = 409;
      while (status === 409 && Date.now() < untilMs) {
        await delay(POLL_MS);
        ({ status } = await remove());
      }
      expect(status).toBe(404);
      await service.stop();

      const stored = readdirSync(installation.mediaDir, { recursive: true, encoding: 'utf8' });
      expect(stored.filter((path) => /\.(png|jpeg|webp)$/.test(path))).toEqual([]);
      await installation.inspect(async (query) => {
        const tables = await query<{ table_name: string }>(
          `SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'search_space_id'`,
        );
        const emptied = tables.map((row) => row.table_name).filter((name) => !BOOKS.test(name));
        expect(emptied).toEqual(expect.arrayContaining(['generations', 'media_assets']));
        for (const table of emptied) {
          expect({ table, rows: await query(`SELECT * FROM ${table}`) }).toEqual({
            table,
            rows: [],
          });
        }
        expect(await query(`SELECT id FROM holds WHERE state = 'held'`)).toEqual([]);
        const balances = await query(
          `SELECT a.id, b.bucket FROM accounts a
           CROSS JOIN LATERAL (VALUES ('available', a.available_micros), ('held', a.held_micros),
             ('spent', a.spent_micros), ('issued', a.issued_micros), ('breakage', a.breakage_micros)
           ) AS b (bucket, balance)
           LEFT JOIN ledger_entries e ON e.account_id = a.id AND e.bucket = b.bucket
           GROUP BY 1, 2, b.balance HAVING b.balance <> coalesce(sum(e.amount_micros), 0)`,
        );
        expect(balances).toEqual([]);
        const wallets = await query(
          `SELECT available_micros, held_micros, closed_at IS NOT NULL AS is_closed
             FROM accounts WHERE kind = 'wallet'`,
        );
        expect(wallets).toEqual([{ available_micros: '0', held_micros: '0', is_closed: true }]);
        const events = await query(
          `SELECT action, count(*)::int AS count FROM audit_events
            WHERE action IN ('wallet.closed', 'space.deleted') GROUP BY 1 ORDER BY 1`,
        );
        expect(events).toEqual([
          { action: 'space.deleted', count: 1 },
          { action: 'wallet.closed', count: 1 },
        ]);
      });
    },
    TEST_MS,
  );
});

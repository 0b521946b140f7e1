/** Proves that many `pg` clients share the embedded database as if each had a session: on the real engine, through the mux. */
import { setTimeout as delay } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { Client, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PgliteMux } from '../../src/persistence/pglite-mux.js';

const CLIENTS = 16;
const WATCHDOG_MS = 400;

describe('the mux of the embedded database', () => {
  let engine: PGlite;
  let mux: PgliteMux;
  let pool: Pool;

  beforeAll(async () => {
    engine = await PGlite.create();
  });

  afterAll(() => engine.close());

  beforeEach(async () => {
    mux = new PgliteMux(engine, WATCHDOG_MS);
    pool = new Pool({
      stream: () => mux.stream(),
      max: CLIENTS,
      ssl: false,
      user: 'postgres',
      password: 'x',
    });
    pool.on('error', () => undefined);
    await pool.query('CREATE TABLE counters (id integer PRIMARY KEY, value integer NOT NULL)');
    await pool.query('INSERT INTO counters SELECT number, 0 FROM generate_series(1, 3) AS number');
  });

  afterEach(async () => {
    await pool.query('DROP TABLE counters');
    await pool.end();
    mux.close();
  });

  async function open(): Promise<Client> {
    const client = new Client({
      stream: () => mux.stream(),
      ssl: false,
      user: 'postgres',
      password: 'x',
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async function read(id: number): Promise<number> {
    const { rows } = await pool.query<{ value: number }>(
      'SELECT value FROM counters WHERE id = $1',
      [id],
    );
    return rows[0]!.value;
  }

  it('gives each of many clients its own answers', async () => {
    const ask = async (client: number) => {
      for (let round = 0; round < 100; round += 1) {
        const { rows } = await pool.query(
          'SELECT $1::integer * 1000 + $2::integer AS answer, $3::text AS text',
          [client, round, `${client}/${round}`],
        );
        expect(rows).toEqual([{ answer: client * 1000 + round, text: `${client}/${round}` }]);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => ask(client)));
  });

  it('loses no update of locked read-modify-write transactions', async () => {
    const increment = async () => {
      const client = await pool.connect();
      for (let round = 0; round < 100; round += 1) {
        await client.query('BEGIN');
        const { rows } = await client.query<{ value: number }>(
          'SELECT value FROM counters WHERE id = 1 FOR UPDATE',
        );
        await client.query('UPDATE counters SET value = $1 WHERE id = 1', [rows[0]!.value + 1]);
        await client.query('COMMIT');
      }
      client.release();
    };
    await Promise.all(Array.from({ length: 8 }, increment));
    expect(await read(1)).toBe(800);
  });

  it('keeps a rollback from touching what others did meanwhile', async () => {
    const client = await open();
    await client.query('BEGIN');
    await client.query('UPDATE counters SET value = 100 WHERE id = 1');
    const other = pool.query('UPDATE counters SET value = 7 WHERE id = 2');
    await client.query('SELECT 1');
    await client.query('ROLLBACK');
    await other;
    expect([await read(1), await read(2)]).toEqual([0, 7]);
    await client.end();
  });

  it('keeps statements of one name on several clients apart', async () => {
    const clients = [await open(), await open()];
    for (let round = 0; round < 3; round += 1) {
      for (const [index, client] of clients.entries()) {
        const text =
          index === 0 ? 'SELECT $1::integer AS answer' : 'SELECT $1::integer + 1 AS answer';
        const { rows } = await client.query({ name: 'same', text, values: [round] });
        expect(rows).toEqual([{ answer: round + index }]);
      }
    }
    for (const client of clients) await client.end();
  });

  it('drops the statements of a client that ended', async () => {
    const client = await open();
    await client.query({ name: 'left', text: 'SELECT 1' });
    const count = async () => {
      const { rows } = await pool.query("SELECT name FROM pg_prepared_statements WHERE name <> ''");
      return rows.length;
    };
    expect(await count()).toBe(1);
    await client.end();
    expect(await count()).toBe(0);
  });

  it('rolls back what a client left open when it vanished', async () => {
    const client = await open();
    await client.query('BEGIN');
    await client.query('UPDATE counters SET value = 100 WHERE id = 1');
    (
      client as unknown as { connection: { stream: { destroy(): void } } }
    ).connection.stream.destroy();
    await pool.query('UPDATE counters SET value = value + 1 WHERE id = 1');
    expect(await read(1)).toBe(1);
  });

  it('rolls back what a client left open when it said good-bye', async () => {
    const client = await open();
    await client.query('BEGIN');
    await client.query('UPDATE counters SET value = 100 WHERE id = 1');
    await client.end();
    expect(await read(1)).toBe(0);
  });

  it('ends a transaction that is idle while others wait, and says so', async () => {
    const client = await open();
    const fault = new Promise<Error>((resolve) => client.once('error', resolve));
    await client.query('BEGIN');
    await client.query('UPDATE counters SET value = 100 WHERE id = 1');
    // What a bug would do: ask another connection inside the transaction, and wait for it.
    expect(await read(1)).toBe(0);
    expect(await fault).toMatchObject({ code: '25P03' });
    await expect(client.query('COMMIT')).rejects.toThrow();
  });

  it('leaves an idle transaction alone while nobody waits', async () => {
    const client = await open();
    await client.query('BEGIN');
    await client.query('UPDATE counters SET value = 5 WHERE id = 1');
    await delay(WATCHDOG_MS * 2.5);
    await client.query('COMMIT');
    expect(await read(1)).toBe(5);
    await client.end();
  });

  it('goes on after a failed statement, inside a transaction and outside', async () => {
    const client = await open();
    await expect(client.query('SELECT nothing FROM nowhere')).rejects.toMatchObject({
      code: '42P01',
    });
    await client.query('BEGIN');
    await expect(client.query('INSERT INTO counters VALUES (1, 1)')).rejects.toMatchObject({
      code: '23505',
      constraint: 'counters_pkey',
    });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('brings a notification to every client, also to one that sleeps', async () => {
    const listener = await open();
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await listener.query('LISTEN news');
    await pool.query("SELECT pg_notify('news', 'hello')");
    await expect.poll(() => heard).toEqual(['hello']);
    await listener.end();
  });

  it('carries large values both ways', async () => {
    const text = 'ü'.repeat(2_500_000);
    const { rows } = await pool.query<{ text: string }>('SELECT $1::text AS text', [text]);
    expect(rows[0]!.text).toBe(text);
  });

  it('lets timers run while the engine is busy', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const untilMs = performance.now() + 500;
    const load = async () => {
      while (performance.now() < untilMs) await pool.query('SELECT count(*) FROM counters');
    };
    await Promise.all(Array.from({ length: CLIENTS }, load));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(25);
  });

  it('serves clients in turn: none starves behind one that never pauses', async () => {
    const served = Array.from({ length: 4 }, () => 0);
    const untilMs = performance.now() + 400;
    const load = async (index: number) => {
      const client = await open();
      while (performance.now() < untilMs) {
        await client.query('SELECT 1');
        served[index]! += 1;
      }
      await client.end();
    };
    await Promise.all(served.map((_, index) => load(index)));
    expect(Math.min(...served) / Math.max(...served)).toBeGreaterThan(0.5);
  });
});

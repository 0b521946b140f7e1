// Proves what callers see while the database, Redis or the folder of pictures is away: health says which, requests fail
// cleanly where they must and go on where they may; and that nothing is half done when all are back.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication, listen } from '../../src/bootstrap.js';
import { loadConfig } from '../../src/config/load-config.js';
import {
  ADMIN_PASSWORD,
  type Answer,
  API_KEY,
  request,
  startApplication,
  type TestApplication,
  toQueueSettings,
} from '../setup/application.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { databaseKinds, queueKinds } from '../setup/services.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const SMALL = { prompt: 'a fox', size: '32x32' };
const RECOVERY = { timeout: 30_000, interval: 200 };
const isLarge = databaseKinds().includes('postgres') && queueKinds().includes('bull');

describe.each(isLarge ? ['the large set'] : [])('on %s', () => {
  let database: TestDatabase;
  let databaseGate: TcpGate;
  let redisGate: TcpGate;
  let app: NestFastifyApplication;
  let baseUrl: string;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    const behind = async (text: string | undefined) => {
      const url = new URL(text ?? '');
      const gate = await createTcpGate({ host: url.hostname, port: Number(url.port) });
      url.host = `127.0.0.1:${gate.port}`;
      return { gate, url: url.href };
    };
    const queue = toQueueSettings();
    const postgres = await behind(database.environment.DATABASE_URL);
    const redis = await behind(queue.REDIS_URL);
    databaseGate = postgres.gate;
    redisGate = redis.gate;
    const config = loadConfig({
      ...database.environment,
      ...queue,
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      PORT: '0',
      LOG_LEVEL: 'silent',
      BOOTSTRAP_ADMIN_PASSWORD: ADMIN_PASSWORD,
      BOOTSTRAP_API_KEY: API_KEY,
    });
    app = await createApplication(config, pino({ level: 'silent' }));
    baseUrl = `http://127.0.0.1:${await listen(app, config)}`;
  });
  afterAll(async () => {
    await app.close();
    await databaseGate.shut();
    await redisGate.shut();
    await database.drop();
  });

  function call(method: string, path: string, body?: object, headers = {}): Promise<Answer> {
    const key = { authorization: `Bearer ${API_KEY}` };
    return request(`${baseUrl}${path}`, method, body, { ...key, ...headers });
  }

  const readiness = async () => (await call('GET', '/health')).status;

  async function books() {
    const wallet = (await call('GET', '/api/v1/billing/wallets')).body.data[0];
    const rows = (await call('GET', `${GENERATIONS}?limit=100`)).body.data;
    const open = rows.filter(({ status }: { status: string }) => status !== 'succeeded');
    return {
      available: wallet.available_micros,
      held: wallet.held_micros,
      rows: rows.length,
      open: open.length,
    };
  }

  it('a database that is away makes requests fail cleanly, and none of them is half done', async () => {
    expect((await call('POST', GENERATIONS, SMALL)).status).toBe(201);
    const before = await books();
    await databaseGate.shut();
    // At once: what the process knows of keys it believes for a moment only, then nobody's key is known.
    const [native, openai] = await Promise.all([
      call('POST', GENERATIONS, SMALL),
      call('POST', '/v1/images/generations', SMALL),
    ]);
    expectProblem(native, { status: 503, code: 'billing.unavailable' });
    expect(native.headers.get('x-should-retry')).toBe('true');
    expect(JSON.stringify(native.body)).not.toMatch(/postgres|ECONN|127\.0\.0\.1/);
    expectOpenaiError(openai, { status: 503, code: 'billing.unavailable' });
    const { status, body } = await call('GET', '/health');
    expect([status, body.checks.database.status]).toEqual([503, 'down']);
    expect(body.checks.queue.status).toBe('ok');
    expect((await call('GET', '/health/live')).status).toBe(200);
    await databaseGate.open();
    await expect.poll(readiness, RECOVERY).toBe(200);
    await expect.poll(books, RECOVERY).toEqual(before);
    expect((await call('POST', GENERATIONS, SMALL)).status).toBe(201);
  });

  it('a database that is away leaves whoever asked before the models that they were told', async () => {
    const models = () => call('GET', '/v1/models');
    const { body } = await models();
    // Good while the epoch stands: one that moved with the start of the process is read anew.
    await expect.poll(async () => (await models()).headers.get('warning'), RECOVERY).toBeNull();
    await databaseGate.shut();
    // Within a second nobody believes what was known of keys.
    const warningOf = async () => (await models()).headers.get('warning');
    await expect.poll(warningOf, RECOVERY).toContain('110');
    const told = await models();
    expect([told.status, told.body]).toEqual([200, body]);
    expect(Number(told.headers.get('age'))).toBeGreaterThanOrEqual(0);
    const one = await call('GET', '/v1/models/embedded-image');
    expect(one).toMatchObject({ status: 200, body: { id: 'embedded-image' } });
    for (const [path, headers] of [
      ['/v1/models/no-such-model', {}],
      ['/v1/models', { authorization: 'Bearer atl_nobodys' }],
      ['/v1/models', { 'x-search-space-id': 'another' }],
      ['/api/v1/models', {}],
    ] as const) {
      expect((await call('GET', path, undefined, headers)).status).not.toBe(200);
    }
    await databaseGate.open();
    await expect.poll(readiness, RECOVERY).toBe(200);
    await expect.poll(warningOf, RECOVERY).toBeNull();
  });

  it('a picture made while the database is away is kept and charged when it is back', async () => {
    const before = await books();
    const asked = call('POST', GENERATIONS, { ...SMALL, provider_options: { delay_ms: 2_500 } });
    await expect.poll(async () => (await books()).rows).toBe(before.rows + 1);
    // Longer than what is kept in memory is believed: the picture arrives where nothing can be asked.
    await databaseGate.shut();
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    await databaseGate.open();
    const { status, body } = await asked;
    expect([status, body.status]).toEqual([201, 'succeeded']);
    expect((await fetch(body.images[0].url)).status).toBe(200);
    const available = before.available - 1_000;
    expect(await books()).toEqual({ ...before, available, rows: before.rows + 1 });
  });

  it('a Redis that is away stops neither requests nor, for long, what is queued', async () => {
    const before = await books();
    await redisGate.shut();
    const { status, body } = await call('GET', '/health');
    expect([status, body.checks.queue.status]).toEqual([503, 'down']);
    expect((await call('POST', GENERATIONS, SMALL)).status).toBe(201);
    const queued = await call('POST', GENERATIONS, SMALL, { prefer: 'respond-async' });
    expect(queued.status).toBe(202);
    await redisGate.open();
    await expect.poll(readiness, RECOVERY).toBe(200);
    const ended = async () => (await call('GET', `${GENERATIONS}/${queued.body.id}`)).body.status;
    await expect.poll(ended, { timeout: 30_000, interval: 500 }).toBe('succeeded');
    const available = before.available - 2_000;
    expect(await books()).toEqual({ ...before, available, rows: before.rows + 2 });
  });
});

describe('a folder of pictures that is away', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication();
  });
  afterAll(async () => {
    await atelier.stop();
  });

  it('makes generations fail without a charge, names itself in health, and is used again when back', async () => {
    const { dir } = atelier.config.media;
    const wallet = async () => (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
    const kept = await atelier.call('POST', GENERATIONS, SMALL);
    const before = await wallet();
    renameSync(dir, `${dir}.away`);
    writeFileSync(dir, 'no folder');
    const health = await atelier.call('GET', '/health');
    expect([health.status, health.body.checks.media.status]).toEqual([503, 'down']);
    const failed = await atelier.call('POST', GENERATIONS, SMALL);
    expectProblem(failed, { status: 500, code: 'internal' });
    expect(JSON.stringify(failed.body)).not.toContain(dir);
    expect(failed.body.generation).toMatchObject({ status: 'failed', cost_micros: 0 });
    expect(await wallet()).toEqual(before);
    const shown = await request(kept.body.images[0].url, 'GET');
    expect(shown.status).toBeGreaterThanOrEqual(404);
    rmSync(dir);
    renameSync(`${dir}.away`, dir);
    expect((await atelier.call('GET', '/health')).status).toBe(200);
    expect((await fetch(kept.body.images[0].url)).status).toBe(200);
    expect((await atelier.call('POST', GENERATIONS, SMALL)).status).toBe(201);
  });
});

// Proves that a worker and an api on one database, queue and folder are one service: the api takes requests and runs
// what clients wait for, the worker runs what is queued and answers nothing but health and metrics.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication, listen } from '../../src/bootstrap.js';
import { ConfigError } from '../../src/config/config.errors.js';
import { loadConfig } from '../../src/config/load-config.js';
import {
  type Answer,
  request,
  startApplication,
  type TestApplication,
  toQueueSettings,
} from '../setup/application.js';
import { openEvents } from '../setup/event-stream.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { queueKinds } from '../setup/services.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const SMALL = { prompt: 'a fox', size: '32x32' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };

describe('a role of its own', () => {
  it('is refused without what processes share, and every missing setting is named', () => {
    const load = () => loadConfig({ ROLE: 'worker' });
    expect(load).toThrow(ConfigError);
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'MEDIA_DIR']) {
      expect(load).toThrow(`ROLE=worker needs ${name}`);
    }
  });
});

describe.each(queueKinds().filter((kind) => kind === 'bull'))('api and worker over %s', () => {
  let mediaDir: string;
  let api: TestApplication;
  let worker: NestFastifyApplication;
  let workerUrl: string;

  beforeAll(async () => {
    mediaDir = mkdtempSync(join(tmpdir(), 'atelier-test-media-'));
    // A lease that is renewed only after hours: what another process is told comes by news.
    const shared = { ...toQueueSettings(), MEDIA_DIR: mediaDir, LEASE_S: '3600' };
    api = await startApplication({ ...shared, ROLE: 'api' });
    const config = loadConfig({
      ...api.database.environment,
      ...shared,
      ROLE: 'worker',
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
    worker = await createApplication(config, pino({ level: 'silent' }));
    workerUrl = `http://127.0.0.1:${await listen(worker, config)}`;
  });
  afterAll(async () => {
    await worker.close();
    await api.stop();
    rmSync(mediaDir, { recursive: true, force: true });
  });

  const askWorker = (method: string, path: string, body?: object): Promise<Answer> =>
    request(`${workerUrl}${path}`, method, body, api.key);

  it('the worker answers health and metrics', async () => {
    for (const path of ['/health', '/health/ready', '/health/live', '/metrics', '/metrics?x=1']) {
      expect({ path, status: (await askWorker('GET', path)).status }).toEqual({
        path,
        status: 200,
      });
    }
  });

  it('the worker answers nothing else, with or without a key', async () => {
    for (const path of ['/', '/docs', '/docs-json', GENERATIONS, '/healthy', '/api/v1/models']) {
      expectProblem(await askWorker('GET', path), NOT_FOUND);
    }
    expectProblem(await askWorker('POST', GENERATIONS, SMALL), NOT_FOUND);
    expectProblem(await askWorker('POST', '/api/v1/auth/login', { email: 'x' }), NOT_FOUND);
    expectOpenaiError(await askWorker('POST', '/v1/images/generations', SMALL), NOT_FOUND);
  });

  it('what is queued at the api is run by the worker, and shown by the api', async () => {
    const headers = { ...api.key, prefer: 'respond-async' };
    const queued = await api.call('POST', GENERATIONS, { ...SMALL, n: 2 }, headers);
    expect(queued.status).toBe(202);
    const read = async () => (await api.call('GET', `${GENERATIONS}/${queued.body.id}`)).body;
    await expect.poll(async () => (await read()).status, { timeout: 30_000 }).toBe('succeeded');
    for (const { url } of (await read()).images) expect((await fetch(url)).status).toBe(200);
    const ran = 'atelier_upstream_seconds_count{provider="embedded",outcome="answered"} 1';
    expect((await askWorker('GET', '/metrics')).body).toContain(ran);
    expect((await api.call('GET', '/metrics')).body).not.toContain(ran);
  });

  it('what a client waits for is run by the api', async () => {
    const { status } = await api.call('POST', GENERATIONS, SMALL);
    expect(status).toBe(201);
    const ran = 'atelier_upstream_seconds_count{provider="embedded",outcome="answered"} 1';
    expect((await api.call('GET', '/metrics')).body).toContain(ran);
  });

  it('the api tells what the worker does, preview and all, and cancels it by news alone', async () => {
    const headers = { ...api.key, prefer: 'respond-async' };
    const slow = { ...SMALL, provider_options: { delay_ms: 3_000 } };
    const { id } = (await api.call('POST', GENERATIONS, slow, headers)).body;
    const events = await (
      await openEvents(`${api.baseUrl}${GENERATIONS}/${id}/events`, api.key)
    ).ended;
    const names = new Set(events.map(({ event }) => event));
    expect([...names]).toEqual(expect.arrayContaining(['status', 'progress', 'preview', 'result']));
    const endless = { ...SMALL, provider_options: { delay_ms: 60_000 } };
    const next = (await api.call('POST', GENERATIONS, endless, headers)).body.id;
    const stream = await openEvents(`${api.baseUrl}${GENERATIONS}/${next}/events`, api.key);
    const told = () => stream.events.some(({ event }) => event === 'progress');
    await expect.poll(told, { timeout: 30_000 }).toBe(true);
    await api.call('POST', `${GENERATIONS}/${next}/cancel`);
    // Its lease is renewed after hours: nothing but news has told the worker.
    expect((await stream.ended).at(-1)).toMatchObject({
      event: 'error',
      data: { code: 'generations.canceled' },
    });
  });

  it('the api cancels what the worker runs', async () => {
    const headers = { ...api.key, prefer: 'respond-async' };
    const slow = { ...SMALL, provider_options: { delay_ms: 30_000 } };
    const { id } = (await api.call('POST', GENERATIONS, slow, headers)).body;
    const status = async () => (await api.call('GET', `${GENERATIONS}/${id}`)).body.status;
    await expect.poll(status, { timeout: 30_000 }).toBe('running');
    await api.call('POST', `${GENERATIONS}/${id}/cancel`);
    await expect.poll(status, { timeout: 30_000 }).toBe('canceled');
    const wallet = (await api.call('GET', '/api/v1/billing/wallets')).body.data[0];
    expect(wallet.held_micros).toBe(0);
  });
});

// Proves the limits of a caller and of the process: so many requests a minute with the standard headers, so many runs
// at once; what is refused leaves no row and holds no money.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { waitForMinute } from '../setup/minute.js';
import { createKey, operatorOf } from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

/** Left of the running minute at least, so that all counted requests fall into one. */
const ROOM_MS = 15_000;
const SOON = { timeout: 30_000, interval: 20 };
const OPENAI = '/v1/images/generations';
const SMALL = { prompt: 'a fox', size: '32x32' };

function readRate({ headers }: Answer): number[] {
  const names = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
  return names.map((name) => Number(headers.get(name) ?? Number.NaN));
}

describe('THROTTLE_RPM', () => {
  const RPM = 12;
  let atelier: TestApplication;
  let mine: Record<string, string>;

  beforeAll(async () => {
    atelier = await startApplication({ THROTTLE_RPM: String(RPM) });
    mine = (await createKey(atelier, operatorOf(atelier), atelier.spaceId)).headers;
    await waitForMinute(ROOM_MS);
  });
  afterAll(async () => {
    await atelier.stop();
  });

  it('counts the requests of one caller over all routes, and tells them in headers', async () => {
    for (const [index, path] of [
      GENERATIONS,
      '/api/v1/billing/wallets',
      '/api/v1/models',
    ].entries()) {
      const answer = await atelier.call('GET', path, undefined, mine);
      expect(answer.status).toBe(200);
      const [limit, remaining, reset] = readRate(answer);
      expect([limit, remaining]).toEqual([RPM, RPM - 1 - index]);
      expect(reset).toBeGreaterThan(0);
      expect(reset).toBeLessThanOrEqual(60);
    }
    const bad = await atelier.call('POST', OPENAI, { prompt: 5 }, mine);
    expect([bad.status, readRate(bad)[1]]).toEqual([400, RPM - 4]);
  });

  it('answers 429 with Retry-After once they are used up, on both faces, and makes no row', async () => {
    const rest = await Promise.all(
      Array.from({ length: RPM }, () => atelier.call('GET', '/api/v1/models', undefined, mine)),
    );
    expect(rest.filter(({ status }) => status === 200)).toHaveLength(RPM - 4);
    const throttled = { status: 429, code: 'request.throttled' };
    const native = await atelier.call('POST', GENERATIONS, SMALL, mine);
    expectProblem(native, throttled);
    expect(native.headers.get('x-should-retry')).toBe('true');
    const retryAfterS = Number(native.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(0);
    // The window slides: what was used up in one minute fades during the next.
    expect(retryAfterS).toBeLessThanOrEqual(120);
    expect(readRate(native).slice(0, 2)).toEqual([RPM, 0]);
    const openai = await atelier.call('POST', OPENAI, SMALL, mine);
    expectOpenaiError(openai, throttled);
    expect(openai.body.error.type).toBe('rate_limit_error');
    const { body } = await atelier.call('GET', GENERATIONS);
    expect(body.data).toEqual([]);
  });

  it('leaves other callers and health alone', async () => {
    expect((await atelier.call('GET', GENERATIONS)).status).toBe(200);
    expect((await atelier.call('GET', GENERATIONS, undefined, operatorOf(atelier))).status).toBe(
      200,
    );
    for (const path of ['/health', '/health/live', '/metrics']) {
      const answers = Array.from({ length: 2 * RPM }, () =>
        atelier.call('GET', path, undefined, {}),
      );
      for (const answer of await Promise.all(answers)) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('x-ratelimit-limit')).toBeNull();
      }
    }
  });
});

describe('RUNS_MAX', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication({
      RUNS_MAX: '1',
      RUNS_WAITING_MAX: '1',
      RUN_WAIT_S: '2',
      OUTBOUND_ALLOW: '127.0.0.1',
    });
  });
  afterAll(async () => {
    await atelier.stop();
  });

  const slow = (delayMs: number) => ({ ...SMALL, provider_options: { delay_ms: delayMs } });
  const busy = { status: 429, code: 'request.busy' };

  async function books() {
    const { body } = await atelier.call('GET', GENERATIONS);
    const wallet = (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
    return { rows: body.data.length, available: wallet.available_micros, held: wallet.held_micros };
  }

  it('lets one run, one wait, and refuses the next with 429 before anything is written', async () => {
    const before = await books();
    const first = atelier.call('POST', GENERATIONS, slow(4_500));
    await expect.poll(async () => (await books()).rows).toBe(before.rows + 1);
    const second = atelier.call('POST', GENERATIONS, SMALL);
    await expect.poll(async () => (await books()).rows).toBe(before.rows + 2);
    const third = await atelier.call('POST', GENERATIONS, SMALL);
    expectProblem(third, busy);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(third.body.generation).toBeUndefined();
    expectOpenaiError(await atelier.call('POST', OPENAI, SMALL), busy);
    expect((await books()).rows).toBe(before.rows + 2);

    const late = await second;
    expectProblem(late, busy);
    expect(late.body.generation).toMatchObject({ status: 'failed', cost_micros: 0, images: [] });
    expect((await first).status).toBe(201);
    expect(await books()).toEqual({
      rows: before.rows + 2,
      available: before.available - 1_000,
      held: 0,
    });
  });

  it('gives the place on to the next in time', async () => {
    const first = atelier.call('POST', GENERATIONS, slow(500));
    const second = atelier.call('POST', GENERATIONS, slow(500));
    const statuses = await Promise.all([first, second]);
    expect(statuses.map(({ status }) => status)).toEqual([201, 201]);
    expect((await atelier.call('POST', GENERATIONS, SMALL)).status).toBe(201);
  });

  it('bounds whose pictures come in, also where nobody waits for the result', async () => {
    const open: ServerResponse[] = [];
    const host = createServer((_request, response) => void open.push(response));
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    const { port } = host.address() as AddressInfo;
    const before = await books();
    const url = `http://127.0.0.1:${port}/never.png`;
    const edit = { ...SMALL, operation: 'edit', reference_images: [{ url }] };
    const ask = () =>
      atelier.call('POST', GENERATIONS, edit, { ...atelier.key, prefer: 'respond-async' });
    const answers = Array.from({ length: 5 }, ask);
    await expect.poll(() => open.length, SOON).toBe(2);
    const refused = await Promise.all([Promise.race(answers), ask()]);
    for (const answer of refused) {
      expectProblem(answer, busy);
      expect(answer.body.detail).toContain('pictures');
    }
    // Those that wait for no picture are let in beside them.
    const plain = { ...atelier.key, prefer: 'respond-async' };
    const { status, body } = await atelier.call('POST', GENERATIONS, SMALL, plain);
    expect(status).toBe(202);
    await expect
      .poll(async () => (await atelier.call('GET', `${GENERATIONS}/${body.id}`)).body.status, SOON)
      .toBe('succeeded');
    for (const response of open) response.writeHead(404).end();
    const statuses = (await Promise.all(answers)).map((answer) => answer.status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([400, 400, 429, 429, 429]);
    expect(open).toHaveLength(2);
    expect((await books()).rows).toBe(before.rows + 1);
    host.closeAllConnections();
    host.close();
    await once(host, 'close');
  });

  it('refuses nobody who does not wait for the result', async () => {
    const first = atelier.call('POST', GENERATIONS, slow(800));
    const headers = { ...atelier.key, prefer: 'respond-async' };
    const queued = await Promise.all(
      Array.from({ length: 5 }, () => atelier.call('POST', GENERATIONS, SMALL, headers)),
    );
    expect(queued.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect((await first).status).toBe(201);
    await expect.poll(async () => (await books()).held, { timeout: 30_000 }).toBe(0);
    const { body } = await atelier.call('GET', `${GENERATIONS}?limit=5`);
    for (const row of body.data) expect(row.status).toBe('succeeded');
  });
});

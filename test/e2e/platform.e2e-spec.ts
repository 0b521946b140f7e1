// Proves the ground all rooms stand on: the order of what a request passes, health and metrics, where links come from,
// what other origins may do, how time is told, and what the log never says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HealthChecks } from '../../src/health/health-checks.js';
import {
  ADMIN_EMAIL,
  ADMIN_PASSWORD,
  type Answer,
  API_KEY,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { captureLog } from '../setup/captured-log.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { createKey, operatorOf } from '../setup/people.js';
import { sendRaw } from '../setup/raw-request.js';
import { GENERATIONS, startWithVendor, VENDOR_KEY } from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';

const OPENAI = '/v1/images/generations';
const SMALL = { prompt: 'a fox', size: '32x32' };

describe('the order of what a request passes', () => {
  const RPM = 3;
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication({ THROTTLE_RPM: String(RPM) });
  });
  afterAll(async () => {
    await atelier.stop();
  });

  it('is credentials, limit, permission, fields: none is reached before the one in front', async () => {
    const scopes = { scopes: ['images.read'] };
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId, scopes);
    const bad = { prompt: 5 };

    const flood = Array.from({ length: 20 }, () => atelier.call('POST', GENERATIONS, bad, {}));
    for (const answer of await Promise.all(flood)) {
      expectProblem(answer, { status: 401, code: 'auth.credentials_missing' });
      expect(answer.headers.get('x-ratelimit-limit')).toBeNull();
    }
    for (let sent = 1; sent <= RPM; sent += 1) {
      const answer = await atelier.call('POST', GENERATIONS, bad, headers);
      expectProblem(answer, { status: 403, code: 'auth.scope_missing' });
      expect(answer.headers.get('x-ratelimit-remaining')).toBe(String(RPM - sent));
    }
    const throttled = { status: 429, code: 'request.throttled' };
    expectProblem(await atelier.call('POST', GENERATIONS, bad, headers), throttled);
    expectOpenaiError(await atelier.call('POST', OPENAI, bad, headers), throttled);
    const fields = { status: 400, code: 'request.invalid', field: 'prompt' };
    expectProblem(await atelier.call('POST', GENERATIONS, bad), fields);
  });
});

describe('health', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication();
  });
  afterAll(async () => {
    await atelier.stop();
  });

  const ask = (path: string) => atelier.call('GET', path, undefined, {});

  it('is ready when database, queue and media store are, and says so of each', async () => {
    for (const path of ['/health', '/health/ready']) {
      const { status, body } = await ask(path);
      expect(status).toBe(200);
      const ok = { status: 'ok', latency_ms: expect.any(Number) };
      expect(body).toEqual({ status: 'ok', checks: { database: ok, queue: ok, media: ok } });
    }
    expect((await ask('/health/live')).body).toEqual({ status: 'ok' });
  });

  it('answers 503 naming the part that is down, while the process lives', async () => {
    const checks = atelier.app.get(HealthChecks);
    checks.add('media', () => Promise.reject(new Error('the disk at /secret/path is gone')));
    const { status, body } = await ask('/health');
    expect([status, body.status]).toEqual([503, 'unavailable']);
    expect(body.checks.media.status).toBe('down');
    expect(body.checks.database.status).toBe('ok');
    expect(JSON.stringify(body)).not.toContain('secret');
    expect((await ask('/health/live')).status).toBe(200);
    checks.add('media', () => Promise.resolve());
    expect((await ask('/health')).status).toBe(200);
  });

  it('answers 503 from the moment the process is to stop, and takes no more work', async () => {
    atelier.app.get(HealthChecks).stop();
    expect((await ask('/health')).status).toBe(503);
    expect((await ask('/health/live')).status).toBe(200);
    const answer = await atelier.call('POST', GENERATIONS, SMALL);
    expectProblem(answer, { status: 503, code: 'request.shutting_down' });
    expect(answer.headers.get('x-should-retry')).toBe('true');
  });
});

describe('metrics', () => {
  it('count requests by route and status, and generations by provider, model and outcome', async () => {
    const atelier = await startWithVendor();
    try {
      await atelier.call('POST', GENERATIONS, { ...SMALL, n: 2 });
      const failing = { model: 'gpt-image-2', prompt: 'x', size: '1024x1024', quality: 'low' };
      atelier.simulator.failNext('moderation');
      await atelier.call('POST', GENERATIONS, failing);
      await atelier.call('POST', GENERATIONS, SMALL, {});
      await atelier.call('GET', '/no/such/route/4711');
      const read = async () =>
        (await atelier.call('GET', '/metrics', undefined, {})).body as string;
      const embedded = 'provider="embedded",model="embedded-image"';
      await expect
        .poll(read, { timeout: 30_000 })
        .toContain(`atelier_generations_total{${embedded},outcome="succeeded"} 1`);
      const text = await read();
      const openai = 'provider="openai",model="gpt-image-2"';
      for (const line of [
        `atelier_generations_total{${openai},outcome="failed"} 1`,
        `atelier_images_total{${embedded}} 2`,
        `atelier_charged_micros_total{${embedded}} 2000`,
        'atelier_upstream_seconds_count{provider="embedded",outcome="answered"} 1',
        'atelier_upstream_seconds_count{provider="openai",outcome="provider.refused"} 1',
        `atelier_http_request_seconds_count{method="POST",route="${GENERATIONS}",status="201"} 1`,
        `atelier_http_request_seconds_count{method="POST",route="${GENERATIONS}",status="401"} 1`,
        `atelier_http_request_seconds_count{method="POST",route="${GENERATIONS}",status="422"} 1`,
        'atelier_runs{state="running"} 0',
      ]) {
        expect(text).toContain(line);
      }
      expect(text).not.toContain('4711');
      const { headers } = await atelier.call('GET', '/metrics', undefined, {});
      expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    } finally {
      await atelier.stop();
    }
  });
});

describe('addresses in answers', () => {
  const evil = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
  };

  async function make(atelier: TestApplication): Promise<{ text: string; location: string }> {
    const body = JSON.stringify(SMALL);
    const length = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const headers = { ...atelier.key, ...length, ...evil };
    const answer = await sendRaw(atelier.baseUrl, {
      line: `POST ${GENERATIONS}`,
      headers,
      body: [body],
    });
    expect(answer.status).toBe(201);
    return { text: answer.text, location: answer.headers.get('location') ?? '' };
  }

  it('begin with PUBLIC_URL, never with what the Host header says', async () => {
    const atelier = await startApplication({ PUBLIC_URL: 'https://pictures.example.com' });
    try {
      const { text, location } = await make(atelier);
      const prefix = `https://pictures.example.com${GENERATIONS}/`;
      expect(JSON.parse(text).images[0].url).toMatch(new RegExp(`^${prefix}`));
      expect(location).toMatch(new RegExp(`^${prefix}`));
      expect(text).not.toContain('evil');
      const openai = await atelier.call('POST', OPENAI, SMALL, {
        ...atelier.key,
        ...evil,
        host: 'x',
      });
      expect(openai.body.data[0].url).toMatch(new RegExp(`^${prefix}`));
    } finally {
      await atelier.stop();
    }
  });

  it('begin with where the process listens when it is not set', async () => {
    const atelier = await startApplication();
    try {
      const { text, location } = await make(atelier);
      expect(JSON.parse(text).images[0].url).toMatch(new RegExp(`^${atelier.baseUrl}/`));
      expect(location).toMatch(new RegExp(`^${atelier.baseUrl}/`));
    } finally {
      await atelier.stop();
    }
  });
});

describe('other origins', () => {
  const PAGE = 'https://page.example';
  const allowed = ({ headers }: Answer) => headers.get('access-control-allow-origin');

  function ask(atelier: TestApplication, origin: string): Promise<Answer> {
    return atelier.call('GET', GENERATIONS, undefined, { ...atelier.key, origin });
  }

  function preflight(atelier: TestApplication, origin: string): Promise<Answer> {
    const wish = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    return request(`${atelier.baseUrl}${GENERATIONS}`, 'OPTIONS', undefined, { origin, ...wish });
  }

  it('may do nothing unless they are named', async () => {
    const atelier = await startApplication();
    try {
      expect(allowed(await ask(atelier, PAGE))).toBeNull();
      const refused = await preflight(atelier, PAGE);
      expectProblem(refused, { status: 404, code: 'request.not_found' });
      expect(allowed(refused)).toBeNull();
    } finally {
      await atelier.stop();
    }
  });

  it('may call when they are named, and read refusals too', async () => {
    const atelier = await startApplication({ CORS_ORIGINS: `${PAGE},https://other.example` });
    try {
      const agreed = await preflight(atelier, PAGE);
      expect([agreed.status, allowed(agreed)]).toEqual([204, PAGE]);
      expect(agreed.headers.get('access-control-allow-methods')).toContain('POST');
      expect(agreed.headers.get('access-control-allow-headers')).toContain('authorization');
      const answer = await ask(atelier, PAGE);
      expect([answer.status, allowed(answer)]).toEqual([200, PAGE]);
      const exposed = answer.headers.get('access-control-expose-headers') ?? '';
      for (const name of ['x-request-id', 'Location', 'Retry-After', 'x-should-retry']) {
        expect(exposed).toContain(name);
      }
      const refused = await atelier.call('GET', GENERATIONS, undefined, { origin: PAGE });
      expect([refused.status, allowed(refused)]).toEqual([401, PAGE]);
      expect(refused.headers.get('access-control-allow-credentials')).toBeNull();
      expect(allowed(await ask(atelier, 'https://evil.example'))).toBeNull();
      expect(allowed(await preflight(atelier, 'https://evil.example'))).toBeNull();
    } finally {
      await atelier.stop();
    }
  });
});

describe('time and log', () => {
  const captured = captureLog();
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startWithVendor({}, captured.logger);
  });
  afterAll(async () => {
    await atelier.stop();
  });

  const lines = () =>
    captured
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const requestLine = (id: string | null) =>
    lines().filter((line) => line.message === 'request' && line.request_id === id);

  it('is told phase by phase in Server-Timing, of refused requests as well', async () => {
    const { headers } = await atelier.call('POST', GENERATIONS, SMALL);
    const phases = (headers.get('server-timing') ?? '')
      .split(', ')
      .map((part) => part.split(';')[0]);
    for (const phase of ['auth', 'hold', 'slot', 'upstream', 'media', 'post', 'handler', 'total']) {
      expect(phases).toContain(phase);
    }
    const refused = await atelier.call('GET', GENERATIONS, undefined, {});
    expect(refused.headers.get('server-timing')).toMatch(/total;dur=\d/);
  });

  it('is one line for each request, with who, what and how long', async () => {
    const made = await atelier.call('POST', GENERATIONS, SMALL, {
      ...atelier.key,
      'x-request-id': 'line-of-one',
    });
    expect(made.status).toBe(201);
    const [line, ...more] = requestLine('line-of-one');
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      method: 'POST',
      route: GENERATIONS,
      status: 201,
      caller_kind: 'api_key',
      space_id: atelier.spaceId,
      address: '127.0.0.1',
      duration_ms: expect.any(Number),
      phases_ms: { upstream: expect.any(Number) },
    });
    const refused = await atelier.call('GET', `${GENERATIONS}/nope?limit=1`);
    const [refusedLine] = requestLine(refused.headers.get('x-request-id'));
    expect(refusedLine).toMatchObject({
      route: `${GENERATIONS}/:id`,
      status: 404,
      error: 'request.not_found',
    });
  });

  it('never says prompts, pictures, keys, tokens, passwords or links, whatever goes wrong', async () => {
    const prompt = 'xyzzy-a-very-private-prompt';
    const picture = (await makePicture('private', 64, 64, 'png')).toString('base64');
    const input = { operation: 'edit', reference_images: [{ data: picture }] };
    const made = await atelier.call('POST', GENERATIONS, {
      ...SMALL,
      prompt,
      metadata: { prompt },
      ...input,
    });
    expect(made.status).toBe(201);
    const vendor = { model: 'gpt-image-2', size: '1024x1024', quality: 'low' };
    for (const fault of [
      'server_error',
      'bad_key',
      'moderation',
      'quota',
      'html_bad_gateway',
      'cut',
      'not_an_image',
    ]) {
      await atelier.call('POST', OPENAI, { ...vendor, prompt: `${prompt} [sim:${fault}]` });
    }
    const [image] = made.body.images;
    await fetch(image.url);
    await fetch(image.url.replace('index=0', 'index=1'));
    await atelier.call('POST', GENERATIONS, { ...SMALL, prompt, unknown: prompt });
    await atelier.call('POST', GENERATIONS, `{"prompt":"${prompt}`);
    await atelier.call('GET', `${GENERATIONS}?model=${prompt}&api_key=${API_KEY}`);
    await atelier.call(
      'POST',
      '/api/v1/auth/login',
      { email: ADMIN_EMAIL, password: `${ADMIN_PASSWORD}!` },
      {},
    );
    await atelier.call('GET', GENERATIONS, undefined, {
      authorization: `Bearer ${API_KEY.slice(0, -1)}R`,
    });
    await atelier.call('GET', GENERATIONS, undefined, operatorOf(atelier));
    const text = captured.text();
    const token = new URL(image.url).searchParams.get('token') ?? '';
    const secrets = {
      prompt,
      picture: picture.slice(0, 64),
      API_KEY,
      token,
      session: atelier.token,
    };
    const more = { ADMIN_PASSWORD, VENDOR_KEY, body: API_KEY.slice(13, 50) };
    for (const [name, secret] of Object.entries({ ...secrets, ...more })) {
      expect(secret.length).toBeGreaterThan(10);
      expect({ name, found: text.includes(secret) }).toEqual({ name, found: false });
    }
    expect(lines().filter((line) => line.message === 'attempt failed')).not.toHaveLength(0);
  });
});

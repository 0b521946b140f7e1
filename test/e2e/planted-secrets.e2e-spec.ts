// Proves that no secret is kept or shown: every kind is planted in every place one can enter by, right and wrong, and is
// then looked for, in clear and encoded, in logs, refusals, metrics, the API document, the audit trail and all rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../../src/bootstrap.js';
import { newId } from '../../src/common/ids.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createLogger } from '../../src/logging/create-logger.js';
import {
  API_KEY,
  type Answer,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { captureLog } from '../setup/captured-log.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { StripeSimulator } from '../simulators/stripe.simulator.js';
import {
  dumpDatabase,
  dumpRedis,
  findSecrets,
  readLogs,
  type Secret,
} from './access/secret-search.js';
import { toPlaces } from './access/secret-places.js';

const PROMPT = 'a canary that may be kept';
const FLUSH = { timeout: 30_000, interval: 100 };
const folder = mkdtempSync(join(tmpdir(), 'atelier-secrets-'));
const files = { standardOutput: join(folder, 'stdout.log'), log: join(folder, 'atelier.log') };
const secrets: Secret[] = [];
/** Tokens of signed links: shown to whoever may see the picture, kept by nobody. */
const links: Secret[] = [];
/** Bodies of answers with an error status, under what was sent. */
const refusals = new Map<string, string>();

/** Answers that a newcomer may read, and what operators read. */
const shown = new Map<string, string>();

let atelier: TestApplication;
let simulator: OpenaiSimulator;
let stripe: StripeSimulator;
let own: TestDatabase | null = null;
let operator: Record<string, string>;
let dump: Map<string, string>;

beforeAll(async () => {
  simulator = await OpenaiSimulator.start({ apiKey: plant('the vendor key') });
  stripe = await StripeSimulator.start(plant('the payment key'), plant('the webhook secret'));
  atelier = await startApplication(
    await toSettings(),
    createLogger({ level: 'debug', file: files.log }, files.standardOutput),
  );
  secrets.push({ name: 'the first API key', value: API_KEY });
  operator = (await login('operator@example.com', valueOf('the operator password'))).session;
  await work();
  await provoke();
  await collect();
}, 180_000);
afterAll(async () => {
  await atelier.stop();
  await simulator.stop();
  await stripe.stop();
  await own?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** A new secret that nothing else looks like. */
function plant(name: string, value = `pl4nted-${newId()}?&=/+"%`): string {
  secrets.push({ name, value });
  return value;
}

function valueOf(wanted: string): string {
  const found = secrets.find(({ name }) => name === wanted);
  if (!found) throw new Error(`no secret was planted as ${wanted}`);
  return found.value;
}

async function toSettings(): Promise<Record<string, string>> {
  const [kind = 'embedded'] = databaseKinds();
  const withPassword: Record<string, string> = {};
  if (kind === 'postgres') {
    own = await createTestDatabase(kind);
    const url = new URL(own.environment.DATABASE_URL ?? '');
    // The server asks for none and takes any.
    url.password = plant('the database password', newId());
    Object.assign(withPassword, { DATABASE_URL: url.href, DATA_DIR: own.dataDir });
  }
  return {
    ...withPassword,
    ...stripe.settings,
    BOOTSTRAP_ADMIN_PASSWORD: plant('the operator password'),
    JWT_SECRET: plant('the signing secret'),
    LINK_SECRET: plant('the link secret'),
    ENCRYPTION_SECRET: plant('the encryption secret'),
    LOG_LEVEL: 'debug',
    LOG_FILE: files.log,
    OPENAI_API_KEY: valueOf('the vendor key'),
    OPENAI_BASE_URL: simulator.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOGIN_RPM: '100000',
    LOGIN_ACCOUNT_FAILURES: '100000',
  };
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: object = operator,
): Promise<Answer> {
  const answer = await request(`${atelier.baseUrl}${path}`, method, body, headers);
  note(`${method} ${path}`, answer);
  return answer;
}

function note(name: string, { status, headers, body }: Answer): void {
  if (status < 400) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = [...headers].map((line) => line.join(': '));
  refusals.set(`${refusals.size} ${name} ${status}`, [...lines, text].join('\n'));
}

/** The same, and it must be done. */
async function done(...parameters: Parameters<typeof call>): Promise<Answer> {
  const answer = await call(...parameters);
  const [method, path] = parameters;
  expect({ method, path, ...answer }).toMatchObject({
    status: expect.toSatisfy((status: number) => status < 300),
  });
  return answer;
}

async function login(
  email: string,
  password: string,
): Promise<{ session: Record<string, string>; refresh: string }> {
  const { body } = await done('POST', '/api/v1/auth/login', { email, password }, {});
  const session = { authorization: `Bearer ${plant('an access token', body.access_token)}` };
  return { session, refresh: plant('a refresh token', body.refresh_token) };
}

/** A credential of a space's own, kept, replaced, tried and refused. */
async function keepConnections(space: string): Promise<void> {
  const path = '/api/v1/connections';
  const target = { provider: 'openai', base_url: simulator.baseUrl };
  const whose = { scope: 'space', search_space_id: space, name: 'Ours' };
  const first = { ...target, api_key: plant('the key of a connection') };
  const { body } = await done('POST', path, { ...whose, ...first });
  await done('POST', `${path}/${body.id}/verify`);
  await done('POST', `${path}/${body.id}/discover`);
  await done('PATCH', `${path}/${body.id}`, { api_key: plant('the second key of a connection') });
  await done('POST', `${path}/test-preview`, first);
  await call('POST', path, { ...whose, ...first, provider: 'nobody' });
  await call('POST', path, { ...whose, ...first, base_url: [first.api_key] });
  await call('POST', `${path}/test-preview`, { ...first, provider: first.api_key });
  await call('POST', path, { ...whose, ...first, extra: { query: { key: first.api_key } } });
}

/** What people do all day, with secrets in the places that are made for them. */
async function work(): Promise<void> {
  const space = atelier.spaceId;
  const email = 'ada@example.com';
  const first = plant('the first password of a user');
  const user = await done('POST', '/api/v1/users', { email, password: first, name: 'Ada' });
  const { session, refresh } = await login(email, first);
  const refreshed = await done('POST', '/api/v1/auth/refresh', { refresh_token: refresh }, {});
  plant('a second refresh token', refreshed.body.refresh_token);
  const second = plant('the second password of a user');
  const change = { current_password: first, new_password: second };
  await done('POST', '/api/v1/auth/change-password', change, session);
  const reset = await done('POST', `/api/v1/users/${user.body.id}/reset-password`);
  const token = plant('a reset token', reset.body.reset_token);
  const third = plant('the third password of a user');
  await done('POST', '/api/v1/auth/reset-password', { token, password: third }, {});
  const named = { 'user-agent': `client/1.0 (${API_KEY})` };
  await done('POST', '/api/v1/auth/login', { email, password: third }, named);
  const unused = await done('POST', `/api/v1/users/${user.body.id}/reset-password`);
  plant('a reset token that is not used', unused.body.reset_token);
  const invite = await done('POST', `/api/v1/search-spaces/${space}/invites`, { role: 'Viewer' });
  const code = plant('an invite code', invite.body.code);
  const ada = await login(email, third);
  await done('GET', `/api/v1/invites/${code}`, undefined, {});
  await done('POST', `/api/v1/invites/${code}/accept`, undefined, ada.session);
  await keepConnections(space);
  const issued = await done('POST', '/api/v1/api-keys', { name: 'A key', search_space_id: space });
  const key = plant('an API key', issued.body.key);
  const provider = {
    slug: 'corporate',
    name: 'Corporate',
    issuer_url: simulator.origin,
    client_id: 'atelier',
    client_secret: plant('the client secret'),
  };
  const corporate = await done('POST', '/api/v1/auth/oidc/providers', provider);
  const changed = { client_secret: plant('the second client secret') };
  await done('PATCH', `/api/v1/auth/oidc/providers/${corporate.body.id}`, changed);
  await call('GET', '/api/v1/auth/oidc/corporate/start', undefined, {});
  const picture = { prompt: PROMPT, size: '1024x1024', search_space_id: space };
  await done('POST', '/api/v1/image-generations', {
    ...picture,
    model: 'gpt-image-2',
    quality: 'low',
  });
  const small = { ...picture, size: '32x32' };
  const keyed = { authorization: `Bearer ${key}`, 'idempotency-key': newId() };
  const made = await done('POST', '/api/v1/image-generations', small, keyed);
  const { url } = made.body.images[0];
  links.push({ name: 'a link', value: new URL(url).searchParams.get('token') ?? '' });
  await done('POST', '/api/v1/image-generations', small, keyed);
  await done('GET', url.slice(atelier.baseUrl.length), undefined, {});
  await call('GET', `${url.slice(atelier.baseUrl.length)}x`, undefined, {});
  const rotated = await done('POST', `/api/v1/api-keys/${issued.body.id}/rotate`, {});
  plant('a rotated API key', rotated.body.key);
  const credit = { search_space_id: space, quantity: 1 };
  const bought = await done('POST', '/api/v1/billing/purchases', credit);
  for (const fault of ['echo_key', 'cut', 'status=500'] as const) {
    stripe.failNext(fault, 2);
    await call('POST', `/api/v1/billing/purchases/${bought.body.id}/finalize`, {});
  }
  await call('POST', '/api/v1/payments/webhook/stripe', {}, { 'stripe-signature': 't=1,v1=00' });
  for (const fault of ['echo_key', 'html_not_found', 'cut'] as const) {
    simulator.failNext(fault, 5);
    await call('POST', '/api/v1/image-generations', {
      ...picture,
      model: 'gpt-image-2',
      quality: 'low',
    });
    simulator.reset();
  }
}

/** The same secrets, and wrong ones of every form, everywhere else. */
async function provoke(): Promise<void> {
  const wrong = [
    plant('a wrong password'),
    plant('a wrong API key', `atl_${'q'.repeat(8)}_${newId().replaceAll('-', '')}qqqqqqqqqqq`),
    plant('a wrong token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.${newId()}`),
    plant('a wrong reset token', newId().replaceAll('-', '').padEnd(43, 'r')),
    plant('a vendor key of somebody', `sk-proj-${newId()}`),
  ];
  const right = [
    'the operator password',
    'the first API key',
    'an access token',
    'a refresh token',
    'a reset token',
    'a reset token that is not used',
    'an invite code',
    'an API key',
    'the vendor key',
    'the payment key',
    'the webhook secret',
  ];
  for (const secret of [...wrong, ...right.map(valueOf)]) {
    const places = toPlaces(secret, operator);
    await Promise.all(
      places.map(async ({ name, method, path, headers, body }) =>
        note(name, await request(`${atelier.baseUrl}${path}`, method, body, headers)),
      ),
    );
  }
}

async function collect(): Promise<void> {
  const readable: [string, Record<string, string>][] = [
    ['/metrics', {}],
    ['/docs-json', {}],
    ['/docs', {}],
    ['/', {}],
    ['/health', {}],
    ['/api/v1/auth/oidc', {}],
    ['/api/v1/auth/sessions', operator],
    ['/api/v1/auth/oidc/providers', operator],
    ['/api/v1/users', operator],
    [`/api/v1/api-keys?search_space_id=${atelier.spaceId}`, operator],
    [`/api/v1/search-spaces/${atelier.spaceId}/invites`, operator],
    ['/api/v1/audit-events?limit=100', operator],
    ['/api/v1/audit-events/export?format=csv', operator],
    ['/api/v1/audit-events/export?format=ndjson', operator],
    [`/api/v1/search-spaces/${atelier.spaceId}/audit-events?limit=100`, operator],
    [`/api/v1/image-generations?search_space_id=${atelier.spaceId}&limit=100`, operator],
  ];
  for (const [path, headers] of readable) {
    const response = await fetch(`${atelier.baseUrl}${path}`, { headers });
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
    shown.set(path, await response.text());
  }
  dump = await dumpDatabase(atelier);
}

/** Where which secrets stand. */
function findIn(texts: ReadonlyMap<string, string>, wanted = secrets): string[] {
  return [...texts].flatMap(([place, text]) =>
    findSecrets(text, wanted).map((secret) => `${place}: ${secret}`),
  );
}

describe('the search', () => {
  const secret = { name: 'it', value: `a needle, "quoted" & more: ${'äöü'.repeat(3)} end` };

  it.each<[string, (value: string) => string]>([
    ['clear', (value) => value],
    ['json', (value) => JSON.stringify({ value })],
    ['url', (value) => encodeURIComponent(value)],
    ['base64', (value) => Buffer.from(value).toString('base64')],
    ['base64', (value) => Buffer.from(`x${value}y`).toString('base64')],
    ['base64', (value) => Buffer.from(`xx${value}zz`).toString('base64')],
    ['base64url', (value) => Buffer.from(`xx${value}zz`).toString('base64url')],
    ['hex', (value) => Buffer.from(`x${value}y`).toString('hex')],
  ])('finds a secret written in %s', (form, write) => {
    expect(findSecrets(`before ${write(secret.value)} after`, [secret])).toContain(`it (${form})`);
    expect(findSecrets('before and after', [secret])).toEqual([]);
  });

  it('finds what may be in the database: a prompt, in its table', () => {
    const canary = [{ name: 'canary', value: PROMPT }];
    const places = [...dump].filter(([, text]) => findSecrets(text, canary).length > 0);
    expect(places.map(([table]) => table)).toContain('public.generations');
    expect(dump.size).toBeGreaterThan(20);
  });

  it('had enough to look for, and enough to look in', () => {
    expect(secrets.length).toBeGreaterThan(20);
    for (const { name, value } of secrets)
      expect({ name, length: value.length > 30 }).toEqual({ name, length: true });
    expect(links).toHaveLength(1);
    expect(refusals.size).toBeGreaterThan(800);
    const actions = shown.get('/api/v1/audit-events/export?format=ndjson') ?? '';
    expect(actions).toContain('api_key.created');
    expect(actions).toContain('invite.created');
  });
});

describe('no secret stands', () => {
  it('in a refusal', () => {
    expect(findIn(refusals)).toEqual([]);
  });

  it('in what can be read: metrics, the API document, lists, the audit trail and its exports', () => {
    expect(findIn(shown)).toEqual([]);
  });

  it('in a row of the database', () => {
    expect(findIn(dump, [...secrets, ...links])).toEqual([]);
  });

  it('on Redis', async () => {
    expect(findIn(new Map([['redis', await dumpRedis(atelier)]]))).toEqual([]);
  });

  it('in the log, on standard output or in the file', async () => {
    const marker = newId();
    await call('GET', '/health/live', undefined, { 'x-request-id': marker });
    for (const [name, path] of Object.entries(files)) {
      await expect.poll(() => readLogs(path), FLUSH).toContain(marker);
      const text = readLogs(path);
      expect(text.split('\n').length).toBeGreaterThan(800);
      expect(findIn(new Map([[name, text]]), [...secrets, ...links])).toEqual([]);
    }
  });

  it('in the reason why a database could not be reached', async () => {
    const password = plant('the password of a database that is away', newId());
    const captured = captureLog();
    const settings = {
      DATA_DIR: folder,
      DATABASE_URL: `postgres://atelier:${password}@127.0.0.1:1/atelier`,
      JWT_SECRET: valueOf('the signing secret'),
      LINK_SECRET: valueOf('the link secret'),
      ENCRYPTION_SECRET: valueOf('the encryption secret'),
      PORT: '0',
    };
    const failure = await createApplication(loadConfig(settings), captured.logger).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    const said =
      failure instanceof Error
        ? `${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`
        : '';
    expect(
      findIn(
        new Map([
          ['the error', said],
          ['the log', captured.text()],
        ]),
      ),
    ).toEqual([]);
  });
});

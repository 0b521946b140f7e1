/** What several processes must agree on: revocation within a second, one first start, limits on guessing. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../../src/auth/domain/api-key.js';
import { newId } from '../../src/common/ids.js';
import { startIdentity } from '../setup/identity-application.js';
import { createTestDatabase } from '../setup/database.js';
import {
  OPERATOR_EMAIL,
  OPERATOR_PASSWORD,
  TestIdentity,
  type Tokens,
} from '../factories/identity.factory.js';
import { databaseKinds, queueKinds, readRedisUrl } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const LOGIN = '/api/v1/auth/login';
const WITHIN_MS = 1_000;
const LIMIT = 5;

/** Several processes need a server for the rows and one for the counts. */
const shared = databaseKinds().filter(
  (kind) => kind === 'postgres' && queueKinds().includes('bull'),
);

describe.each(shared)('two processes on %s', (kind) => {
  let here: TestIdentity;
  let there: TestIdentity;
  let operator: Tokens;

  beforeAll(async () => {
    here = await TestIdentity.open(kind, { REDIS_URL: readRedisUrl() });
    there = await here.fork();
    operator = await here.operator();
  });

  afterAll(async () => {
    await there.app.close();
    await here.close();
  });

  it('did the first start once', () => {
    expect([here.notices.length, there.notices.length]).toEqual([1, 0]);
  });

  it('stop a key within a second of its revocation in the other', async () => {
    const spaceId = await here.space(operator);
    const { id, key } = await here.key(operator, spaceId);
    await there.expect(200, 'GET', ME, { as: key });
    await here.expect(204, 'DELETE', `/api/v1/api-keys/${id}`, { as: operator.access });
    await delay(WITHIN_MS);
    await there.expect(401, 'GET', ME, { as: key });
  });

  it('stop a session within a second of its logout in the other', async () => {
    const { access } = await here.operator();
    await there.expect(200, 'GET', ME, { as: access });
    await here.expect(204, 'POST', '/api/v1/auth/logout', { as: access });
    await delay(WITHIN_MS);
    await there.expect(401, 'GET', ME, { as: access });
  });

  it('stop a member within a second of their demotion in the other', async () => {
    const spaceId = await here.space(operator);
    const member = await here.user(operator);
    await here.join(operator, spaceId, member.email, 'Editor');
    const call = { as: member.access, body: { search_space_id: spaceId } };
    await there.expect(201, 'POST', '/probe/body', call);
    await here.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${member.id}`, {
      as: operator.access,
      body: { role: 'Viewer' },
    });
    await delay(WITHIN_MS);
    await there.expect(403, 'POST', '/probe/body', call);
  });

  it('never serve a key longer than a second, while keys come and go under load', async () => {
    const spaceId = await here.space(operator);
    for (let round = 0; round < 5; round += 1) {
      const { id, key } = await here.key(operator, spaceId);
      let revokedAtMs = Infinity;
      let servedAtMs = 0;
      const caller = (async () => {
        while (performance.now() < revokedAtMs + WITHIN_MS + 300) {
          const askedAtMs = performance.now();
          const { status } = await there.call('GET', '/probe/row', { as: key });
          if (status === 200) servedAtMs = askedAtMs;
        }
      })();
      await delay(50);
      await here.expect(204, 'DELETE', `/api/v1/api-keys/${id}`, { as: operator.access });
      revokedAtMs = performance.now();
      await caller;
      expect(servedAtMs - revokedAtMs).toBeLessThan(WITHIN_MS);
    }
  });

  it('let one of parallel uses of a refresh token win, whichever process they reach', async () => {
    const { refresh } = await here.operator();
    const call = { body: { refresh_token: refresh } };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? here : there).call('POST', '/api/v1/auth/refresh', call),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('start together on an empty database with one first start', async () => {
    const database = await createTestDatabase(kind);
    const environment = { ...database.environment, REDIS_URL: readRedisUrl() };
    const started = await Promise.all([1, 2, 3].map(() => startIdentity(environment)));
    expect(started.flatMap(({ notices }) => notices)).toHaveLength(1);
    for (const { app } of started) await app.close();
    await database.drop();
  });
});

describe.each(databaseKinds())('guessing on %s', (kind) => {
  let identity: TestIdentity;
  let key: string;
  let last = 0;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, { LOGIN_RPM: String(LIMIT) });
    const operator = await identity.operator();
    key = (await identity.key(operator, await identity.space(operator))).key;
  });

  afterAll(async () => {
    await identity.close();
  });

  /** An address that nobody has guessed from: a network of its own, since IPv6 is counted by /64. */
  function newAddress(): string {
    last += 1;
    const random = newId().slice(-8);
    return `fd00:${random.slice(0, 4)}:${random.slice(4)}:${last}::1`;
  }

  async function statuses(
    count: number,
    ask: () => Promise<{ status: number }>,
  ): Promise<number[]> {
    const seen: number[] = [];
    for (let index = 0; index < count; index += 1) seen.push((await ask()).status);
    return seen;
  }

  const guess = (from: string, password = 'a wrong password') =>
    identity.call('POST', LOGIN, { from, body: { email: OPERATOR_EMAIL, password } });

  it('passwords is refused after the limit, the right one too, and only from there', async () => {
    const from = newAddress();
    expect(await statuses(LIMIT + 2, () => guess(from))).toEqual([
      401, 401, 401, 401, 401, 429, 429,
    ]);
    const refused = await guess(from, OPERATOR_PASSWORD);
    expect(refused).toMatchObject({ status: 429, body: { code: 'auth.login_throttled' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await guess(newAddress(), OPERATOR_PASSWORD)).status).toBe(200);
  });

  it('all at once helps nobody: a right password among the guesses is refused as well', async () => {
    const from = newAddress();
    const guesses = Array.from({ length: 30 }, () => guess(from));
    const right = await guess(from, OPERATOR_PASSWORD);
    await Promise.all(guesses);
    expect(right.status).toBe(429);
  });

  it('keys, tokens and refresh tokens is refused after the limit', async () => {
    const refresh = { body: { refresh_token: 'guessed' } };
    const asks = [
      (from: string) => identity.call('GET', ME, { from, as: newApiKey() }),
      (from: string) => identity.call('GET', ME, { from, headers: { 'x-api-key': newApiKey() } }),
      (from: string) => identity.call('GET', ME, { from, as: 'nonsense' }),
      (from: string) => identity.call('POST', '/api/v1/auth/refresh', { from, ...refresh }),
    ];
    for (const ask of asks) {
      const from = newAddress();
      expect(await statuses(LIMIT + 1, () => ask(from))).toEqual([401, 401, 401, 401, 401, 429]);
    }
  });

  it('by a neighbour does not lock out a key that was right before, nor after caches emptied', async () => {
    const from = newAddress();
    await identity.expect(200, 'GET', ME, { from, as: key });
    await statuses(LIMIT + 1, () => identity.call('GET', ME, { from, as: newApiKey() }));
    await identity.expect(200, 'GET', ME, { from, as: key });
    await identity.sql('SELECT cache_epoch_bump()');
    await delay(WITHIN_MS);
    await identity.expect(200, 'GET', ME, { from, as: key });
  });

  it('is not what a logged-out tab does that still sends its token', async () => {
    const from = newAddress();
    const { access } = await identity.login(OPERATOR_EMAIL, OPERATOR_PASSWORD, from);
    await identity.expect(204, 'POST', '/api/v1/auth/logout', { as: access });
    expect(await statuses(LIMIT + 2, () => identity.call('GET', ME, { from, as: access }))).toEqual(
      Array.from({ length: LIMIT + 2 }, () => 401),
    );
  });
});

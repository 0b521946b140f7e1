/** Guessing one account's password over HTTP: how often, how long the wait, and whom it does not lock out. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  type Answer,
  TestIdentity,
  type TestUser,
  type Tokens,
  USER_PASSWORD,
} from '../factories/identity.factory.js';
import { toQueueSettings } from '../setup/application.js';
import { databaseKinds, queueKinds } from '../setup/services.js';

const LOGIN = '/api/v1/auth/login';
const ME = '/api/v1/auth/me';
const CHANGE = '/api/v1/auth/change-password';
const FAILURES = 4;
const WINDOW_S = 3_600;
const HOME = '198.51.100.1';

describe.each(databaseKinds())('guessing one account on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let user: TestUser;
  let last = 0;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, {
      ...toQueueSettings(),
      LOGIN_ACCOUNT_FAILURES: String(FAILURES),
      LOGIN_ACCOUNT_WINDOW_S: String(WINDOW_S),
    });
    operator = await identity.operator();
  });

  beforeEach(async () => {
    const made = await identity.user(operator);
    user = { ...made, ...(await identity.login(made.email, USER_PASSWORD, HOME)) };
  });

  afterAll(async () => {
    await identity.close();
  });

  /** A stranger's: nobody logged in from there before. */
  function newAddress(): string {
    last += 1;
    return `2001:db8:${last.toString(16)}::1`;
  }

  const attempt = (email: string, password: string, from: string) =>
    identity.call('POST', LOGIN, { from, body: { email, password } });

  const guess = (email = user.email, from = newAddress()) =>
    attempt(email, 'a wrong password', from);

  async function guessTimes(times: number, email = user.email): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let count = 0; count < times; count += 1) answers.push(await guess(email));
    return answers;
  }

  it('is refused after the limit from anywhere new, the right password too', async () => {
    const statuses = (await guessTimes(FAILURES + 2)).map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
    const refused = await attempt(user.email, USER_PASSWORD, newAddress());
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'auth.login_throttled', limit: FAILURES, window_s: WINDOW_S },
    });
    const waitS = Number(refused.headers['retry-after']);
    expect(waitS).toBeGreaterThan(0);
    expect(waitS).toBeLessThanOrEqual(2 * WINDOW_S);
    expect(refused.headers).toMatchObject({
      'x-ratelimit-limit': String(FAILURES),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(waitS),
    });
  });

  it('tells nothing of whether there is such an account', async () => {
    const nobody = `nobody-${newId()}@example.com`;
    const told = (answers: Answer[]) =>
      answers.map(({ status, body }) => ({ status, ...body, request_id: '' }));
    const known = told(await guessTimes(FAILURES + 1));
    expect(told(await guessTimes(FAILURES + 1, nobody))).toEqual(known);
    expect(known.at(-1)?.status).toBe(429);
  });

  it('is counted however the address is spelled', async () => {
    await guessTimes(FAILURES, ` ${user.email.toUpperCase()}`);
    expect((await guess()).status).toBe(429);
  });

  it('all at once is counted as in turn', async () => {
    const answers = await Promise.all(Array.from({ length: 5 * FAILURES }, () => guess()));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(FAILURES);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4 * FAILURES);
  });

  it('by strangers leaves the owner in, where they logged in before', async () => {
    await guessTimes(FAILURES + 1);
    expect((await attempt(user.email, USER_PASSWORD, HOME)).status).toBe(200);
    expect((await attempt(user.email, USER_PASSWORD, newAddress())).status).toBe(429);
  });

  it('by strangers touches no session, refresh, key or change of password', async () => {
    const { key } = await identity.key(user, await identity.space(user));
    await guessTimes(FAILURES + 1);
    await identity.expect(200, 'GET', ME, { as: user.access });
    await identity.expect(200, 'GET', ME, { as: key });
    const pair = await identity.expect(200, 'POST', '/api/v1/auth/refresh', {
      body: { refresh_token: user.refresh },
      from: newAddress(),
    });
    await identity.expect(200, 'POST', CHANGE, {
      as: String(pair.access_token),
      from: newAddress(),
      body: { current_password: USER_PASSWORD, new_password: 'something else entirely' },
    });
  });

  it('is limited where the owner logged in before, too', async () => {
    const answers = [];
    for (let count = 0; count <= FAILURES; count += 1) answers.push(await guess(user.email, HOME));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 429]);
    expect((await attempt(user.email, USER_PASSWORD, HOME)).status).toBe(429);
    expect((await attempt(user.email, USER_PASSWORD, newAddress())).status).toBe(200);
  });

  it('is not what somebody does who logs in often', async () => {
    const from = newAddress();
    for (let count = 0; count < 3 * FAILURES; count += 1) {
      expect((await attempt(user.email, USER_PASSWORD, from)).status).toBe(200);
    }
    await guessTimes(FAILURES - 1);
    expect((await attempt(user.email, USER_PASSWORD, newAddress())).status).toBe(200);
  });

  it('does not stop an account whose password an operator has reset', async () => {
    await guessTimes(FAILURES + 1);
    const from = newAddress();
    const url = `/api/v1/users/${user.id}/reset-password`;
    const { reset_token: token } = await identity.expect(201, 'POST', url, {
      as: operator.access,
    });
    const password = 'set anew while strangers guess';
    const body = { token, password };
    await identity.expect(204, 'POST', '/api/v1/auth/reset-password', { from, body });
    expect((await attempt(user.email, password, from)).status).toBe(200);
  });

  it('by way of a change of password is limited as well, all at once and in turn', async () => {
    const change = (current_password: string) =>
      identity.call('POST', CHANGE, {
        as: user.access,
        from: newAddress(),
        body: { current_password, new_password: 'something else entirely' },
      });
    const answers = await Promise.all(
      Array.from({ length: 3 * FAILURES }, () => change('a wrong password')),
    );
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(FAILURES);
    const refused = await change(USER_PASSWORD);
    expect(refused).toMatchObject({ status: 429, body: { code: 'auth.login_throttled' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await identity.expect(200, 'GET', ME, { as: user.access });
    expect((await attempt(user.email, USER_PASSWORD, HOME)).status).toBe(200);
  });
});

describe.each(databaseKinds())('guessing from one address on %s', (kind) => {
  const LIMIT = 3;
  let identity: TestIdentity;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, { ...toQueueSettings(), LOGIN_RPM: String(LIMIT) });
  });

  afterAll(async () => {
    await identity.close();
  });

  it('looks at no more passwords than the limit says, however many come at once', async () => {
    const from = '2001:db8:ffff::1';
    const answers = await Promise.all(
      Array.from({ length: 8 * LIMIT }, (_, index) =>
        identity.call('POST', LOGIN, {
          from,
          body: { email: `nobody${index}@example.com`, password: 'a wrong password' },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(LIMIT);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers).toMatchObject({ 'x-ratelimit-limit': String(LIMIT) });
  });

  it('counts one-time tokens that are wrong', async () => {
    const from = '2001:db8:fffe::1';
    const body = { token: 'guessed', password: 'a password that is good' };
    const statuses = [];
    for (let count = 0; count <= LIMIT; count += 1) {
      const answer = await identity.call('POST', '/api/v1/auth/reset-password', { from, body });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
  });

  it('counts nothing that was right', async () => {
    const from = '2001:db8:fffd::1';
    for (let count = 0; count < 3 * LIMIT; count += 1) {
      await identity.login('operator@atelier.local', 'a password for the tests', from);
    }
  });
});

/** Counts that processes share need a Redis, and several processes a server for the rows. */
const shared = databaseKinds().filter(
  (kind) => kind === 'postgres' && queueKinds().includes('bull'),
);

describe.each(shared)('guessing at two processes on %s', (kind) => {
  it('gets no further than at one, all at once', async () => {
    const here = await TestIdentity.open(kind, {
      ...toQueueSettings(),
      LOGIN_ACCOUNT_FAILURES: String(FAILURES),
      LOGIN_ACCOUNT_WINDOW_S: String(WINDOW_S),
    });
    const there = await here.fork();
    const { email } = await here.user(await here.operator());
    const guess = (index: number) =>
      (index % 2 === 0 ? here : there).call('POST', LOGIN, {
        from: `2001:db8:${index.toString(16)}:1::1`,
        body: { email, password: 'a wrong password' },
      });
    const answers = await Promise.all(Array.from({ length: 6 * FAILURES }, (_, i) => guess(i)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(FAILURES);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5 * FAILURES);
    await there.app.close();
    await here.close();
  });
});

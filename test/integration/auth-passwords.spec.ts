/** Passwords over HTTP on a real database: what may be one, how one is changed, and the way back when it is lost. */
import { hash } from '@node-rs/argon2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  TestIdentity,
  type TestUser,
  type Tokens,
  USER_PASSWORD,
} from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';
import { RangePasswordsSimulator } from '../simulators/range-passwords.simulator.js';

const ME = '/api/v1/auth/me';
const LOGIN = '/api/v1/auth/login';
const CHANGE = '/api/v1/auth/change-password';
const REDEEM = '/api/v1/auth/reset-password';
const REFRESH = '/api/v1/auth/refresh';
const USERS = '/api/v1/users';
const NEW_PASSWORD = 'a password that was not there before';

describe.each(databaseKinds())('passwords on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let list: RangePasswordsSimulator;
  let made = 0;

  beforeAll(async () => {
    list = await RangePasswordsSimulator.start();
    identity = await TestIdentity.open(kind, {
      BREACHED_PASSWORDS_URL: `${list.url}/`,
      OUTBOUND_ALLOW: `127.0.0.1:${list.port}`,
      PASSWORD_LENGTH_MIN: '13',
    });
    operator = await identity.operator();
  });

  afterEach(() => {
    list.fault = null;
  });

  afterAll(async () => {
    await identity.close();
    await list.stop();
  });

  function create(password: string, email?: string): Promise<Answer> {
    made += 1;
    const body = { email: email ?? `p${made}@example.com`, password, name: 'P' };
    return identity.call('POST', USERS, { as: operator.access, body });
  }

  function change(user: Tokens, current_password: string, new_password: string): Promise<Answer> {
    return identity.call('POST', CHANGE, {
      as: user.access,
      body: { current_password, new_password },
    });
  }

  async function requestReset(user: TestUser): Promise<string> {
    const url = `${USERS}/${user.id}/reset-password`;
    const answer = await identity.expect(201, 'POST', url, { as: operator.access });
    expect(Date.parse(String(answer.expires_at))).toBeGreaterThan(Date.now() + 3_600_000);
    return String(answer.reset_token);
  }

  const redeem = (token: string, password = NEW_PASSWORD) =>
    identity.call('POST', REDEEM, { body: { token, password } });

  const logIn = (user: TestUser, password: string) =>
    identity.call('POST', LOGIN, { body: { email: user.email, password } });

  describe('that are set', () => {
    it.each([
      ['shorter than the setting says', 'twelve chars', 'must have 13 to 256 characters'],
      ['tried first by everybody', 'Qwerty123456789', 'guessed first'],
      ['in a breach', 'known from somewhere else', 'breach'],
      ['the name of the service and more', 'we all love Atelier here', 'name of this service'],
      ['a few characters over and over', 'xyzxyzxyzxyzxyz', 'over and over'],
    ])('are refused when they are %s', async (_what, password, reason) => {
      list.add('known from somewhere else', 3);
      const { status, body } = await create(password);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'request.invalid' });
      expect(body.errors).toEqual([
        { field: 'password', message: expect.stringContaining(reason) },
      ]);
    });

    it('are refused when they hold the part of the address before the @', async () => {
      const { status } = await create('Grace.Hopper was here', 'grace.hopper@example.com');
      expect(status).toBe(400);
      expect((await create('Grace.Hopper was here', 'someone@example.com')).status).toBe(201);
    });

    it('need no digits, capitals or signs, and may be long and in any script', async () => {
      for (const password of ['only small letters', 'ключ от всех дверей', 'w ord'.repeat(50)]) {
        expect((await create(password)).status).toBe(201);
      }
    });

    it('are asked about by five digits of a hash, in answers of one size', async () => {
      list.requests.length = 0;
      await create('a password nobody has heard of');
      expect(list.requests).toEqual([
        { path: expect.stringMatching(/^\/range\/[0-9A-F]{5}$/), padding: 'true' },
      ]);
    });

    it('are not taken for known by a line of padding', async () => {
      list.add('a word used for padding', 0);
      expect((await create('a word used for padding')).status).toBe(201);
    });

    it.each(['hang', 'cut', 'large', 503, 429, 302] as const)(
      'are taken while the list is away (%s), all other rules kept',
      async (fault) => {
        list.fault = fault;
        list.add('known while the list is away', 9);
        expect((await create('known while the list is away')).status).toBe(201);
        expect((await create('qwerty123456789')).status).toBe(400);
      },
    );
  });

  describe('in other code points', () => {
    it('are the same password', async () => {
      const user = await identity.user(operator);
      expect((await change(user, USER_PASSWORD, 'cafe\u0301 on the corner')).status).toBe(200);
      for (const password of ['café on the corner', 'cafe\u0301 on the corner']) {
        expect((await logIn(user, password)).status).toBe(200);
      }
      expect((await logIn(user, 'cafe on the corner')).status).toBe(401);
    });

    it('still log in with a hash from before they were normalised', async () => {
      const user = await identity.user(operator);
      const password = 'cafe\u0301 from long ago';
      const set = 'UPDATE users SET password_hash = $2 WHERE id = $1';
      await identity.sql(set, [user.id, await hash(password)]);
      expect((await logIn(user, password)).status).toBe(200);
    });
  });

  describe('that are changed', () => {
    it('leave this session with new tokens and end the others', async () => {
      const user = await identity.user(operator);
      const other = await identity.login(user.email, USER_PASSWORD);
      const token = await requestReset(user);
      const { status, body } = await change(user, USER_PASSWORD, NEW_PASSWORD);
      expect({ status, type: body.token_type }).toEqual({ status: 200, type: 'Bearer' });
      for (const { access, refresh } of [user, other]) {
        await identity.expect(401, 'GET', ME, { as: access });
        const refused = await identity.call('POST', REFRESH, { body: { refresh_token: refresh } });
        expect(refused.body.code).toBe('auth.refresh_invalid');
      }
      await identity.expect(200, 'GET', ME, { as: String(body.access_token) });
      await identity.expect(200, 'POST', REFRESH, { body: { refresh_token: body.refresh_token } });
      expect((await logIn(user, USER_PASSWORD)).status).toBe(401);
      expect((await logIn(user, NEW_PASSWORD)).status).toBe(200);
      expect((await redeem(token)).status).toBe(401);
      const rows = await identity.sql(
        `SELECT action, actor_user_id, after FROM audit_events
         WHERE target_id = $1 AND action = 'user.password_changed'`,
        [user.id],
      );
      expect(rows).toEqual([
        expect.objectContaining({
          actor_user_id: user.id,
          after: { reason: 'changed', sessions_ended: 1 },
        }),
      ]);
    });

    it('change nothing when the current one is wrong, or the new one is no good', async () => {
      const user = await identity.user(operator);
      for (const [current, next, field] of [
        ['not the password', NEW_PASSWORD, 'current_password'],
        [USER_PASSWORD, 'short', 'new_password'],
        [USER_PASSWORD, 'qwerty123456789', 'new_password'],
        [USER_PASSWORD, USER_PASSWORD, 'new_password'],
      ] as const) {
        const { status, body } = await change(user, current, next);
        expect(status).toBe(400);
        expect(body.errors).toEqual([expect.objectContaining({ field })]);
      }
      await identity.expect(200, 'GET', ME, { as: user.access });
      expect((await logIn(user, USER_PASSWORD)).status).toBe(200);
    });

    it('at once from two sides have one winner', async () => {
      const user = await identity.user(operator);
      const answers = await Promise.all(
        ['the first of two new ones', 'the second of two new ones'].map((next) =>
          change(user, USER_PASSWORD, next),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      // The loser is told so, or comes after the password, or the session's tokens, were new.
      expect([400, 401, 409]).toContain(statuses.find((status) => status !== 200));
    });

    it('need a session, not a key', async () => {
      const { key } = await identity.key(operator, await identity.space(operator));
      const body = { current_password: USER_PASSWORD, new_password: NEW_PASSWORD };
      await identity.expect(403, 'POST', CHANGE, { as: key, body });
      await identity.expect(401, 'POST', CHANGE, { body });
    });
  });

  describe('that are lost', () => {
    it('are set anew with a one-time token, which ends every session', async () => {
      const user = await identity.user(operator);
      const token = await requestReset(user);
      expect((await logIn(user, USER_PASSWORD)).status).toBe(200);
      expect((await redeem(token)).status).toBe(204);
      await identity.expect(401, 'GET', ME, { as: user.access });
      await identity.expect(401, 'POST', REFRESH, { body: { refresh_token: user.refresh } });
      expect((await logIn(user, USER_PASSWORD)).status).toBe(401);
      expect((await logIn(user, NEW_PASSWORD)).status).toBe(200);
      const again = await redeem(token, 'yet another new password');
      expect(again).toMatchObject({ status: 401, body: { code: 'auth.reset_invalid' } });
      const rows = await identity.sql<{ action: string; actor_user_id: string }>(
        `SELECT action, actor_user_id, before, after FROM audit_events WHERE target_id = $1 ORDER BY id`,
        [user.id],
      );
      const actions = ['user.created', 'user.password_reset_requested', 'user.password_changed'];
      expect(rows.map(({ action }) => action)).toEqual(actions);
      expect(rows[2]?.actor_user_id).toBe(user.id);
      expect(JSON.stringify(rows)).not.toContain(token);
    });

    it('are set by one of many who redeem a token at once', async () => {
      const token = await requestReset(await identity.user(operator));
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => redeem(token, `new password number ${index}`)),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      expect(statuses).toEqual([204, 401, 401, 401, 401, 401]);
    });

    it('are not used up by a password that is refused', async () => {
      const user = await identity.user(operator);
      const token = await requestReset(user);
      for (const password of ['short', 'qwerty123456789']) {
        expect(await redeem(token, password)).toMatchObject({
          status: 400,
          body: { errors: [{ field: 'password' }] },
        });
      }
      expect((await redeem(token)).status).toBe(204);
    });

    it('are not set with a token that is unknown, replaced, ended, or of a disabled user', async () => {
      const [first, ended, disabled] = [
        await identity.user(operator),
        await identity.user(operator),
        await identity.user(operator),
      ];
      const replaced = await requestReset(first);
      const newest = await requestReset(first);
      const endedToken = await requestReset(ended);
      await identity.sql(`UPDATE password_resets SET expires_at = now() WHERE user_id = $1`, [
        ended.id,
      ]);
      const disabledToken = await requestReset(disabled);
      for (const status of ['disabled', 'active']) {
        await identity.expect(200, 'PATCH', `${USERS}/${disabled.id}`, {
          as: operator.access,
          body: { status },
        });
      }
      for (const token of ['unknown', replaced, endedToken, disabledToken]) {
        const answer = await redeem(token);
        expect(answer).toMatchObject({ status: 401, body: { code: 'auth.reset_invalid' } });
      }
      expect((await redeem(newest)).status).toBe(204);
    });

    it('leave nothing of a token but its digest', async () => {
      const token = await requestReset(await identity.user(operator));
      const rows = await identity.sql('SELECT * FROM password_resets');
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(token);
    });
  });
});

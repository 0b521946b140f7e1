/** Logins over HTTP on a real database: tokens, rotation, reuse, logout, and who may make users. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  OPERATOR_EMAIL,
  OPERATOR_PASSWORD,
  TestIdentity,
  USER_PASSWORD,
} from '../factories/identity.factory.js';
import { SessionsRepository } from '../../src/auth/domain/sessions.repository.port.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { databaseKinds } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const REFRESH = '/api/v1/auth/refresh';

/** The fields that a 400 names. */
function toFields(body: Answer['body']): string[] {
  return [...new Set((body.errors as { field: string }[]).map(({ field }) => field))];
}

describe.each(databaseKinds())('sessions on %s', (kind) => {
  let identity: TestIdentity;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
  });

  afterAll(async () => {
    await identity.close();
  });

  it('answers a login with a pair of tokens and says who they stand for', async () => {
    const answer = await identity.call('POST', '/api/v1/auth/login', {
      body: { email: ` ${OPERATOR_EMAIL.toUpperCase()} `, password: OPERATOR_PASSWORD },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 900,
    });
    const me = await identity.expect(200, 'GET', ME, { as: String(answer.body.access_token) });
    expect(me).toMatchObject({
      kind: 'user',
      email: OPERATOR_EMAIL,
      is_operator: true,
      search_space_id: null,
      scopes: null,
    });
  });

  it('answers wrong password, unknown address and disabled account alike', async () => {
    const operator = await identity.operator();
    const user = await identity.user(operator);
    await identity.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [user.id]);
    const attempts = [
      { email: OPERATOR_EMAIL, password: 'not the password' },
      { email: 'nobody@example.com', password: OPERATOR_PASSWORD },
      { email: user.email, password: USER_PASSWORD },
      { email: 'no address at all', password: OPERATOR_PASSWORD },
    ];
    const bodies = [];
    for (const body of attempts) {
      const answer = await identity.expect(401, 'POST', '/api/v1/auth/login', { body });
      bodies.push({ ...answer, request_id: '' });
    }
    expect(bodies[0]).toMatchObject({ code: 'auth.login_failed' });
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  it.each([
    [{ email: OPERATOR_EMAIL }, 'password'],
    [{ email: 1, password: OPERATOR_PASSWORD }, 'email'],
    [{ email: 'a\0b@example.com', password: OPERATOR_PASSWORD }, 'email'],
    [{ email: OPERATOR_EMAIL, password: 'x'.repeat(600) }, 'password'],
    [{ email: OPERATOR_EMAIL, password: OPERATOR_PASSWORD, otp: '1' }, 'otp'],
  ])('names the field at fault in %j', async (body, field) => {
    const answer = await identity.expect(400, 'POST', '/api/v1/auth/login', { body });
    expect(toFields(answer)).toEqual([field]);
  });

  it('exchanges a refresh token once, for tokens that work', async () => {
    const first = await identity.operator();
    const second = await identity.expect(200, 'POST', REFRESH, {
      body: { refresh_token: first.refresh },
    });
    expect(second.refresh_token).not.toBe(first.refresh);
    await identity.expect(200, 'GET', ME, { as: String(second.access_token) });
    await identity.expect(200, 'GET', ME, { as: first.access });
    await identity.expect(200, 'POST', REFRESH, { body: { refresh_token: second.refresh_token } });
  });

  it('ends the whole session when a used refresh token comes again', async () => {
    const first = await identity.operator();
    const second = await identity.expect(200, 'POST', REFRESH, {
      body: { refresh_token: first.refresh },
    });
    const reuse = await identity.expect(401, 'POST', REFRESH, {
      body: { refresh_token: first.refresh },
    });
    expect(reuse.code).toBe('auth.refresh_reused');
    const after = await identity.expect(401, 'POST', REFRESH, {
      body: { refresh_token: second.refresh_token },
    });
    expect(after.code).toBe('auth.refresh_invalid');
    for (const as of [first.access, String(second.access_token)]) {
      expect((await identity.expect(401, 'GET', ME, { as })).code).toBe('auth.credentials_invalid');
    }
  });

  it('lets one of many parallel uses of a refresh token win', async () => {
    const { refresh } = await identity.operator();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        identity.call('POST', REFRESH, { body: { refresh_token: refresh } }),
      ),
    );
    const codes = answers.map(({ status, body }) => (status === 200 ? 'won' : body.code));
    expect(codes.filter((code) => code === 'won')).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(['won', 'auth.refresh_reused']));
  });

  it('refuses refresh tokens that are unknown, ended, or of a disabled user', async () => {
    const operator = await identity.operator();
    const user = await identity.user(operator);
    const other = await identity.user(operator);
    await identity.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [user.id]);
    await identity.sql(
      `UPDATE refresh_tokens SET expires_at = now() - interval '1 second'
       WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)`,
      [other.id],
    );
    for (const refresh_token of ['unknown', user.refresh, other.refresh]) {
      const answer = await identity.expect(401, 'POST', REFRESH, { body: { refresh_token } });
      expect(answer.code).toBe('auth.refresh_invalid');
    }
  });

  it('stops access and refresh tokens at logout, and leaves other sessions alone', async () => {
    const [left, stays] = [await identity.operator(), await identity.operator()];
    await identity.expect(200, 'GET', ME, { as: left.access });
    await identity.expect(204, 'POST', '/api/v1/auth/logout', { as: left.access });
    await identity.expect(401, 'GET', ME, { as: left.access });
    await identity.expect(401, 'POST', REFRESH, { body: { refresh_token: left.refresh } });
    await identity.expect(200, 'GET', ME, { as: stays.access });
  });

  it('ends the oldest of too many sessions everywhere, and clears away ended ones', async () => {
    const user = await identity.user(await identity.operator());
    const newest = await identity.login(user.email, USER_PASSWORD);
    const left = await identity.login(user.email, USER_PASSWORD);
    await identity.expect(200, 'GET', ME, { as: user.access });
    await identity.expect(204, 'POST', '/api/v1/auth/logout', { as: left.access });
    await identity.app
      .get(UnitOfWork)
      .run((scope) => scope.get(SessionsRepository).prune(user.id, 1, new Date()));
    await identity.expect(401, 'GET', ME, { as: user.access });
    await identity.expect(200, 'GET', ME, { as: newest.access });
    const rows = await identity.sql('SELECT id FROM sessions WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(1);
  });

  it('keeps nothing of a refresh token but its digest', async () => {
    const { refresh } = await identity.operator();
    const rows = await identity.sql<object>('SELECT * FROM refresh_tokens');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(refresh);
  });

  describe('users', () => {
    it('are made by operators, once per address', async () => {
      const operator = await identity.operator();
      const body = { email: ' Grace@Example.com', password: USER_PASSWORD, name: ' Grace ' };
      const made = await identity.expect(201, 'POST', '/api/v1/users', {
        as: operator.access,
        body,
      });
      expect(made).toMatchObject({
        email: 'grace@example.com',
        name: 'Grace',
        is_operator: false,
        status: 'active',
      });
      expect(JSON.stringify(made)).not.toContain('argon2');
      const again = { ...body, email: 'grace@example.COM' };
      const conflict = await identity.expect(409, 'POST', '/api/v1/users', {
        as: operator.access,
        body: again,
      });
      expect(conflict.errors).toEqual([{ field: 'email', message: 'is in use' }]);
      const [row] = await identity.sql<{ password_hash: string }>(
        'SELECT password_hash FROM users WHERE email = $1',
        ['grace@example.com'],
      );
      expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });

    it('race for an address to one winner', async () => {
      const operator = await identity.operator();
      const body = { email: 'race@example.com', password: USER_PASSWORD, name: 'Race' };
      const answers = await Promise.all(
        Array.from({ length: 4 }, () =>
          identity.call('POST', '/api/v1/users', { as: operator.access, body }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
    });

    it('are refused a password that is too short or their address', async () => {
      const operator = await identity.operator();
      for (const password of ['short', 'harriet@example.com']) {
        const body = { email: 'harriet@example.com', password, name: 'Harriet' };
        const answer = await identity.expect(400, 'POST', '/api/v1/users', {
          as: operator.access,
          body,
        });
        expect(toFields(answer)).toEqual(['password']);
      }
    });

    it('are neither made nor listed by those who are no operators', async () => {
      const user = await identity.user(await identity.operator());
      const body = {
        email: 'x@example.com',
        password: USER_PASSWORD,
        name: 'X',
        is_operator: true,
      };
      const made = await identity.expect(403, 'POST', '/api/v1/users', { as: user.access, body });
      expect(made.code).toBe('rbac.operator_required');
      await identity.expect(403, 'GET', '/api/v1/users', { as: user.access });
      await identity.expect(401, 'GET', '/api/v1/users');
    });

    it('are listed in pages, newest first', async () => {
      const operator = await identity.operator();
      const names: unknown[] = [];
      let cursor: string | null = '';
      for (let pages = 0; cursor !== null && pages < 50; pages += 1) {
        const query = cursor === '' ? '' : `&cursor=${cursor}`;
        const page = await identity.expect(200, 'GET', `/api/v1/users?limit=2${query}`, {
          as: operator.access,
        });
        names.push(...(page.data as { email: string }[]).map(({ email }) => email));
        cursor = page.next_cursor as string | null;
      }
      expect(new Set(names).size).toBe(names.length);
      expect(names.at(-1)).toBe(OPERATOR_EMAIL);
      for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=!', 'cursor=YWJj']) {
        await identity.expect(400, 'GET', `/api/v1/users?${query}`, { as: operator.access });
      }
    });
  });
});

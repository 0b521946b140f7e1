/** A user's look at their own sessions and account over HTTP on a real database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SessionsService } from '../../src/auth/sessions.service.js';
import {
  OPERATOR_PASSWORD,
  TestIdentity,
  type TestUser,
  type Tokens,
  USER_PASSWORD,
} from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const SESSIONS = '/api/v1/auth/sessions';
const REFRESH = '/api/v1/auth/refresh';
const SESSIONS_MAX = 4;

interface Seen {
  id: string;
  created_at: string;
  last_used_at: string;
  address: string | null;
  user_agent: string | null;
  is_current: boolean;
}

describe.each(databaseKinds())('own sessions on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, { SESSIONS_MAX: String(SESSIONS_MAX) });
    operator = await identity.operator();
  });

  afterAll(async () => {
    await identity.close();
  });

  async function list(as: string, query = ''): Promise<Seen[]> {
    return (await identity.expect(200, 'GET', `${SESSIONS}${query}`, { as })).data as Seen[];
  }

  async function loginFrom(user: TestUser, address: string, agent: string): Promise<Tokens> {
    const body = await identity.expect(200, 'POST', '/api/v1/auth/login', {
      body: { email: user.email, password: USER_PASSWORD },
      headers: { 'user-agent': agent },
      from: address,
    });
    return { access: String(body.access_token), refresh: String(body.refresh_token) };
  }

  it('are listed newest first, with where they come from, in pages', async () => {
    const user = await identity.user(operator);
    const second = await loginFrom(user, '203.0.113.7', `agent/1.0 ${'x'.repeat(500)}`);
    const seen = await list(second.access);
    expect(seen.map(({ is_current }) => is_current)).toEqual([true, false]);
    expect(seen[0]).toEqual({
      id: expect.any(String),
      created_at: expect.any(String),
      last_used_at: seen[0]?.created_at,
      address: '203.0.113.7',
      user_agent: `agent/1.0 ${'x'.repeat(190)}`,
      is_current: true,
    });
    const page = await identity.expect(200, 'GET', `${SESSIONS}?limit=1`, { as: second.access });
    expect(page.data).toHaveLength(1);
    const rest = await list(second.access, `?cursor=${String(page.next_cursor)}`);
    expect(rest.map(({ id }) => id)).toEqual([seen[1]?.id]);
    for (const query of ['?limit=101', '?cursor=!', '?user_id=x']) {
      await identity.expect(400, 'GET', `${SESSIONS}${query}`, { as: second.access });
    }
  });

  it('say when and from where they were refreshed', async () => {
    const user = await identity.user(operator);
    const [before] = await list(user.access);
    const pair = await identity.expect(200, 'POST', REFRESH, {
      body: { refresh_token: user.refresh },
      headers: { 'user-agent': 'moved' },
      from: '203.0.113.8',
    });
    const [after] = await list(String(pair.access_token));
    expect(after).toMatchObject({ id: before?.id, address: '203.0.113.8', user_agent: 'moved' });
    expect(Date.parse(after!.last_used_at)).toBeGreaterThan(Date.parse(before!.last_used_at));
    expect(after?.created_at).toBe(before?.created_at);
  });

  it('are ended one by one by their owner; another user cannot tell theirs from none', async () => {
    const user = await identity.user(operator);
    const stranger = await identity.user(operator);
    const second = await identity.login(user.email, USER_PASSWORD);
    const [, first] = await list(second.access);
    for (const [as, id] of [
      [stranger.access, first!.id],
      [user.access, newId()],
      [user.access, 'x'],
    ] as const) {
      const answer = await identity.expect(404, 'DELETE', `${SESSIONS}/${id}`, { as });
      expect(answer.code).toBe('request.not_found');
    }
    await identity.expect(200, 'GET', ME, { as: user.access });
    await identity.expect(204, 'DELETE', `${SESSIONS}/${first!.id}`, { as: second.access });
    await identity.expect(401, 'GET', ME, { as: user.access });
    const refused = await identity.expect(401, 'POST', REFRESH, {
      body: { refresh_token: user.refresh },
    });
    expect(refused.code).toBe('auth.refresh_invalid');
    await identity.expect(404, 'DELETE', `${SESSIONS}/${first!.id}`, { as: second.access });
    expect(await list(second.access)).toHaveLength(1);
    const rows = await identity.sql(
      `SELECT actor_user_id FROM audit_events WHERE action = 'session.revoked' AND target_id = $1`,
      [first!.id],
    );
    expect(rows).toEqual([{ actor_user_id: user.id }]);
  });

  it('are all ended but the one that asks', async () => {
    const user = await identity.user(operator);
    const others = [user, await identity.login(user.email, USER_PASSWORD)];
    const here = await identity.login(user.email, USER_PASSWORD);
    const stranger = await identity.user(operator);
    await identity.expect(204, 'DELETE', SESSIONS, { as: here.access });
    for (const { access } of others) await identity.expect(401, 'GET', ME, { as: access });
    await identity.expect(200, 'GET', ME, { as: here.access });
    await identity.expect(200, 'GET', ME, { as: stranger.access });
    await identity.expect(204, 'DELETE', SESSIONS, { as: here.access });
  });

  it('are bounded: one too many ends the oldest, however many log in at once', async () => {
    const user = await identity.user(operator);
    await Promise.all(
      Array.from({ length: SESSIONS_MAX + 2 }, () => identity.login(user.email, USER_PASSWORD)),
    );
    const newest = await identity.login(user.email, USER_PASSWORD);
    expect(await list(newest.access)).toHaveLength(SESSIONS_MAX);
    await identity.expect(401, 'GET', ME, { as: user.access });
  });

  it('do not open for a user who was changed since the password was looked at', async () => {
    const user = await identity.user(operator);
    const client = { address: '192.0.2.1', userAgent: null };
    const sessions = identity.app.get(SessionsService);
    const stale = sessions.open({ id: user.id, version: 7 }, client);
    await expect(stale).rejects.toMatchObject({ code: 'auth.login_failed' });
    await identity.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [user.id]);
    const disabled = sessions.open({ id: user.id, version: 1 }, client);
    await expect(disabled).rejects.toMatchObject({ code: 'auth.login_failed' });
  });

  it('are for sessions alone, not for keys', async () => {
    const { key } = await identity.key(operator, await identity.space(operator));
    await identity.expect(403, 'GET', SESSIONS, { as: key });
    await identity.expect(403, 'DELETE', SESSIONS, { as: key });
    await identity.expect(403, 'PATCH', ME, { as: key, body: { name: 'Key' } });
    await identity.expect(401, 'GET', SESSIONS);
  });

  it('record the login of an operator, and of nobody else', async () => {
    const user = await identity.user(operator);
    const rows = await identity.sql<{ actor_user_id: string }>(
      `SELECT actor_user_id FROM audit_events WHERE action LIKE 'auth.%'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ actor_user_id }) => actor_user_id)).not.toContain(user.id);
  });

  describe('one’s own account', () => {
    it('is renamed', async () => {
      const user = await identity.user(operator);
      const renamed = await identity.expect(200, 'PATCH', ME, {
        as: user.access,
        body: { name: ' Ada ' },
      });
      expect(renamed).toMatchObject({ id: user.id, name: 'Ada', email: user.email });
      expect(await identity.expect(200, 'GET', ME, { as: user.access })).toEqual(renamed);
    });

    it('is not changed in any other field, whatever is sent', async () => {
      const user = await identity.user(operator);
      const read = () => identity.sql('SELECT * FROM users WHERE id = $1', [user.id]);
      const before = await read();
      const fields = {
        id: newId(),
        email: 'taken@example.com',
        is_operator: true,
        isOperator: true,
        status: 'disabled',
        version: 9,
        kind: 'service_account',
        home_space_id: newId(),
        password: OPERATOR_PASSWORD,
        password_hash: 'x',
        passwordHash: 'x',
        created_at: '2020-01-01T00:00:00Z',
        user_id: newId(),
        scopes: ['*'],
      };
      for (const [name, value] of Object.entries(fields)) {
        const body = { name: 'Mallory', [name]: value };
        const answer = await identity.expect(400, 'PATCH', ME, { as: user.access, body });
        expect(answer.errors).toEqual([expect.objectContaining({ field: name })]);
      }
      await identity.expect(400, 'PATCH', ME, { as: user.access, body: {} });
      const prototype = '{"name":"Mallory","__proto__":{"isOperator":true}}';
      const sent = await identity.app.inject({
        method: 'PATCH',
        url: ME,
        headers: { authorization: `Bearer ${user.access}`, 'content-type': 'application/json' },
        payload: prototype,
      });
      expect(sent.statusCode).toBe(400);
      expect(await read()).toEqual(before);
    });
  });
});

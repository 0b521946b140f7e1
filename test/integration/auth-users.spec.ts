/** What operators do with accounts over HTTP on a real database: find, change, disable; and that one operator is always left. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  OPERATOR_EMAIL,
  OPERATOR_PASSWORD,
  TestIdentity,
  type Tokens,
  USER_PASSWORD,
} from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const USERS = '/api/v1/users';
const ME = '/api/v1/auth/me';
const LOGIN = '/api/v1/auth/login';
const ROUNDS = 6;

interface AuditRow {
  action: string;
  actor_user_id: string | null;
  before: object | null;
  after: object | null;
}

describe.each(databaseKinds())('accounts on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let operatorId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
  });

  beforeEach(async () => {
    operator = await identity.operator();
    operatorId = String((await identity.expect(200, 'GET', ME, { as: operator.access })).id);
  });

  afterAll(async () => {
    await identity.close();
  });

  const patch = (id: string, body: object, as = operator.access) =>
    identity.call('PATCH', `${USERS}/${id}`, { as, body });

  async function emailsOf(query: string): Promise<string[]> {
    const page = await identity.expect(200, 'GET', `${USERS}?${query}`, { as: operator.access });
    return (page.data as { email: string }[]).map(({ email }) => email);
  }

  function auditOf(id: string): Promise<AuditRow[]> {
    return identity.sql<AuditRow>(
      `SELECT action, actor_user_id, before, after FROM audit_events WHERE target_id = $1 ORDER BY id`,
      [id],
    );
  }

  async function makeOperator(): Promise<Tokens & { id: string }> {
    const user = await identity.user(operator);
    expect((await patch(user.id, { is_operator: true })).status).toBe(200);
    return { id: user.id, ...(await identity.login(user.email, USER_PASSWORD)) };
  }

  function countOperators(): Promise<{ count: number }[]> {
    return identity.sql<{ count: number }>(
      `SELECT count(*)::integer AS count FROM users WHERE is_operator AND status = 'active'`,
    );
  }

  it('are found by the beginning of the address and by status', async () => {
    const make = async (email: string): Promise<string> => {
      const body = { email, password: USER_PASSWORD, name: 'Found' };
      return String((await identity.expect(201, 'POST', USERS, { as: operator.access, body })).id);
    };
    await make('find_me@example.com');
    const findXme = await make('findxme@example.com');
    expect(await emailsOf('query=FIND')).toEqual(['findxme@example.com', 'find_me@example.com']);
    expect(await emailsOf('query=find_')).toEqual(['find_me@example.com']);
    expect(await emailsOf('query=%25')).toEqual([]);
    expect(await emailsOf('query=me@example.com')).toEqual([]);
    await identity.expect(200, 'PATCH', `${USERS}/${findXme}`, {
      as: operator.access,
      body: { status: 'disabled' },
    });
    expect(await emailsOf('query=find&status=disabled')).toEqual(['findxme@example.com']);
    expect(await emailsOf('query=find&status=active')).toEqual(['find_me@example.com']);
    expect(await emailsOf('query=find&limit=1')).toEqual(['findxme@example.com']);
  });

  it.each(['status=deleted', `query=${'x'.repeat(300)}`, 'query=', 'name=x', 'query=a&query=b'])(
    'are not looked for by ?%s',
    async (query) => {
      await identity.expect(400, 'GET', `${USERS}?${query}`, { as: operator.access });
    },
  );

  it('are read one by one; what is missing or no id is the same 404', async () => {
    const user = await identity.user(operator);
    const found = await identity.expect(200, 'GET', `${USERS}/${user.id}`, {
      as: operator.access,
    });
    expect(found).toMatchObject({ id: user.id, email: user.email, status: 'active' });
    expect(JSON.stringify(found)).not.toMatch(/hash|argon|version/);
    for (const id of [newId(), 'x']) {
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { name: 'X' }],
        ['POST', '/reset-password', undefined],
        ['POST', '/revoke-sessions', undefined],
      ] as const) {
        const url = `${USERS}/${id}${path}`;
        const answer = await identity.expect(404, method, url, { as: operator.access, body });
        expect(answer.code).toBe('request.not_found');
      }
    }
  });

  it('are changed with a record of who changed what', async () => {
    const user = await identity.user(operator);
    const answer = await patch(user.id, { name: ' Ada ', is_operator: true });
    expect(answer).toMatchObject({ status: 200, body: { name: 'Ada', is_operator: true } });
    await patch(user.id, { status: 'disabled', is_operator: false });
    await patch(user.id, { status: 'active' });
    expect((await patch(user.id, { status: 'active', name: 'Ada' })).status).toBe(200);
    const rows = await auditOf(user.id);
    expect(rows.map(({ action }) => action)).toEqual([
      'user.created',
      'user.updated',
      'user.updated',
      'user.disabled',
      'user.enabled',
    ]);
    expect(rows[1]).toMatchObject({
      actor_user_id: operatorId,
      before: { is_operator: false },
      after: { name: 'Ada', is_operator: true },
    });
    expect(JSON.stringify(rows)).not.toContain(USER_PASSWORD);
  });

  it.each([
    [{}],
    [{ name: null }],
    [{ name: ' ' }],
    [{ status: 'deleted' }],
    [{ status: null }],
    [{ is_operator: 'yes' }],
    [{ is_operator: null }],
    [{ email: 'other@example.com' }],
    [{ name: 'Ada', version: 7 }],
    [{ name: 'Ada', password: 'a password that is set' }],
    [{ name: 'Ada', password_hash: 'x' }],
  ])('are not changed by %j', async (body) => {
    const user = await identity.user(operator);
    const read = () => identity.sql('SELECT * FROM users WHERE id = $1', [user.id]);
    const before = await read();
    expect((await patch(user.id, body)).status).toBe(400);
    expect(await read()).toEqual(before);
  });

  it('that are disabled have no login, session, refresh or key; enabled ones have their keys back', async () => {
    const user = await identity.user(operator);
    const spaceId = await identity.space(user);
    const { key } = await identity.key(user, spaceId);
    const credentials = { email: user.email, password: USER_PASSWORD };
    await identity.expect(200, 'GET', ME, { as: key });
    await identity.expect(200, 'GET', ME, { as: user.access });
    expect(await patch(user.id, { status: 'disabled' })).toMatchObject({
      status: 200,
      body: { status: 'disabled' },
    });
    await identity.expect(401, 'GET', ME, { as: key });
    await identity.expect(401, 'GET', ME, { as: user.access });
    const refresh = { body: { refresh_token: user.refresh } };
    await identity.expect(401, 'POST', '/api/v1/auth/refresh', refresh);
    await identity.expect(401, 'POST', LOGIN, { body: credentials });
    await identity.expect(409, 'POST', `${USERS}/${user.id}/reset-password`, {
      as: operator.access,
    });
    expect((await patch(user.id, { status: 'active' })).status).toBe(200);
    await identity.expect(200, 'GET', ME, { as: key });
    await identity.expect(401, 'GET', ME, { as: user.access });
    await identity.expect(401, 'POST', '/api/v1/auth/refresh', refresh);
    await identity.expect(200, 'POST', LOGIN, { body: credentials });
  });

  it('that lose their rank lose it in the sessions they have', async () => {
    const other = await makeOperator();
    await identity.expect(200, 'GET', USERS, { as: other.access });
    expect((await patch(other.id, { is_operator: false })).status).toBe(200);
    await identity.expect(401, 'GET', USERS, { as: other.access });
    const pair = await identity.expect(200, 'POST', '/api/v1/auth/refresh', {
      body: { refresh_token: other.refresh },
    });
    await identity.expect(403, 'GET', USERS, { as: String(pair.access_token) });
  });

  it('have their sessions ended by an operator, and their keys left', async () => {
    const user = await identity.user(operator);
    const { key } = await identity.key(user, await identity.space(user));
    const url = `${USERS}/${user.id}/revoke-sessions`;
    await identity.expect(204, 'POST', url, { as: operator.access });
    await identity.expect(401, 'GET', ME, { as: user.access });
    await identity.expect(200, 'GET', ME, { as: key });
    expect((await auditOf(user.id)).at(-1)).toMatchObject({
      action: 'session.revoked',
      actor_user_id: operatorId,
      after: { sessions_ended: 1 },
    });
  });

  it('are run by operators in a session alone, and deleted by nobody', async () => {
    const user = await identity.user(operator);
    const { key } = await identity.key(operator, await identity.space(operator));
    const url = `${USERS}/${user.id}`;
    for (const as of [user.access, key]) {
      await identity.expect(403, 'GET', url, { as });
      await identity.expect(403, 'PATCH', url, { as, body: { is_operator: true } });
      await identity.expect(403, 'POST', `${url}/reset-password`, { as });
      await identity.expect(403, 'POST', `${url}/revoke-sessions`, { as });
    }
    await identity.expect(401, 'PATCH', url, { body: { is_operator: true } });
    const deletion = await identity.call('DELETE', url, { as: operator.access });
    expect([404, 405]).toContain(deletion.status);
    await identity.expect(200, 'GET', ME, { as: user.access });
  });

  it('refuse to lose their last operator', async () => {
    for (const body of [{ status: 'disabled' }, { is_operator: false }]) {
      const answer = await patch(operatorId, body);
      expect(answer).toMatchObject({ status: 409, body: { code: 'request.conflict' } });
      expect((answer.body.errors as { field: string }[])[0]?.field).toBe(Object.keys(body)[0]);
    }
    expect((await patch(operatorId, { name: 'The last' })).status).toBe(200);
    await identity.expect(200, 'GET', USERS, { as: operator.access });
  });

  /** An identity at a provider of its own, whose id it answers. */
  async function linkToProvider(userId: string): Promise<string> {
    const id = newId();
    await identity.sql(
      `INSERT INTO identity_providers (id, slug, name, issuer_url, client_id, scopes, email_claim, name_claim,
         audiences, allow_sign_up, require_verified_email, allow_operator_password, is_enabled, created_at, updated_at)
       VALUES ($1, $2, 'A', 'https://issuer.example', 'a', '{}', 'email', 'name', '{}', true, true, true, true,
         now(), now())`,
      [id, `p-${id.slice(-12)}`],
    );
    await identity.sql(
      `INSERT INTO user_identities (id, user_id, provider_id, issuer, subject, created_at, last_login_at)
       VALUES ($1, $2, $3, 'https://issuer.example', 'one', now(), now())`,
      [newId(), userId, id],
    );
    return id;
  }

  it('do not count an operator who has no way to log in', async () => {
    const other = await makeOperator();
    await identity.sql('UPDATE users SET password_hash = NULL WHERE id = $1', [other.id]);
    expect((await patch(operatorId, { status: 'disabled' })).status).toBe(409);
    const providerId = await linkToProvider(other.id);
    await identity.sql('UPDATE identity_providers SET is_enabled = false WHERE id = $1', [
      providerId,
    ]);
    expect((await patch(operatorId, { status: 'disabled' })).status).toBe(409);
    expect((await patch(other.id, { is_operator: false })).status).toBe(200);
  });

  it('that are no persons are not theirs to change', async () => {
    const id = newId();
    await identity.sql(
      `INSERT INTO users (id, email, name, password_hash, kind, home_space_id, created_at)
       VALUES ($1::uuid, $1 || '@service.invalid', 'Robot', '!', 'service_account', $2, now())`,
      [id, await identity.space(operator)],
    );
    const url = `${USERS}/${id}`;
    await identity.expect(404, 'GET', url, { as: operator.access });
    for (const body of [{ is_operator: true }, { status: 'disabled' }]) {
      expect((await patch(id, body)).status).toBe(404);
    }
    for (const path of ['reset-password', 'revoke-sessions']) {
      await identity.expect(404, 'POST', `${url}/${path}`, { as: operator.access });
    }
  });

  it('keep one operator when several take each other down at once', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const here = await identity.operator();
      operator = here;
      const others = [await makeOperator(), await makeOperator()];
      const all = [{ id: operatorId, ...here }, ...others];
      const body = round % 2 === 0 ? { status: 'disabled' } : { is_operator: false };
      const answers = await Promise.all(
        all.map(({ access }, index) => patch(all[(index + 1) % all.length]!.id, body, access)),
      );
      for (const { status } of answers) expect([200, 401, 403, 409]).toContain(status);
      const [left] = await countOperators();
      expect(left?.count).toBe(1);
      // The next round begins with the first operator again, whoever is left.
      await identity.sql(
        `UPDATE users SET is_operator = id = $1, status = 'active' WHERE is_operator OR id = $1`,
        [operatorId],
      );
      await identity.sql('SELECT cache_epoch_bump()');
      await expect
        .poll(() => identity.call('POST', LOGIN, { body: operatorLogin }), { timeout: 30_000 })
        .toMatchObject({ status: 200 });
    }
  });
});

const operatorLogin = { email: OPERATOR_EMAIL, password: OPERATOR_PASSWORD };

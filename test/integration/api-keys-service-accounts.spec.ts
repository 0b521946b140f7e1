/** Service accounts over HTTP on a real database: keys without a person, no wider than who makes them, gone when deleted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type Tokens, type TestUser } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const KEYS = '/api/v1/api-keys';

describe.each(databaseKinds())('service accounts on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let manager: TestUser;
  let editor: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, manager, editor] = [
      await identity.user(operator),
      await identity.user(operator),
      await identity.user(operator),
    ];
    spaceId = await identity.space(owner);
    await identity.sql(
      `INSERT INTO roles (id, search_space_id, name, permissions)
       SELECT $1, search_space_id, 'Key manager', permissions || '{api_access:manage}'::text[]
       FROM roles WHERE search_space_id = $2 AND name = 'Editor'`,
      [newId(), spaceId],
    );
    await identity.sql(
      `INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, 'Cleaner', $3)`,
      [newId(), spaceId, ['image_generations:read', 'image_generations:delete']],
    );
    await identity.join(owner, spaceId, manager.email, 'Key manager');
    await identity.join(owner, spaceId, editor.email, 'Editor');
  });

  afterAll(() => identity.close());

  const path = (rest = '', space = spaceId) =>
    `/api/v1/search-spaces/${space}/service-accounts${rest}`;
  const make = async (by: Tokens, role = 'Editor') => {
    const body = { name: ' Renderer ', role };
    return String((await identity.expect(201, 'POST', path(), { as: by.access, body })).id);
  };
  const keyFor = (by: Tokens, accountId: string, more: object = {}) =>
    identity.key(by, spaceId, { service_account_id: accountId, ...more });

  it('are made by who manages API access, with a role no wider than theirs', async () => {
    const id = await make(manager);
    const { data } = await identity.expect(200, 'GET', path(), { as: manager.access });
    expect(data).toMatchObject([
      { id, name: 'Renderer', role: 'Editor', search_space_id: spaceId },
    ]);
    const body = { name: 'Too much', role: 'Cleaner' };
    const wide = await identity.expect(403, 'POST', path(), { as: manager.access, body });
    expect(wide.permission).toBe('image_generations:delete');
    for (const role of ['Owner', 'No role']) {
      await identity.expect(400, 'POST', path(), { as: owner.access, body: { name: 'X', role } });
    }
    const fine = { name: 'X', role: 'Viewer' };
    await identity.expect(403, 'POST', path(), { as: editor.access, body: fine });
    await identity.expect(403, 'GET', path(), { as: editor.access });
    await identity.expect(404, 'POST', path(), { as: operator.access, body: fine });
    await identity.expect(404, 'GET', path(), { as: operator.access });
    const { key } = await identity.key(owner, spaceId);
    await identity.expect(403, 'POST', path(), { as: key, body: fine });
  });

  it('work through keys within their role, made by who holds all of it', async () => {
    const id = await make(manager);
    const { key, id: keyId } = await keyFor(manager, id);
    expect(await identity.expect(200, 'GET', ME, { as: key })).toMatchObject({
      kind: 'api_key',
      user_id: id,
      is_operator: false,
    });
    await identity.expect(201, 'POST', '/probe/body', {
      as: key,
      body: { search_space_id: spaceId },
    });
    expect(
      await identity.expect(200, 'GET', `${KEYS}/${keyId}`, { as: manager.access }),
    ).toMatchObject({
      service_account_id: id,
      user_id: id,
    });
    const cleaner = await make(owner, 'Cleaner');
    const body = (account: string, scopes: string[]) => ({
      body: { name: 'A key', search_space_id: spaceId, service_account_id: account, scopes },
    });
    const attempts: [number, Tokens, string, string[]][] = [
      [403, manager, cleaner, ['images.read']],
      [403, editor, id, ['images.read']],
      [403, owner, id, ['images.delete']],
      [403, owner, id, ['admin.cache']],
      [404, owner, newId(), ['images.read']],
      [404, owner, 'x', ['images.read']],
      [404, operator, id, ['images.read']],
      // A person is no service account, whoever asks.
      [404, owner, editor.id, ['images.read']],
      [404, owner, owner.id, ['images.read']],
    ];
    for (const [status, by, account, scopes] of attempts) {
      await identity.expect(status, 'POST', KEYS, { as: by.access, ...body(account, scopes) });
    }
  });

  it('give a new secret to who holds all that they hold, and to no one else', async () => {
    const { id } = await keyFor(owner, await make(owner, 'Cleaner'), { scopes: ['images.read'] });
    const url = `${KEYS}/${id}/rotate`;
    await identity.expect(403, 'POST', url, { as: manager.access, body: {} });
    await identity.expect(404, 'POST', url, { as: editor.access, body: {} });
    const widened = { scopes: ['images.read', 'images.delete'] };
    await identity.expect(403, 'PATCH', `${KEYS}/${id}`, { as: manager.access, body: widened });
    await identity.expect(200, 'PATCH', `${KEYS}/${id}`, { as: owner.access, body: widened });
    const { key } = await identity.expect(200, 'POST', url, { as: owner.access, body: {} });
    await identity.expect(200, 'GET', ME, { as: String(key) });
  });

  it('are held to their role as it is now', async () => {
    const id = await make(owner);
    const { key } = await keyFor(owner, id);
    const body = { search_space_id: spaceId };
    await identity.expect(201, 'POST', '/probe/body', { as: key, body });
    await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${id}`, {
      as: owner.access,
      body: { role: 'Viewer' },
    });
    await identity.expect(403, 'POST', '/probe/body', { as: key, body });
  });

  it('outlive who made them and end when they are deleted, with every key', async () => {
    const maker = await identity.user(operator);
    await identity.join(owner, spaceId, maker.email, 'Key manager');
    const id = await make(maker);
    const keys = [(await keyFor(maker, id)).key, (await keyFor(manager, id)).key];
    await identity.expect(204, 'DELETE', `/api/v1/search-spaces/${spaceId}/members/${maker.id}`, {
      as: owner.access,
    });
    const body = { search_space_id: spaceId };
    for (const as of keys) await identity.expect(201, 'POST', '/probe/body', { as, body });
    await identity.expect(403, 'DELETE', path(`/${id}`), { as: editor.access });
    await identity.expect(404, 'DELETE', path(`/${id}`), { as: maker.access });
    await identity.expect(204, 'DELETE', path(`/${id}`), { as: manager.access });
    for (const as of keys) await identity.expect(401, 'GET', ME, { as });
    await identity.expect(404, 'DELETE', path(`/${id}`), { as: manager.access });
    await identity.expect(404, 'POST', KEYS, {
      as: owner.access,
      body: { name: 'A key', search_space_id: spaceId, service_account_id: id },
    });
    const trail = await identity.sql<{ action: string }>(
      'SELECT action FROM audit_events WHERE target_id = $1 ORDER BY id',
      [id],
    );
    expect(trail.map(({ action }) => action)).toEqual([
      'service_account.created',
      'service_account.deleted',
    ]);
  });

  it('cannot be deleted by who holds less than they do', async () => {
    const id = await make(owner, 'Cleaner');
    const { key } = await keyFor(owner, id, { scopes: ['images.read'] });
    await identity.expect(403, 'DELETE', path(`/${id}`), { as: manager.access });
    await identity.expect(200, 'GET', ME, { as: key });
  });

  it('are of one space: elsewhere they are not there', async () => {
    const other = await identity.space(owner);
    const id = await make(owner);
    await identity.expect(404, 'DELETE', path(`/${id}`, other), { as: owner.access });
    const body = { name: 'A key', search_space_id: other, service_account_id: id };
    await identity.expect(404, 'POST', KEYS, { as: owner.access, body });
    const [row] = await identity.sql<{ email: string }>('SELECT email FROM users WHERE id = $1', [
      id,
    ]);
    await identity.expect(404, 'POST', `/api/v1/search-spaces/${other}/members`, {
      as: owner.access,
      body: { email: row?.email, role: 'Editor' },
    });
  });

  it('are no users: they are not listed, cannot log in, and own nothing', async () => {
    const id = await make(owner);
    const [row] = await identity.sql<{ email: string }>('SELECT email FROM users WHERE id = $1', [
      id,
    ]);
    const email = String(row?.email);
    const users = await identity.expect(200, 'GET', '/api/v1/users?limit=100', {
      as: operator.access,
    });
    expect(JSON.stringify(users)).not.toContain(id);
    for (const password of ['!', 'a password for the account']) {
      await identity.expect(401, 'POST', '/api/v1/auth/login', { body: { email, password } });
    }
    const forbidden: [string, unknown[]][] = [
      [
        `INSERT INTO sessions (id, user_id, created_at, expires_at, last_used_at)
        VALUES ($1, $2, now(), now(), now())`,
        [newId(), id],
      ],
      [`UPDATE memberships SET is_owner = true WHERE user_id = $1`, [id]],
      [`UPDATE users SET is_operator = true WHERE id = $1`, [id]],
      [`UPDATE users SET password_hash = 'x' WHERE id = $1`, [id]],
      [`UPDATE users SET kind = 'person' WHERE id = $1`, [id]],
    ];
    for (const [text, values] of forbidden) {
      await expect(identity.sql(text, values)).rejects.toMatchObject({ code: '23514' });
    }
    const transfer = await identity.call(
      'POST',
      `/api/v1/search-spaces/${spaceId}/transfer-ownership`,
      {
        as: owner.access,
        body: { user_id: id },
      },
    );
    expect(transfer.status).toBe(400);
  });
});

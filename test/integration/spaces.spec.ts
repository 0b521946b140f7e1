/** Search spaces over HTTP on a real database, and the first start: what it makes, once, and what it prints. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newApiKey } from '../../src/auth/domain/api-key.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { FirstStartService } from '../../src/spaces/first-start.service.js';
import { SpaceHooks } from '../../src/spaces/space-hooks.js';
import {
  OPERATOR_EMAIL,
  TestIdentity,
  type Tokens,
  type TestUser,
} from '../factories/identity.factory.js';
import { createTestDatabase } from '../setup/database.js';
import { startIdentity } from '../setup/identity-application.js';
import { databaseKinds } from '../setup/services.js';

const SPACES = '/api/v1/search-spaces';

describe.each(databaseKinds())('search spaces on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    owner = await identity.user(operator);
  });

  afterAll(async () => {
    await identity.close();
  });

  it('belong to who made them, with three system roles', async () => {
    const body = { name: ' Marketing ', description: 'Pictures\nfor campaigns' };
    const made = await identity.expect(201, 'POST', SPACES, { as: owner.access, body });
    expect(made).toMatchObject({
      name: 'Marketing',
      description: body.description,
      api_access_enabled: true,
    });
    const url = `${SPACES}/${String(made.id)}`;
    expect(await identity.expect(200, 'GET', url, { as: owner.access })).toEqual(made);
    const roles = await identity.expect(200, 'GET', `${url}/roles`, { as: owner.access });
    expect(roles.data).toEqual([
      expect.objectContaining({ name: 'Editor', is_default: true, is_system: true }),
      expect.objectContaining({
        name: 'Owner',
        permissions: ['*'],
        is_default: false,
        is_system: true,
      }),
      expect.objectContaining({ name: 'Viewer', is_default: false, is_system: true }),
    ]);
    const members = await identity.expect(200, 'GET', `${url}/members`, { as: owner.access });
    expect(members.data).toEqual([
      expect.objectContaining({ user_id: owner.id, role: 'Owner', is_owner: true }),
    ]);
  });

  it.each([
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: '' }, 'name'],
    [{ name: ' \t' }, 'name'],
    [{ name: null }, 'name'],
    [{ name: 'A', description: 'x'.repeat(501) }, 'description'],
    [{ name: 'A', description: 'a\0b' }, 'description'],
    [{ name: 'A', description: null }, 'description'],
    [{ name: 'A', owner: 'me' }, 'owner'],
  ])('refuse %j and name the field', async (body, field) => {
    const answer = await identity.expect(400, 'POST', SPACES, { as: owner.access, body });
    const fields = (answer.errors as { field: string }[]).map((error) => error.field);
    expect(new Set(fields)).toEqual(new Set([field]));
  });

  it('are listed to their members alone, in pages, and to a key its own', async () => {
    const user = await identity.user(operator);
    const [first, second, third] = [
      await identity.space(user, 'First'),
      await identity.space(user, 'Second'),
      await identity.space(user, 'Third'),
    ];
    const list = async (as: string, query = '') => {
      const page = await identity.expect(200, 'GET', `${SPACES}${query}`, { as });
      return { ids: (page.data as { id: string }[]).map(({ id }) => id), next: page.next_cursor };
    };
    expect((await list(user.access)).ids).toEqual([third, second, first]);
    const { ids, next } = await list(user.access, '?limit=2');
    expect(ids).toEqual([third, second]);
    expect((await list(user.access, `?limit=2&cursor=${String(next)}`)).ids).toEqual([first]);
    const { key } = await identity.key(user, second, { scopes: ['images.read'] });
    expect(await list(key)).toEqual({ ids: [second], next: null });
    expect((await list(operator.access)).ids).not.toContain(first);
    await identity.expect(200, 'GET', `${SPACES}/${second}`, { as: key });
    await identity.expect(404, 'GET', `${SPACES}/${first}`, { as: key });
    await identity.expect(404, 'GET', `${SPACES}/${first}`, { as: operator.access });
  });

  it('are changed by who may, and API access by who manages it', async () => {
    const space = await identity.space(owner);
    const editor = await identity.user(operator);
    await identity.join(owner, space, editor.email, 'Editor');
    const url = `${SPACES}/${space}`;
    const changed = await identity.expect(200, 'PATCH', url, {
      as: owner.access,
      body: { name: ' Renamed ' },
    });
    expect(changed).toMatchObject({ name: 'Renamed', description: '' });
    const refused = await identity.expect(403, 'PATCH', url, {
      as: editor.access,
      body: { name: 'Mine' },
    });
    expect(refused).toMatchObject({ permission: 'settings:update' });
    await identity.expect(404, 'PATCH', url, { as: operator.access, body: { name: 'Mine' } });
    await identity.expect(400, 'PATCH', url, { as: owner.access, body: { name: null } });
    const { key } = await identity.key(owner, space);
    await identity.expect(403, 'PATCH', url, { as: key, body: { name: 'Mine' } });
    await identity.expect(403, 'POST', SPACES, { as: key, body: { name: 'Mine' } });
    expect(await identity.expect(200, 'PATCH', url, { as: owner.access, body: {} })).toEqual(
      changed,
    );

    await identity.sql(
      `UPDATE roles SET permissions = permissions || '{settings:update}' WHERE search_space_id = $1 AND name = 'Editor'`,
      [space],
    );
    await identity.expect(200, 'PATCH', url, { as: owner.access, body: { description: 'new' } });
    await identity.expect(200, 'PATCH', url, { as: editor.access, body: { name: 'Theirs' } });
    const gate = await identity.expect(403, 'PATCH', url, {
      as: editor.access,
      body: { api_access_enabled: false },
    });
    expect(gate).toMatchObject({ permission: 'api_access:manage' });
  });

  it('are made together with what rooms above add, or not at all', async () => {
    const hooks = identity.app.get(SpaceHooks);
    const seen: string[] = [];
    let isFailing = false;
    hooks.onCreated(async (_scope, searchSpaceId) => {
      seen.push(searchSpaceId);
      if (isFailing) throw new Error('no wallet today');
    });
    const id = await identity.space(owner, 'With a wallet');
    expect(seen).toEqual([id]);
    isFailing = true;
    await identity.expect(500, 'POST', SPACES, { as: owner.access, body: { name: 'Without' } });
    const rows = await identity.sql('SELECT id FROM search_spaces WHERE name = $1', ['Without']);
    expect([seen.length, rows]).toEqual([2, []]);
    isFailing = false;
  });
});

describe.each(databaseKinds())('the first start on %s', (kind) => {
  let identity: TestIdentity | null = null;

  afterEach(async () => {
    await identity?.close();
    identity = null;
  });

  it('makes an operator, a space with money and a key, and prints what it made up', async () => {
    const grants: [string, number][] = [];
    identity = await TestIdentity.open(
      kind,
      { BOOTSTRAP_ADMIN_PASSWORD: undefined, BOOTSTRAP_CREDIT_MICROS: '1234' },
      (app) =>
        app
          .get(SpaceHooks)
          .onFirstSpace(async (_scope, id, micros) => void grants.push([id, micros])),
    );
    const [notice] = identity.notices;
    expect(identity.notices).toHaveLength(1);
    expect(grants).toEqual([[notice?.searchSpaceId, 1234]]);
    expect(notice?.email).toBe(OPERATOR_EMAIL);
    const tokens = await identity.login(OPERATOR_EMAIL, notice?.password ?? '');
    const me = await identity.expect(200, 'GET', '/api/v1/auth/me', { as: tokens.access });
    expect(me.is_operator).toBe(true);
    const key = await identity.expect(200, 'GET', '/api/v1/auth/me', { as: notice?.apiKey ?? '' });
    expect(key).toMatchObject({
      kind: 'api_key',
      search_space_id: notice?.searchSpaceId,
      user_id: me.id,
    });
    await identity.expect(200, 'GET', `/api/v1/search-spaces/${notice?.searchSpaceId}/members`, {
      as: tokens.access,
    });
  });

  it('takes what the settings give, and prints none of it', async () => {
    const given = newApiKey();
    identity = await TestIdentity.open(kind, {
      BOOTSTRAP_ADMIN_EMAIL: ' Boss@Example.com',
      BOOTSTRAP_ADMIN_PASSWORD: 'chosen by somebody',
      BOOTSTRAP_API_KEY: given,
    });
    expect(identity.notices).toEqual([
      {
        email: 'boss@example.com',
        password: null,
        apiKey: null,
        searchSpaceId: expect.any(String),
      },
    ]);
    await identity.login('boss@example.com', 'chosen by somebody');
    await identity.expect(200, 'GET', '/probe/query', { as: given });
  });

  it('happens once, however many start together, and not again', async () => {
    identity = await TestIdentity.open(kind);
    await identity.sql('DELETE FROM users');
    const firstStart = identity.app.get(FirstStartService);
    const notices = await Promise.all(Array.from({ length: 5 }, () => firstStart.run()));
    expect(notices.filter((notice) => notice !== null)).toHaveLength(1);
    expect(await firstStart.run()).toBeNull();
    const counts = await identity.sql('SELECT count(*)::int AS users FROM users');
    expect(counts).toEqual([{ users: 1 }]);
  });

  it('leaves nothing behind when a part of it fails, and stops the boot', async () => {
    const database = await createTestDatabase(kind);
    let booting: NestFastifyApplication | null = null;
    const failing = startIdentity(database.environment, (app) => {
      booting = app;
      app.get(SpaceHooks).onFirstSpace(async () => Promise.reject(new Error('no money')));
    });
    await expect(failing).rejects.toThrow('no money');
    const app = booting as unknown as NestFastifyApplication;
    for (const table of ['users', 'search_spaces', 'roles', 'memberships', 'api_keys']) {
      expect(await app.get(ManagedDataSource).query(`SELECT * FROM ${table}`)).toEqual([]);
    }
    await app.close();
    await database.drop();
  });

  it.each([
    [{ BOOTSTRAP_ADMIN_EMAIL: 'nobody' }, /^BOOTSTRAP_ADMIN_EMAIL /],
    [
      { BOOTSTRAP_ADMIN_EMAIL: 'me@example.com', BOOTSTRAP_ADMIN_PASSWORD: 'me@example.com' },
      /^BOOTSTRAP_ADMIN_PASSWORD /,
    ],
  ])('refuses settings that no account can have: %j', async (settings, message) => {
    const database = await createTestDatabase(kind);
    await expect(startIdentity({ ...database.environment, ...settings })).rejects.toThrow(message);
    await database.drop();
  });
});

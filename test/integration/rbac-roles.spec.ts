/** Proves that a space's own roles are made and changed within bounds, and by nobody to more than they hold. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { PERMISSIONS } from '../../src/common/permission.js';
import { ROLES_PER_SPACE_MAX } from '../../src/rbac/domain/roles.reader.port.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

interface RoleBody {
  id: string;
  name: string;
  permissions: string[];
  is_default: boolean;
  is_system: boolean;
}

const MANAGER = ['roles:read', 'roles:create', 'roles:update', 'roles:delete', 'chats:read'];

describe.each(databaseKinds())('custom roles on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let manager: TestUser;
  let spaceId: string;
  let serial = 0;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, manager] = [await identity.user(operator), await identity.user(operator)];
    spaceId = await identity.space(owner);
    await create({ name: 'Manager', permissions: MANAGER });
    await identity.join(owner, spaceId, manager.email, 'Manager');
  });

  afterAll(() => identity.close());

  const roles = (path = '', space = spaceId) => `/api/v1/search-spaces/${space}/roles${path}`;

  async function create(body: object, as = owner.access, status = 201): Promise<RoleBody> {
    const made = await identity.expect(status, 'POST', roles(), { as, body });
    return made as unknown as RoleBody;
  }

  const patch = (id: string, body: object, as = owner.access, status = 200) =>
    identity.expect(status, 'PATCH', roles(`/${id}`), { as, body });

  async function list(space = spaceId): Promise<RoleBody[]> {
    const page = await identity.expect(200, 'GET', roles('', space), { as: owner.access });
    return page.data as RoleBody[];
  }

  async function named(name: string): Promise<RoleBody> {
    const role = (await list()).find((candidate) => candidate.name === name);
    if (!role) throw new Error(`no role ${name}`);
    return role;
  }

  const fresh = () => `Role ${(serial += 1)}`;

  /** Members of their own, so that no row of one caller makes them wait for each other. */
  async function rivals(count: number, space = spaceId): Promise<TestUser[]> {
    const users: TestUser[] = [];
    for (let made = 0; made < count; made += 1) {
      const user = await identity.user(operator);
      await identity.join(owner, space, user.email, 'Manager');
      users.push(user);
    }
    return users;
  }
  async function trail(targetId: string): Promise<{ action: string; before: object | null }[]> {
    return identity.sql(
      `SELECT action, before, after, actor_user_id FROM audit_events WHERE target_id = $1 ORDER BY id`,
      [targetId],
    );
  }

  describe('making one', () => {
    it('gives it what was named, each permission once, and shows it alone and in the list', async () => {
      const made = await create({
        name: '  Art director ',
        description: 'Throws bad pictures away',
        permissions: [
          'image_generations:delete',
          'image_generations:read',
          'image_generations:read',
        ],
      });
      expect(made).toEqual({
        id: expect.any(String),
        name: 'Art director',
        description: 'Throws bad pictures away',
        permissions: ['image_generations:read', 'image_generations:delete'],
        is_default: false,
        is_system: false,
      });
      expect(await identity.expect(200, 'GET', roles(`/${made.id}`), { as: owner.access })).toEqual(
        made,
      );
      expect(await list()).toContainEqual(made);
      expect(await trail(made.id)).toMatchObject([
        { action: 'role.created', before: null, actor_user_id: owner.id },
      ]);
    });

    it('takes every permission there is, and refuses any other text by name', async () => {
      expect((await create({ name: fresh(), permissions: PERMISSIONS })).permissions).toEqual([
        ...PERMISSIONS,
      ]);
      for (const text of ['chats:fly', 'members:add_admin', '*']) {
        const refused = await create(
          { name: fresh(), permissions: ['chats:read', text] },
          owner.access,
          400,
        );
        expect(refused).toMatchObject({
          code: 'request.invalid',
          errors: [{ field: 'permissions' }],
        });
        expect(JSON.stringify(refused)).toContain(`\\"${text}\\"`);
      }
    });

    it('refuses a name in use as it is written, and a name that reads as an id', async () => {
      const name = fresh();
      await create({ name, permissions: [] });
      const refused = await create({ name, permissions: [] }, owner.access, 409);
      expect(refused).toMatchObject({ code: 'request.conflict', errors: [{ field: 'name' }] });
      await create({ name: 'Editor', permissions: [] }, owner.access, 409);
      await create({ name: name.toUpperCase(), permissions: [] });
      await create({ name: newId(), permissions: [] }, owner.access, 400);
    });

    it.each<[string, object]>([
      ['name', { permissions: [] }],
      ['name', { name: ' ', permissions: [] }],
      ['name', { name: 'x'.repeat(101), permissions: [] }],
      ['permissions', { name: 'Without' }],
      ['permissions', { name: 'Text', permissions: 'chats:read' }],
      ['permissions', { name: 'Numbers', permissions: [7] }],
      ['is_default', { name: 'Maybe', permissions: [], is_default: 'yes' }],
      ['is_system', { name: 'System', permissions: [], is_system: true }],
      ['search_space_id', { name: 'Elsewhere', permissions: [], search_space_id: newId() }],
    ])('refuses a wrong %s and makes nothing', async (field, body) => {
      const before = await list();
      const refused = await create(body, owner.access, 400);
      expect(refused).toMatchObject({
        errors: expect.arrayContaining([expect.objectContaining({ field })]),
      });
      expect(await list()).toEqual(before);
    });

    it('ends at the most roles there can be, under rivals too', async () => {
      const space = await identity.space(owner);
      await identity.sql(
        `INSERT INTO roles (id, search_space_id, name, permissions)
         SELECT gen_random_uuid(), $1, 'Filler ' || n, '{}' FROM generate_series(1, $2) AS n`,
        [space, ROLES_PER_SPACE_MAX - 5],
      );
      const body = { name: 'Manager', permissions: MANAGER };
      await identity.expect(201, 'POST', roles('', space), { as: owner.access, body });
      const users = await rivals(5, space);
      const answers = await Promise.all(
        users.map(({ access: as, id }) =>
          identity.call('POST', roles('', space), {
            as,
            body: { name: `Of ${id}`, permissions: [] },
          }),
        ),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        201, 409, 409, 409, 409,
      ]);
      expect(await list(space)).toHaveLength(ROLES_PER_SPACE_MAX);
    });

    it('answers one rival and refuses the others of the same name', async () => {
      const body = { name: fresh(), permissions: [] };
      const users = await rivals(6);
      const answers = await Promise.all(
        users.map(({ access: as }) => identity.call('POST', roles(), { as, body })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    });
  });

  describe('the roles made with the space', () => {
    it('keep name and description, are not deleted, and let their permissions change', async () => {
      const viewer = await named('Viewer');
      for (const body of [{ name: 'Guest' }, { description: 'Other' }]) {
        await patch(viewer.id, body, owner.access, 400);
      }
      await identity.expect(400, 'DELETE', roles(`/${viewer.id}`), { as: owner.access });
      const fewer = viewer.permissions.filter((text) => text !== 'comments:create');
      const changed = await patch(viewer.id, { name: 'Viewer', permissions: fewer });
      expect(changed).toMatchObject({ permissions: fewer, is_system: true });
      await patch(viewer.id, { permissions: viewer.permissions });
      expect((await trail(viewer.id)).map(({ action }) => action)).toEqual([
        'role.updated',
        'role.updated',
      ]);
    });

    it('are changed by nobody who lacks what is added or taken away', async () => {
      const viewer = await named('Viewer');
      for (const permissions of [
        [...viewer.permissions, 'settings:delete'],
        viewer.permissions.slice(1),
        viewer.permissions,
      ]) {
        const refused = await patch(viewer.id, { permissions }, manager.access, 403);
        expect(refused.code).toBe('rbac.permission_denied');
      }
      expect(await named('Viewer')).toEqual(viewer);
    });

    it('leave the role of the owner as it is, whoever asks', async () => {
      const ownerRole = await named('Owner');
      for (const body of [{ permissions: [] }, { is_default: true }, { name: 'King' }]) {
        await patch(ownerRole.id, body, owner.access, 400);
        await patch(ownerRole.id, body, manager.access, 400);
      }
      await identity.expect(400, 'DELETE', roles(`/${ownerRole.id}`), { as: owner.access });
      expect(await named('Owner')).toEqual(ownerRole);
    });
  });

  describe('the default role', () => {
    it('is one at every moment: making another the default unsets the one before', async () => {
      const made = await create({ name: fresh(), permissions: ['chats:read'], is_default: true });
      const editor = await named('Editor');
      expect([made.is_default, editor.is_default]).toEqual([true, false]);
      const user = await identity.user(operator);
      const member = await identity.expect(
        201,
        'POST',
        `/api/v1/search-spaces/${spaceId}/members`,
        {
          as: owner.access,
          body: { email: user.email },
        },
      );
      expect(member.role).toBe(made.name);
      await patch(made.id, { is_default: false }, owner.access, 400);
      const asked = await identity.expect(409, 'DELETE', roles(`/${made.id}`), {
        as: owner.access,
      });
      expect(asked.detail).toMatch(/is_default/);
      await patch(editor.id, { is_default: true });
      expect((await list()).filter((role) => role.is_default)).toMatchObject([{ name: 'Editor' }]);
      expect((await trail(editor.id)).map(({ before }) => before)).toMatchObject([
        { is_default: true },
        { is_default: false },
      ]);
    });

    it('stays one when many are made the default at once', async () => {
      const made = await Promise.all(
        Array.from({ length: 5 }, () => create({ name: fresh(), permissions: [] })),
      );
      const users = await rivals(made.length);
      const body = { is_default: true };
      await Promise.all(made.map(({ id }, index) => patch(id, body, users[index]?.access)));
      expect((await list()).filter((role) => role.is_default)).toHaveLength(1);
      await patch((await named('Editor')).id, { is_default: true });
    });
  });

  describe('no escalation', () => {
    it('makes no role with a permission that its maker lacks', async () => {
      const refused = await create(
        { name: fresh(), permissions: ['chats:delete'] },
        manager.access,
        403,
      );
      expect(refused).toMatchObject({ code: 'rbac.permission_denied', permission: 'chats:delete' });
      await create({ name: fresh(), permissions: ['chats:read'] }, manager.access);
    });

    it('adds no such permission, and touches no role that holds one', async () => {
      const [own, high] = [
        await create({ name: fresh(), permissions: ['chats:read'] }),
        await create({ name: fresh(), permissions: ['chats:read', 'logs:delete'] }),
      ];
      await patch(own.id, { permissions: ['logs:delete'] }, manager.access, 403);
      await patch(
        (await named('Manager')).id,
        { permissions: [...MANAGER, 'settings:delete'] },
        manager.access,
        403,
      );
      for (const body of [
        { permissions: ['chats:read'] },
        { name: fresh() },
        { is_default: true },
      ]) {
        await patch(high.id, body, manager.access, 403);
      }
      await identity.expect(403, 'DELETE', roles(`/${high.id}`), { as: manager.access });
      await patch(own.id, { permissions: ['roles:read'] }, manager.access);
      await identity.expect(204, 'DELETE', roles(`/${own.id}`), { as: manager.access });
    });

    it('asks the database, not a cache, what the caller holds', async () => {
      const user = await identity.user(operator);
      await identity.join(owner, spaceId, user.email, 'Manager');
      await identity.expect(200, 'GET', roles(), { as: user.access });
      // No epoch moves: the guard still knows a manager, the transaction sees a viewer.
      await identity.sql(
        `UPDATE memberships SET role_id = (SELECT id FROM roles WHERE search_space_id = $1 AND name = 'Viewer')
         WHERE user_id = $2`,
        [spaceId, user.id],
      );
      const refused = await create({ name: fresh(), permissions: [] }, user.access, 403);
      expect(refused).toMatchObject({ permission: 'roles:create' });
    });

    it('lets a role be grown by nobody whom a rival has just cut down', async () => {
      const role = await create({ name: fresh(), permissions: [...MANAGER, 'logs:delete'] });
      const user = await identity.user(operator);
      await identity.join(owner, spaceId, user.email, role.name);
      const target = await create({ name: fresh(), permissions: [] });
      const [cut, grown] = await Promise.all([
        identity.call('PATCH', roles(`/${role.id}`), {
          as: owner.access,
          body: { permissions: MANAGER },
        }),
        identity.call('PATCH', roles(`/${target.id}`), {
          as: user.access,
          body: { permissions: ['logs:delete'] },
        }),
      ]);
      expect(cut.status).toBe(200);
      expect([200, 403]).toContain(grown.status);
      await patch(target.id, { permissions: ['logs:delete', 'chats:read'] }, user.access, 403);
    });
  });

  it('reaches sessions and keys of those who hold a role as soon as it is changed', async () => {
    const permissions = ['image_generations:read', 'image_generations:create'];
    const role = await create({ name: fresh(), permissions });
    const user = await identity.user(operator);
    await identity.join(owner, spaceId, user.email, role.name);
    const { key } = await identity.key(user, spaceId, { scopes: ['images.generate'] });
    await identity.expect(201, 'POST', '/probe/body', { as: key, body: {} });
    await patch(role.id, { permissions: ['image_generations:read'] });
    await identity.expect(403, 'POST', '/probe/body', { as: key, body: {} });
    const body = { search_space_id: spaceId };
    await identity.expect(403, 'POST', '/probe/body', { as: user.access, body });
  });

  it('deletes a role that nobody uses, and says what to do about one in use', async () => {
    const role = await create({ name: fresh(), permissions: [] });
    const user = await identity.user(operator);
    await identity.join(owner, spaceId, user.email, role.name);
    const refused = await identity.expect(409, 'DELETE', roles(`/${role.id}`), {
      as: owner.access,
    });
    expect(refused.detail).toMatch(/another role first/);
    await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${user.id}`, {
      as: owner.access,
      body: { role: 'Viewer' },
    });
    await identity.expect(204, 'DELETE', roles(`/${role.id}`), { as: owner.access });
    await identity.expect(404, 'DELETE', roles(`/${role.id}`), { as: owner.access });
    await identity.expect(404, 'GET', roles(`/${role.id}`), { as: owner.access });
    expect((await trail(role.id)).map(({ action }) => action)).toEqual([
      'role.created',
      'role.deleted',
    ]);
  });

  it('knows no role of another space, no malformed id, and refuses API keys', async () => {
    const other = await identity.space(owner);
    const [foreign] = await list(other);
    for (const id of [foreign?.id ?? '', newId(), 'me']) {
      await identity.expect(404, 'GET', roles(`/${id}`), { as: owner.access });
      await patch(id, { description: 'x' }, owner.access, 404);
      await identity.expect(404, 'DELETE', roles(`/${id}`), { as: owner.access });
    }
    await create({ name: fresh(), permissions: [] }, operator.access, 404);
    const { key } = await identity.key(owner, spaceId);
    const refused = await create({ name: fresh(), permissions: [] }, key, 403);
    expect(refused).toMatchObject({ code: 'auth.session_required' });
  });
});

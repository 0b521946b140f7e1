/** Roles and members over HTTP on a real database: order of refusals, escalation, races, keys under their maker. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { AccessService } from '../../src/rbac/access.service.js';
import { Authenticator } from '../../src/http/authenticator.port.js';
import { TestIdentity, type Tokens, type TestUser } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const WITHIN_MS = 1_000;

describe.each(databaseKinds())('roles and members on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let editor: TestUser;
  let viewer: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, editor, viewer] = [
      await identity.user(operator),
      await identity.user(operator),
      await identity.user(operator),
    ];
    spaceId = await identity.space(owner);
    await identity.join(owner, spaceId, editor.email, 'Editor');
    await identity.join(owner, spaceId, viewer.email, 'Viewer');
  });

  afterAll(async () => {
    await identity.close();
  });

  const members = (path = '', space = spaceId) => `/api/v1/search-spaces/${space}/members${path}`;

  async function withRole(role: string): Promise<TestUser> {
    const user = await identity.user(operator);
    await identity.join(owner, spaceId, user.email, role);
    return user;
  }

  /** A role that no route makes yet. */
  async function makeRole(name: string, permissions: string[]): Promise<void> {
    await identity.sql(
      'INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, $3, $4)',
      [newId(), spaceId, name, permissions],
    );
  }

  describe('the guard', () => {
    it('takes the space from body, query, path, header or the key, and hands it on', async () => {
      const { key } = await identity.key(owner, spaceId, {
        scopes: ['images.generate', 'images.read', 'images.delete'],
      });
      const space = { space: spaceId };
      const as = owner.access;
      const named = { 'x-search-space-id': spaceId };
      const body = { search_space_id: spaceId };
      expect(await identity.expect(201, 'POST', '/probe/body', { as, body })).toEqual(space);
      expect(await identity.expect(201, 'POST', '/probe/body', { as, headers: named })).toEqual(
        space,
      );
      expect(await identity.expect(201, 'POST', '/probe/body', { as: key, body: {} })).toEqual(
        space,
      );
      expect(
        await identity.expect(200, 'GET', `/probe/query?search_space_id=${spaceId}`, { as }),
      ).toEqual(space);
      expect(await identity.expect(200, 'GET', '/probe/query', { as: key })).toEqual(space);
      expect(await identity.expect(200, 'GET', `/probe/path/${spaceId}`, { as: key })).toEqual(
        space,
      );
      expect(await identity.expect(200, 'GET', '/probe/row', { as: key })).toEqual({ space: null });
    });

    it('asks for the space where none is named', async () => {
      for (const url of ['/probe/query', '/probe/query?search_space_id=']) {
        const answer = await identity.expect(400, 'GET', url, { as: owner.access });
        expect(answer.errors).toEqual([expect.objectContaining({ field: 'search_space_id' })]);
      }
      const wrong = { as: owner.access, body: { search_space_id: 7 } };
      await identity.expect(400, 'POST', '/probe/body', wrong);
    });

    it('answers foreign, missing and malformed ids alike, to operators and keys too', async () => {
      const { key } = await identity.key(owner, spaceId);
      const other = await identity.space(owner);
      const cases: [string, string][] = [
        [operator.access, spaceId],
        [owner.access, newId()],
        [owner.access, 'not-an-id'],
        [key, other],
        [key, newId()],
      ];
      const bodies = [];
      for (const [as, id] of cases) {
        const answer = await identity.expect(404, 'GET', `/probe/query?search_space_id=${id}`, {
          as,
        });
        bodies.push(JSON.stringify({ ...answer, request_id: '' }));
      }
      expect(new Set(bodies).size).toBe(1);
    });

    it('names what is lacking: the permission of a member, the scope of a key', async () => {
      const query = `?search_space_id=${spaceId}`;
      const denied = await identity.expect(403, 'POST', '/probe/body', {
        as: viewer.access,
        body: { search_space_id: spaceId },
      });
      expect(denied).toMatchObject({
        code: 'rbac.permission_denied',
        permission: 'image_generations:create',
      });
      await identity.expect(403, 'GET', `/probe/path/${spaceId}`, { as: editor.access });
      await identity.expect(200, 'GET', `/probe/query${query}`, { as: viewer.access });
      const { key } = await identity.key(owner, spaceId, { scopes: ['images.generate'] });
      const narrow = await identity.expect(403, 'GET', `/probe/query${query}`, { as: key });
      expect(narrow).toMatchObject({ code: 'auth.scope_missing', scope: 'images.read' });
      const never = await identity.expect(403, 'GET', `/probe/session/${spaceId}`, { as: key });
      expect(never.code).toBe('auth.session_required');
    });

    it('turns keys away from a space whose owner switched them off, and lets sessions in', async () => {
      const space = await identity.space(owner);
      const { key } = await identity.key(owner, space);
      await identity.expect(200, 'GET', '/probe/query', { as: key });
      const url = `/api/v1/search-spaces/${space}`;
      await identity.expect(200, 'PATCH', url, {
        as: owner.access,
        body: { api_access_enabled: false },
      });
      expect((await identity.expect(403, 'GET', '/probe/query', { as: key })).code).toBe(
        'auth.api_access_disabled',
      );
      expect((await identity.expect(403, 'GET', url, { as: key })).code).toBe(
        'auth.api_access_disabled',
      );
      expect(
        (await identity.expect(200, 'GET', '/api/v1/search-spaces', { as: key })).data,
      ).toEqual([]);
      await identity.expect(200, 'GET', `/probe/query?search_space_id=${space}`, {
        as: owner.access,
      });
      await identity.expect(200, 'PATCH', url, {
        as: owner.access,
        body: { api_access_enabled: true },
      });
      await identity.expect(200, 'GET', '/probe/query', { as: key });
    });
  });

  describe('changes of rights', () => {
    it('reach sessions and keys of a demoted member at once', async () => {
      const member = await withRole('Editor');
      const { key } = await identity.key(member, spaceId);
      await identity.expect(201, 'POST', '/probe/body', { as: key, body: {} });
      await identity.expect(200, 'PATCH', members(`/${member.id}`), {
        as: owner.access,
        body: { role: 'Viewer' },
      });
      const refused = await identity.expect(403, 'POST', '/probe/body', { as: key, body: {} });
      expect(refused.code).toBe('rbac.permission_denied');
      await identity.expect(200, 'GET', '/probe/query', { as: key });
      await identity.expect(403, 'POST', '/probe/body', {
        as: member.access,
        body: { search_space_id: spaceId },
      });
    });

    it('reach sessions and keys of a removed member at once: the space is gone for both', async () => {
      const member = await withRole('Editor');
      const { key } = await identity.key(member, spaceId);
      await identity.expect(200, 'GET', '/probe/query', { as: key });
      await identity.expect(204, 'DELETE', members(`/${member.id}`), { as: owner.access });
      await identity.expect(404, 'GET', '/probe/query', { as: key });
      await identity.expect(404, 'GET', `/api/v1/search-spaces/${spaceId}`, { as: member.access });
      await identity.expect(404, 'DELETE', members(`/${member.id}`), { as: owner.access });
    });

    it('reach everybody within a second when they were made elsewhere', async () => {
      const member = await withRole('Editor');
      const call = { as: member.access, body: { search_space_id: spaceId } };
      await identity.expect(201, 'POST', '/probe/body', call);
      await identity.sql('DELETE FROM memberships WHERE user_id = $1', [member.id]);
      await identity.sql('SELECT cache_epoch_bump()');
      await delay(WITHIN_MS);
      await identity.expect(404, 'POST', '/probe/body', call);
    });
  });

  describe('members', () => {
    it('are added by address, with the default role when none is named, once', async () => {
      const user = await identity.user(operator);
      const body = { email: ` ${user.email.toUpperCase()}` };
      const added = await identity.expect(201, 'POST', members(), { as: owner.access, body });
      expect(added).toMatchObject({
        user_id: user.id,
        email: user.email,
        role: 'Editor',
        is_owner: false,
      });
      await identity.expect(409, 'POST', members(), { as: owner.access, body });
      await identity.expect(404, 'POST', members(), {
        as: owner.access,
        body: { email: 'nobody@example.com' },
      });
    });

    it('join once, however many add them at the same time', async () => {
      const user = await identity.user(operator);
      const answers = await Promise.all(
        Array.from({ length: 6 }, () =>
          identity.call('POST', members(), {
            as: owner.access,
            body: { email: user.email, role: 'Viewer' },
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    });

    it('are listed in pages to those who may see them', async () => {
      const first = await identity.expect(200, 'GET', members('?limit=1'), { as: viewer.access });
      expect(first.data).toHaveLength(1);
      const second = await identity.expect(
        200,
        'GET',
        members(`?limit=1&cursor=${String(first.next_cursor)}`),
        {
          as: viewer.access,
        },
      );
      expect(second.data).not.toEqual(first.data);
      const { key } = await identity.key(owner, spaceId);
      await identity.expect(403, 'GET', members(), { as: key });
      await identity.expect(404, 'GET', members(), { as: operator.access });
    });

    it('keep the owner, whose role nobody changes or takes', async () => {
      const patch = await identity.expect(400, 'PATCH', members(`/${owner.id}`), {
        as: owner.access,
        body: { role: 'Viewer' },
      });
      expect(patch.code).toBe('request.invalid');
      await identity.expect(400, 'DELETE', members(`/${owner.id}`), { as: owner.access });
      await identity.expect(403, 'DELETE', members(`/${owner.id}`), { as: editor.access });
      expect(
        await identity.expect(200, 'GET', `/api/v1/search-spaces/${spaceId}/my-access`, {
          as: owner.access,
        }),
      ).toEqual({
        search_space_id: spaceId,
        is_owner: true,
        role_name: 'Owner',
        permissions: ['*'],
      });
    });

    it('settle rival changes of one member one after the other', async () => {
      const member = await withRole('Viewer');
      const answers = await Promise.all(
        ['Editor', 'Viewer', 'Editor', 'Viewer'].map((role) =>
          identity.call('PATCH', members(`/${member.id}`), { as: owner.access, body: { role } }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });
  });

  describe('no escalation', () => {
    it('lets an editor invite editors and viewers, and no owner', async () => {
      for (const role of ['Editor', 'Viewer']) {
        const user = await identity.user(operator);
        await identity.expect(201, 'POST', members(), {
          as: editor.access,
          body: { email: user.email, role },
        });
      }
      const user = await identity.user(operator);
      const refused = await identity.expect(403, 'POST', members(), {
        as: editor.access,
        body: { email: user.email, role: 'Owner' },
      });
      expect(refused.code).toBe('rbac.permission_denied');
      const byViewer = await identity.expect(403, 'POST', members(), {
        as: viewer.access,
        body: { email: user.email },
      });
      expect(byViewer.permission).toBe('members:invite');
    });

    it('gives the owner role to nobody, not even by the owner', async () => {
      const body = { role: 'Owner' };
      const answer = await identity.expect(400, 'PATCH', members(`/${viewer.id}`), {
        as: owner.access,
        body,
      });
      expect(answer.errors).toEqual([expect.objectContaining({ field: 'role' })]);
    });

    it('refuses a role of another space, or none, by the same 400', async () => {
      const other = await identity.space(owner);
      const { data } = await identity.expect(200, 'GET', `/api/v1/search-spaces/${other}/roles`, {
        as: owner.access,
      });
      const foreign = (data as { id: string; name: string }[]).find(
        ({ name }) => name === 'Viewer',
      );
      for (const role of [foreign?.id, newId(), 'Emperor']) {
        await identity.expect(400, 'PATCH', members(`/${viewer.id}`), {
          as: owner.access,
          body: { role },
        });
      }
    });

    it('lets a manager give and take only what they hold themselves', async () => {
      await makeRole('Manager', [
        'members:view',
        'members:manage_roles',
        'members:remove',
        'chats:read',
      ]);
      await makeRole('Reader', ['chats:read']);
      await makeRole('Deleter', ['chats:delete']);
      const manager = await withRole('Manager');
      const [reader, deleter] = [await withRole('Reader'), await withRole('Deleter')];
      const as = manager.access;
      await identity.expect(403, 'PATCH', members(`/${reader.id}`), {
        as,
        body: { role: 'Deleter' },
      });
      await identity.expect(403, 'PATCH', members(`/${deleter.id}`), {
        as,
        body: { role: 'Reader' },
      });
      await identity.expect(403, 'DELETE', members(`/${deleter.id}`), { as });
      await identity.expect(403, 'PATCH', members(`/${manager.id}`), {
        as,
        body: { role: 'Editor' },
      });
      await identity.expect(200, 'PATCH', members(`/${reader.id}`), {
        as,
        body: { role: 'Manager' },
      });
      await identity.expect(204, 'DELETE', members(`/${reader.id}`), { as });
    });

    it('believes the database, not a cache, when rights are given away', async () => {
      const member = await withRole('Editor');
      const newcomer = await identity.user(operator);
      await identity.expect(200, 'GET', members(), { as: member.access });
      // No epoch moves: the guard still knows an editor, the transaction sees a viewer.
      await identity.sql(
        `UPDATE memberships SET role_id = (SELECT id FROM roles WHERE search_space_id = $1 AND name = 'Viewer')
         WHERE user_id = $2`,
        [spaceId, member.id],
      );
      const body = { email: newcomer.email, role: 'Viewer' };
      const refused = await identity.expect(403, 'POST', members(), { as: member.access, body });
      expect(refused.permission).toBe('members:invite');
    });
  });

  it('lists the spaces in which a caller may read', async () => {
    const access = identity.app.get(AccessService);
    const authenticator = identity.app.get(Authenticator);
    const list = async (
      token: string,
      permission: 'image_generations:read' | 'image_generations:create',
    ) => {
      const headers = { authorization: `Bearer ${token}` };
      const caller = await authenticator.authenticate({ headers, url: '/', address: '10.0.0.1' });
      return access.listReadableSpaceIds(caller, permission);
    };
    const user = await identity.user(operator);
    const own = await identity.space(user);
    await identity.join(owner, spaceId, user.email, 'Viewer');
    expect(await list(user.access, 'image_generations:read')).toEqual([own, spaceId]);
    expect(await list(user.access, 'image_generations:create')).toEqual([own]);
    const { key } = await identity.key(user, own, { scopes: ['images.read'] });
    expect(await list(key, 'image_generations:read')).toEqual([own]);
    expect(await list(key, 'image_generations:create')).toEqual([]);
    await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${own}`, {
      as: user.access,
      body: { api_access_enabled: false },
    });
    expect(await list(key, 'image_generations:read')).toEqual([]);
  });
});

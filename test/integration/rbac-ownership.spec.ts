/** Proves that a space has one owner at every moment, and that who leaves or hands over keeps no rights. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds, queueKinds, readRedisUrl } from '../setup/services.js';

/** Longer than any process may believe an old right. */
const WITHIN_MS = 1_500;

/** Several processes need a server for the rows and one for the counts. */
const shared = databaseKinds().filter(
  (kind) => kind === 'postgres' && queueKinds().includes('bull'),
);

describe.each(databaseKinds())('leaving and ownership on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let heir: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, heir] = [await identity.user(operator), await identity.user(operator)];
  });

  beforeEach(async () => {
    spaceId = await identity.space(owner);
    await identity.join(owner, spaceId, heir.email, 'Viewer');
  });

  afterAll(() => identity.close());

  const url = (rest: string) => `/api/v1/search-spaces/${spaceId}${rest}`;
  const transfer = (as: string, body: object) =>
    identity.call('POST', url('/transfer-ownership'), { as, body });

  const owners = () =>
    identity.sql<{ user_id: string; name: string }>(
      `SELECT m.user_id, r.name FROM memberships m JOIN roles r ON r.id = m.role_id
       WHERE m.search_space_id = $1 AND m.is_owner`,
      [spaceId],
    );

  const trail = (targetId: string, space = spaceId) =>
    identity.sql<{ action: string; before: object | null; after: object | null }>(
      `SELECT action, before, after, actor_user_id FROM audit_events
       WHERE target_id = $1 AND search_space_id = $2 ORDER BY id`,
      [targetId, space],
    );

  describe('leaving', () => {
    it('takes the member out, with sessions and keys, at once', async () => {
      const { key } = await identity.key(heir, spaceId, { scopes: ['images.read'] });
      await identity.expect(200, 'GET', '/probe/query', { as: key });
      await identity.expect(204, 'DELETE', url('/members/me'), { as: heir.access });
      await identity.expect(404, 'GET', '/probe/query', { as: key });
      await identity.expect(404, 'GET', url(''), { as: heir.access });
      await identity.expect(404, 'DELETE', url('/members/me'), { as: heir.access });
      expect(await trail(heir.id)).toMatchObject([
        { action: 'member.added', after: { role: 'Viewer' } },
        { action: 'member.left', before: { role: 'Viewer' }, after: null },
      ]);
    });

    it('is not for the owner, who is told to hand over first', async () => {
      const refused = await identity.expect(400, 'DELETE', url('/members/me'), {
        as: owner.access,
      });
      expect(refused.detail).toMatch(/transfer-ownership/);
      expect(await owners()).toEqual([{ user_id: owner.id, name: 'Owner' }]);
    });

    it('is no way out for an API key', async () => {
      const { key } = await identity.key(heir, spaceId, { scopes: ['images.read'] });
      const refused = await identity.expect(403, 'DELETE', url('/members/me'), { as: key });
      expect(refused.code).toBe('auth.session_required');
    });
  });

  describe('a transfer', () => {
    it('makes the member the owner and the owner an editor, and records it', async () => {
      const { status, body } = await transfer(owner.access, { user_id: heir.id });
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { user_id: heir.id, is_owner: true, role: 'Owner' },
      });
      expect(await owners()).toEqual([{ user_id: heir.id, name: 'Owner' }]);
      const access = (as: string) => identity.expect(200, 'GET', url('/my-access'), { as });
      expect(await access(owner.access)).toMatchObject({ is_owner: false, role_name: 'Editor' });
      expect(await access(heir.access)).toMatchObject({ is_owner: true, permissions: ['*'] });
      expect(await trail(spaceId)).toContainEqual(
        expect.objectContaining({
          action: 'space.ownership_transferred',
          before: { owner_id: owner.id, role_of_next_owner: 'Viewer' },
          after: { owner_id: heir.id, role_of_former_owner: 'Editor' },
        }),
      );
      await identity.expect(204, 'DELETE', url(`/members/${owner.id}`), { as: heir.access });
      await identity.expect(400, 'DELETE', url('/members/me'), { as: heir.access });
    });

    it('leaves the former owner the role that they named, and their keys no more than it', async () => {
      const { key } = await identity.key(owner, spaceId, {
        scopes: ['images.generate', 'images.read'],
      });
      await identity.expect(201, 'POST', '/probe/body', { as: key, body: {} });
      expect((await transfer(owner.access, { user_id: heir.id, role: 'Viewer' })).status).toBe(200);
      const refused = await identity.expect(403, 'POST', '/probe/body', { as: key, body: {} });
      expect(refused.permission).toBe('image_generations:create');
      await identity.expect(200, 'GET', '/probe/query', { as: key });
      await identity.expect(204, 'DELETE', url('/members/me'), { as: owner.access });
      await identity.expect(404, 'GET', '/probe/query', { as: key });
    });

    it('is the owner`s alone, whatever a role holds', async () => {
      const [admin] = await identity.sql<{ id: string }>(
        `INSERT INTO roles (id, search_space_id, name, permissions)
         SELECT $1, $2, 'Admin', array_agg(DISTINCT p) || '{members:manage_roles,members:remove,settings:delete}'
         FROM roles, unnest(permissions) AS p WHERE search_space_id = $2 AND p <> '*' RETURNING id`,
        [newId(), spaceId],
      );
      await identity.expect(200, 'PATCH', url(`/members/${heir.id}`), {
        as: owner.access,
        body: { role: admin?.id },
      });
      for (const userId of [heir.id, owner.id]) {
        const { status, body } = await transfer(heir.access, { user_id: userId });
        expect({ status, code: body.code }).toEqual({
          status: 403,
          code: 'rbac.permission_denied',
        });
      }
      expect((await transfer(operator.access, { user_id: heir.id })).status).toBe(404);
      const { key } = await identity.key(owner, spaceId);
      expect((await transfer(key, { user_id: heir.id })).body.code).toBe('auth.session_required');
      expect(await owners()).toEqual([{ user_id: owner.id, name: 'Owner' }]);
    });

    it('goes to an active person among the members, and never leaves the owner`s role to two', async () => {
      const stranger = await identity.user(operator);
      const disabled = await identity.user(operator);
      await identity.join(owner, spaceId, disabled.email, 'Editor');
      await identity.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [disabled.id]);
      const service = await identity.expect(201, 'POST', url('/service-accounts'), {
        as: owner.access,
        body: { name: 'Renderer', role: 'Editor' },
      });
      const cases: [number, object][] = [
        [400, { user_id: service.id }],
        [404, { user_id: stranger.id }],
        [404, { user_id: newId() }],
        [400, { user_id: owner.id }],
        [400, { user_id: disabled.id }],
        [400, { user_id: 'me' }],
        [400, {}],
        [400, { user_id: heir.id, role: 'Owner' }],
        [400, { user_id: heir.id, role: 'Emperor' }],
        [400, { user_id: heir.id, is_owner: false }],
      ];
      for (const [status, body] of cases) {
        const answer = await transfer(owner.access, body);
        expect({ body, status: answer.status }).toEqual({ body, status });
      }
      expect(await owners()).toEqual([{ user_id: owner.id, name: 'Owner' }]);
    });

    it('happens once when the owner hands the space to many at the same time', async () => {
      const heirs = [heir];
      for (let count = 0; count < 5; count += 1) {
        const user = await identity.user(operator);
        await identity.join(owner, spaceId, user.email, 'Viewer');
        heirs.push(user);
      }
      const answers = await Promise.all(
        heirs.map(({ id }) => transfer(owner.access, { user_id: id })),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        200, 403, 403, 403, 403, 403,
      ]);
      const winner = heirs[answers.findIndex(({ status }) => status === 200)];
      expect(await owners()).toEqual([{ user_id: winner?.id, name: 'Owner' }]);
    });

    it('leaves one owner, a member, when the heir leaves or is removed at the same time', async () => {
      for (const leave of [
        () => identity.call('DELETE', url('/members/me'), { as: heir.access }),
        () => identity.call('DELETE', url(`/members/${heir.id}`), { as: owner.access }),
      ]) {
        const [handed, left] = await Promise.all([
          transfer(owner.access, { user_id: heir.id }),
          leave(),
        ]);
        const isHanded = handed.status === 200;
        expect(isHanded ? [400, 403] : [204]).toContain(left.status);
        expect(await owners()).toEqual([{ user_id: isHanded ? heir.id : owner.id, name: 'Owner' }]);
        spaceId = await identity.space(owner);
        await identity.join(owner, spaceId, heir.email, 'Viewer');
      }
    });
  });

  describe('the members', () => {
    it('are shown one by one to those who may see them', async () => {
      const one = await identity.expect(200, 'GET', url(`/members/${owner.id}`), {
        as: heir.access,
      });
      expect(one).toMatchObject({ user_id: owner.id, email: owner.email, is_owner: true });
      const self = await identity.expect(200, 'GET', '/api/v1/auth/me', { as: operator.access });
      expect(self).toMatchObject({ id: expect.any(String) });
      for (const id of [newId(), 'me', String(self.id)]) {
        await identity.expect(404, 'GET', url(`/members/${id}`), { as: owner.access });
      }
      await identity.expect(404, 'GET', url(`/members/${owner.id}`), { as: operator.access });
    });

    it('leave a trail of every change, and none of a change that was refused', async () => {
      const as = owner.access;
      const one = url(`/members/${heir.id}`);
      await identity.expect(400, 'PATCH', one, { as, body: { role: 'Owner' } });
      await identity.expect(200, 'PATCH', one, { as, body: { role: 'Editor' } });
      await identity.expect(200, 'PATCH', one, { as, body: { role: 'Editor' } });
      await identity.expect(403, 'DELETE', url(`/members/${owner.id}`), { as: heir.access });
      await identity.expect(204, 'DELETE', one, { as });
      expect(await trail(heir.id)).toMatchObject([
        { action: 'member.added', before: null, after: { role: 'Viewer' } },
        { action: 'member.role_changed', before: { role: 'Viewer' }, after: { role: 'Editor' } },
        { action: 'member.removed', before: { role: 'Editor' }, after: null },
      ]);
      expect(await trail(owner.id)).toEqual([]);
    });
  });
});

describe.each(shared)('leaving and ownership in two processes on %s', (kind) => {
  let here: TestIdentity;
  let there: TestIdentity;

  beforeAll(async () => {
    here = await TestIdentity.open(kind, { REDIS_URL: readRedisUrl() });
    there = await here.fork();
  });

  afterAll(async () => {
    await there.app.close();
    await here.close();
  });

  it('end what a key may do in the other process too, within a second', async () => {
    const operator = await here.operator();
    const [owner, heir] = [await here.user(operator), await here.user(operator)];
    const spaceId = await here.space(owner);
    await here.join(owner, spaceId, heir.email, 'Viewer');
    const scopes = ['images.read', 'images.generate'];
    const { key: ownerKey } = await here.key(owner, spaceId, { scopes });
    const { key: heirKey } = await here.key(heir, spaceId, { scopes: ['images.read'] });
    await there.expect(201, 'POST', '/probe/body', { as: ownerKey, body: {} });
    await there.expect(200, 'GET', '/probe/query', { as: heirKey });
    const url = `/api/v1/search-spaces/${spaceId}`;
    await here.expect(204, 'DELETE', `${url}/members/me`, { as: heir.access });
    await delay(WITHIN_MS);
    await there.expect(404, 'GET', '/probe/query', { as: heirKey });
    await here.join(owner, spaceId, heir.email, 'Viewer');
    const body = { user_id: heir.id, role: 'Viewer' };
    await here.expect(200, 'POST', `${url}/transfer-ownership`, { as: owner.access, body });
    await delay(WITHIN_MS);
    await there.expect(403, 'POST', '/probe/body', { as: ownerKey, body: {} });
    await there.expect(200, 'GET', '/probe/query', { as: ownerKey });
  });
});

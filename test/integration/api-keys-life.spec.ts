/** The life of a key over HTTP on a real database: changes, rotation, switching off and on, caps, and what the trail keeps. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS_PER_USER_MAX } from '../../src/auth/api-keys.service.js';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type Tokens, type TestUser } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const KEYS = '/api/v1/api-keys';
const EVERYTHING = {
  name: 'Covers',
  description: 'Makes covers\nat night',
  scopes: ['images.read', 'models.list'],
  allowed_models: ['embedded-*'],
  allowed_endpoints: ['*'],
  allowed_cidrs: ['0.0.0.0/0', '::/0'],
  denied_cidrs: ['198.51.100.0/24'],
  rate_limit_per_minute: 10_000,
  rate_limit_per_hour: 100_000,
  rate_limit_per_day: 1_000_000,
  expires_at: '2100-01-01T00:00:00.000Z',
  tags: ['covers', 'night'],
};

describe.each(databaseKinds())('the life of a key on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let editor: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    owner = await identity.user(operator);
    editor = await identity.user(operator);
    spaceId = await identity.space(owner);
    await identity.join(owner, spaceId, editor.email, 'Editor');
  });

  afterAll(() => identity.close());

  const call = (status: number, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string) => {
    return (by: Tokens, body?: object) =>
      identity.expect(status, method, `${KEYS}${path}`, { as: by.access, body });
  };
  const rotate = async (by: Tokens, id: string, body: object = {}) =>
    String((await call(200, 'POST', `/${id}/rotate`)(by, body)).key);
  const rowOf = (id: string) => identity.sql('SELECT * FROM api_keys WHERE id = $1', [id]);
  const trailOf = async (id: string) => {
    const rows = await identity.sql<{ action: string; before: object; after: object }>(
      'SELECT action, before, after, actor_id FROM audit_events WHERE target_id = $1 ORDER BY id',
      [id],
    );
    return rows;
  };

  describe('changing', () => {
    it('takes every field, shows it, and leaves what is left out', async () => {
      const { id, key } = await identity.key(owner, spaceId);
      const changed = await call(200, 'PATCH', `/${id}`)(owner, EVERYTHING);
      expect(changed).toMatchObject(EVERYTHING);
      expect(await call(200, 'GET', `/${id}`)(owner)).toEqual(changed);
      const again = await call(
        200,
        'PATCH',
        `/${id}`,
      )(owner, { rate_limit_per_hour: null, expires_at: null });
      expect(again).toEqual({ ...changed, rate_limit_per_hour: null, expires_at: null });
      expect(await call(200, 'PATCH', `/${id}`)(owner, {})).toEqual(again);
      await identity.expect(200, 'GET', ME, { as: key });
      const made = await identity.expect(201, 'POST', KEYS, {
        as: owner.access,
        body: { ...EVERYTHING, search_space_id: spaceId },
      });
      expect(made).toMatchObject(EVERYTHING);
    });

    it.each([
      ['id', newId()],
      ['user_id', newId()],
      ['search_space_id', newId()],
      ['service_account_id', newId()],
      ['key', 'atl_'],
      ['key_prefix', 'atl_aaaaaaaa'],
      ['key_hash', 'x'],
      ['lookup_id', 'aaaaaaaa'],
      ['is_active', false],
      ['revoked_at', null],
      ['last_used_at', null],
      ['created_at', '2001-01-01T00:00:00Z'],
    ])('cannot touch %s', async (field, value) => {
      const { id } = await identity.key(owner, spaceId);
      const before = await rowOf(id);
      const refused = await call(400, 'PATCH', `/${id}`)(owner, { name: 'Other', [field]: value });
      expect(refused.errors).toMatchObject([{ field }]);
      expect(await rowOf(id)).toEqual(before);
    });

    it.each([
      [{ name: '' }, 'name'],
      [{ name: null }, 'name'],
      [{ description: 'x'.repeat(501) }, 'description'],
      [{ scopes: [] }, 'scopes'],
      [{ scopes: null }, 'scopes'],
      [{ scopes: ['images.paint'] }, 'scopes'],
      [{ allowed_models: null }, 'allowed_models'],
      [{ allowed_models: ['a b'] }, 'allowed_models'],
      [{ allowed_models: Array(101).fill('a') }, 'allowed_models'],
      [{ allowed_models: ['x'.repeat(201)] }, 'allowed_models'],
      [{ allowed_endpoints: ['v1/models'] }, 'allowed_endpoints'],
      [{ allowed_cidrs: ['10.0.0.0/33'] }, 'allowed_cidrs[0]'],
      [{ denied_cidrs: ['::1', 'localhost'] }, 'denied_cidrs'],
      [{ rate_limit_per_minute: 0 }, 'rate_limit_per_minute'],
      [{ rate_limit_per_minute: 10_001 }, 'rate_limit_per_minute'],
      [{ rate_limit_per_hour: 100_001 }, 'rate_limit_per_hour'],
      [{ rate_limit_per_day: 1_000_001 }, 'rate_limit_per_day'],
      [{ rate_limit_per_day: '5' }, 'rate_limit_per_day'],
      [{ expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
      [{ tags: ['x'.repeat(51)] }, 'tags'],
      [{ tags: Array(21).fill('a') }, 'tags'],
    ])('names the field at fault in %j, making or changing', async (fault, field) => {
      const { id } = await identity.key(owner, spaceId);
      const before = await rowOf(id);
      const body = { name: 'A key', search_space_id: spaceId, ...fault };
      for (const refused of [
        await call(400, 'PATCH', `/${id}`)(owner, fault),
        await call(400, 'POST', '')(owner, body),
      ]) {
        expect(refused.errors).toMatchObject([{ field }]);
      }
      expect(await rowOf(id)).toEqual(before);
    });

    it('gives no scope that the one who changes, or the maker, does not hold', async () => {
      const { id, key } = await identity.key(editor, spaceId, { scopes: ['images.read'] });
      const wider = { scopes: ['images.read', 'images.delete'] };
      for (const by of [editor, owner]) {
        const refused = await call(403, 'PATCH', `/${id}`)(by, wider);
        expect(refused).toMatchObject({ permission: 'image_generations:delete' });
      }
      await call(200, 'PATCH', `/${id}`)(owner, { scopes: ['images.read', 'images.generate'] });
      const body = { search_space_id: spaceId };
      await identity.expect(201, 'POST', '/probe/body', { as: key, body });
      await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${editor.id}`, {
        as: owner.access,
        body: { role: 'Viewer' },
      });
      await identity.expect(403, 'POST', '/probe/body', { as: key, body });
      await identity.expect(200, 'GET', `/probe/query?search_space_id=${spaceId}`, { as: key });
      await call(403, 'PATCH', `/${id}`)(editor, { scopes: ['images.read', 'chat.completions'] });
      await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${editor.id}`, {
        as: owner.access,
        body: { role: 'Editor' },
      });
    });

    it('is for the maker and who manages API access; for others the key is not there', async () => {
      const { id } = await identity.key(owner, spaceId);
      for (const by of [editor, operator]) {
        await call(404, 'PATCH', `/${id}`)(by, { name: 'Mine' });
        for (const verb of ['activate', 'deactivate', 'rotate']) {
          await call(404, 'POST', `/${id}/${verb}`)(by, {});
        }
      }
      const { key } = await identity.key(owner, spaceId);
      const refused = await identity.expect(403, 'PATCH', `${KEYS}/${id}`, {
        as: key,
        body: { name: 'Mine' },
      });
      expect(refused.code).toBe('auth.session_required');
    });
  });

  describe('rotating', () => {
    it('keeps the key and ends the old secret at once, or after the overlap', async () => {
      const { id, key: first } = await identity.key(owner, spaceId, { tags: ['kept'] });
      const before = await call(200, 'GET', `/${id}`)(owner);
      const second = await rotate(owner, id);
      await identity.expect(401, 'GET', ME, { as: first });
      expect(await identity.expect(200, 'GET', ME, { as: second })).toMatchObject({ id });
      const after = await call(200, 'GET', `/${id}`)(owner);
      expect(after).toEqual({
        ...before,
        key_prefix: second.slice(0, 12),
        last_used_at: after.last_used_at,
      });

      const third = await rotate(owner, id, { overlap_s: 2 });
      await identity.expect(200, 'GET', ME, { as: second });
      await identity.expect(200, 'GET', ME, { as: third });
      await delay(2_100);
      await identity.expect(401, 'GET', ME, { as: second });
      await identity.expect(200, 'GET', ME, { as: third });
    });

    it('leaves two secrets alive at most: the oldest ends', async () => {
      const { id, key: first } = await identity.key(owner, spaceId);
      const second = await rotate(owner, id, { overlap_s: 604_800 });
      const third = await rotate(owner, id, { overlap_s: 604_800 });
      await identity.expect(401, 'GET', ME, { as: first });
      await identity.expect(200, 'GET', ME, { as: second });
      await identity.expect(200, 'GET', ME, { as: third });
      await call(204, 'DELETE', `/${id}`)(owner);
      for (const as of [second, third]) await identity.expect(401, 'GET', ME, { as });
      expect((await call(409, 'POST', `/${id}/rotate`)(owner, {})).code).toBe('request.conflict');
    });

    it('by several at once ends with one newest secret', async () => {
      const { id } = await identity.key(owner, spaceId);
      const keys = await Promise.all(
        Array.from({ length: 5 }, () => rotate(owner, id, { overlap_s: 60 })),
      );
      const statuses = await Promise.all(
        keys.map(async (as) => (await identity.call('GET', ME, { as })).status),
      );
      expect(statuses.filter((status) => status === 200)).toHaveLength(2);
      const rows = await identity.sql(
        'SELECT 1 FROM api_key_secrets WHERE api_key_id = $1 AND expires_at IS NULL',
        [id],
      );
      expect(rows).toHaveLength(1);
    });

    it.each([{ overlap_s: -1 }, { overlap_s: 604_801 }, { overlap_s: 1.5 }, { overlap_s: null }])(
      'refuses %j',
      async (body) => {
        const { id, key } = await identity.key(owner, spaceId);
        await call(400, 'POST', `/${id}/rotate`)(owner, body);
        await identity.expect(200, 'GET', ME, { as: key });
      },
    );

    it('tells a new secret to the maker alone: managers may stop a key, not become its maker', async () => {
      const { id, key } = await identity.key(editor, spaceId);
      const refused = await call(403, 'POST', `/${id}/rotate`)(owner, {});
      expect(refused.code).toBe('rbac.permission_denied');
      await call(200, 'POST', `/${id}/deactivate`)(owner);
      await identity.expect(401, 'GET', ME, { as: key });
    });
  });

  it('is switched off and on again at once, with its own code', async () => {
    const { id, key } = await identity.key(owner, spaceId);
    expect(await call(200, 'POST', `/${id}/deactivate`)(owner)).toMatchObject({ is_active: false });
    expect((await identity.expect(401, 'GET', ME, { as: key })).code).toBe('auth.key_inactive');
    await call(200, 'POST', `/${id}/deactivate`)(owner);
    expect(await call(200, 'POST', `/${id}/activate`)(owner)).toMatchObject({ is_active: true });
    await identity.expect(200, 'GET', ME, { as: key });
    await call(204, 'DELETE', `/${id}`)(owner);
    await call(409, 'POST', `/${id}/activate`)(owner);
    await call(409, 'PATCH', `/${id}`)(owner, { name: 'Back' });
    await identity.expect(401, 'GET', ME, { as: key });
  });

  it('leaves a trail of who changed what, once for each change, without any key', async () => {
    const { id, key } = await identity.key(owner, spaceId);
    await call(200, 'PATCH', `/${id}`)(owner, { name: 'Renamed', tags: [] });
    await call(200, 'PATCH', `/${id}`)(owner, { name: 'Renamed' });
    const rotated = await rotate(owner, id, { overlap_s: 60 });
    for (const verb of ['deactivate', 'deactivate', 'activate']) {
      await call(200, 'POST', `/${id}/${verb}`)(owner);
    }
    await call(204, 'DELETE', `/${id}`)(owner);
    await call(204, 'DELETE', `/${id}`)(owner);
    const trail = await trailOf(id);
    expect(trail.map(({ action }) => action)).toEqual([
      'api_key.created',
      'api_key.updated',
      'api_key.rotated',
      'api_key.deactivated',
      'api_key.activated',
      'api_key.revoked',
    ]);
    expect(trail[1]).toMatchObject({
      before: { name: 'A key' },
      after: { name: 'Renamed' },
      actor_id: owner.id,
    });
    const text = JSON.stringify(trail);
    for (const secret of [key, rotated]) expect(text).not.toContain(secret.slice(4, 12));
  });

  it('is one of so many: more are refused until some are revoked', async () => {
    const maker = await identity.user(operator);
    const space = await identity.space(maker);
    const { id } = await identity.key(maker, space);
    await identity.sql(
      `INSERT INTO api_keys (id, name, search_space_id, user_id, scopes, created_at)
       SELECT gen_random_uuid(), 'one of many', $1, $2, '{images.read}', now()
       FROM generate_series(1, $3)`,
      [space, maker.id, KEYS_PER_USER_MAX - 3],
    );
    const body = { name: 'A key', search_space_id: space };
    const make = () => identity.call('POST', KEYS, { as: maker.access, body });
    const answers = await Promise.all(Array.from({ length: 6 }, make));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201, 201, 409, 409, 409, 409,
    ]);
    await call(204, 'DELETE', `/${id}`)(maker);
    expect((await make()).status).toBe(201);
    expect((await make()).body.code).toBe('request.conflict');
  });
});

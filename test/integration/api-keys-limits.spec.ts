/** What a key is held to, over HTTP on a real database: addresses, endpoints, scopes, requests a minute, an hour and a day. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, TestIdentity, type Tokens } from '../factories/identity.factory.js';
import { waitForMinute } from '../setup/minute.js';
import { databaseKinds, queueKinds, readRedisUrl } from '../setup/services.js';
import { newId } from '../../src/common/ids.js';

const ME = '/api/v1/auth/me';
const KEYS = '/api/v1/api-keys';
const DAY_S = 86_400;

function redis(): Record<string, string> {
  if (!queueKinds().includes('bull') || !databaseKinds().includes('postgres')) return {};
  return { REDIS_URL: readRedisUrl(), REDIS_PREFIX: `test-${newId()}` };
}

function readRate({ headers }: Answer): unknown[] {
  return [headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']].map(Number);
}

describe.each(databaseKinds())('what a key is held to on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, redis());
    operator = await identity.operator();
    spaceId = await identity.space(operator);
  });

  afterAll(() => identity.close());

  const make = (more: object) => identity.key(operator, spaceId, more);
  const change = (id: string, body: object) =>
    identity.expect(200, 'PATCH', `${KEYS}/${id}`, { as: operator.access, body });

  describe('addresses', () => {
    it('let it in from the networks allowed, and never from one that is denied', async () => {
      const { key } = await make({
        allowed_cidrs: ['203.0.113.0/24', '2001:db8::/32'],
        denied_cidrs: ['203.0.113.66'],
      });
      for (const from of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::9']) {
        await identity.expect(200, 'GET', ME, { as: key, from });
      }
      for (const from of ['203.0.113.66', '::ffff:203.0.113.66', '198.51.100.1', '2001:db9::1']) {
        const answer = await identity.expect(403, 'GET', ME, { as: key, from });
        expect(answer.code).toBe('auth.key_restricted');
        expect(JSON.stringify({ ...answer, instance: '' })).not.toMatch(
          /203\.0|198\.51|db8|address|endpoint/i,
        );
      }
    });

    it('are not taken from a header that anybody can write', async () => {
      const { key } = await make({ allowed_cidrs: ['203.0.113.0/24'] });
      const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' };
      await identity.expect(403, 'GET', ME, { as: key, from: '198.51.100.1', headers });
    });

    it('hold at once when they are changed, and are kept in one form', async () => {
      const { id, key } = await make({});
      await identity.expect(200, 'GET', ME, { as: key, from: '198.51.100.1' });
      const changed = await change(id, { denied_cidrs: ['198.51.100.9/24'] });
      expect(changed.denied_cidrs).toEqual(['198.51.100.0/24']);
      await identity.expect(403, 'GET', ME, { as: key, from: '198.51.100.1' });
      await change(id, { denied_cidrs: [] });
      await identity.expect(200, 'GET', ME, { as: key, from: '198.51.100.1' });
    });

    it('are told apart from wrong keys: a thief with half a key learns nothing of them', async () => {
      const { key } = await make({ allowed_cidrs: ['203.0.113.0/24'] });
      const wrong = `${key.slice(0, 13)}${'A'.repeat(43)}`;
      const answer = await identity.expect(401, 'GET', ME, { as: wrong, from: '198.51.100.1' });
      expect(answer.code).toBe('auth.credentials_invalid');
    });
  });

  describe('endpoints', () => {
    it('are patterns of routes, asked before the body is read', async () => {
      const { key } = await make({ allowed_endpoints: ['/probe/*', '/api/v1/search-spaces/{id}'] });
      await identity.expect(200, 'GET', `/probe/query?search_space_id=${spaceId}`, { as: key });
      await identity.expect(200, 'GET', `/api/v1/search-spaces/${spaceId}`, { as: key });
      for (const url of [
        ME,
        `/api/v1/search-spaces/${spaceId}/my-access`,
        '/api/v1/search-spaces',
      ]) {
        expect((await identity.expect(403, 'GET', url, { as: key })).code).toBe(
          'auth.key_restricted',
        );
      }
      const { key: other } = await make({ allowed_endpoints: [ME] });
      const unread = await identity.app.inject({
        method: 'POST',
        url: '/probe/body',
        headers: { authorization: `Bearer ${other}`, 'content-type': 'application/json' },
        payload: '{ this is no JSON',
      });
      expect([unread.statusCode, unread.json<{ code: string }>().code]).toEqual([
        403,
        'auth.key_restricted',
      ]);
    });

    it('cannot be slipped past by another spelling of the path', async () => {
      const { key } = await make({ allowed_endpoints: ['/probe/*'] });
      for (const url of [
        '/probe/../api/v1/auth/me',
        '/api/v1/auth/me?x=/probe/',
        '/api/v1/auth/me/',
      ]) {
        const { status } = await identity.call('GET', url, { as: key });
        expect([403, 404]).toContain(status);
      }
    });
  });

  describe('scopes', () => {
    const edit = { scopes: ['images.edit'] };

    it('of which one is enough open a route, and none of the others', async () => {
      const body = { search_space_id: spaceId };
      for (const scopes of [['images.generate'], ['images.edit']]) {
        await identity.expect(201, 'POST', '/probe/body', {
          as: (await make({ scopes })).key,
          body,
        });
      }
      for (const scope of ['images.read', 'models.list', 'chat.completions', 'chatbot.chat']) {
        const { key } = await make({ scopes: [scope] });
        const answer = await identity.expect(403, 'POST', '/probe/body', { as: key, body });
        expect(answer).toMatchObject({ code: 'auth.scope_missing', scope: 'images.generate' });
      }
    });

    it('that a route names are needed by keys, beside what their maker`s role holds', async () => {
      const maker = await identity.user(operator);
      await identity.join(operator, spaceId, maker.email, 'Editor');
      const { key } = await identity.key(maker, spaceId, { scopes: ['budget.read'] });
      const { key: other } = await identity.key(maker, spaceId, { scopes: ['billing.read'] });
      const url = `/probe/budget?search_space_id=${spaceId}`;
      await identity.expect(200, 'GET', url, { as: key });
      await identity.expect(200, 'GET', url, { as: maker.access });
      const refused = await identity.expect(403, 'GET', url, { as: other });
      expect(refused).toMatchObject({ code: 'auth.scope_missing', scope: 'budget.read' });
      await identity.sql(
        `INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, 'Maker', $3)`,
        [newId(), spaceId, ['image_generations:create']],
      );
      await identity.expect(200, 'PATCH', `/api/v1/search-spaces/${spaceId}/members/${maker.id}`, {
        as: operator.access,
        body: { role: 'Maker' },
      });
      const demoted = await identity.expect(403, 'GET', url, { as: key });
      expect(demoted).toMatchObject({
        code: 'rbac.permission_denied',
        permission: 'settings:view',
      });
    });

    it('of operators open operators` routes to keys, while their space admits keys', async () => {
      const url = '/probe/operator';
      const { key } = await make({ scopes: ['admin.status'] });
      await identity.expect(200, 'GET', url, { as: key });
      await identity.expect(200, 'GET', url, { as: operator.access });
      const { key: other } = await make({ scopes: ['admin.cache', 'images.read'] });
      const refused = await identity.expect(403, 'GET', url, { as: other });
      expect(refused).toMatchObject({ code: 'auth.scope_missing', scope: 'admin.status' });
      const stranger = await identity.user(operator);
      await identity.expect(403, 'GET', url, { as: stranger.access });
      const space = `/api/v1/search-spaces/${spaceId}`;
      const switchTo = (api_access_enabled: boolean) =>
        identity.expect(200, 'PATCH', space, { as: operator.access, body: { api_access_enabled } });
      await switchTo(false);
      const off = await identity.expect(403, 'GET', url, { as: key });
      expect(off.code).toBe('auth.api_access_disabled');
      await switchTo(true);
      await identity.expect(200, 'GET', url, { as: key });
    });

    it('of operators are for operators` own keys, now and later', async () => {
      const second = await identity.user(operator);
      const theirs = await identity.space(second);
      const body = { name: 'A key', search_space_id: theirs, scopes: ['admin.cache'] };
      const refused = await identity.expect(403, 'POST', KEYS, { as: second.access, body });
      expect(refused.code).toBe('rbac.operator_required');
      const { id } = await identity.key(second, theirs, edit);
      const widened = await identity.call('PATCH', `${KEYS}/${id}`, {
        as: second.access,
        body: { scopes: ['images.edit', 'admin.cache'] },
      });
      expect([widened.status, widened.body.code]).toEqual([403, 'rbac.operator_required']);

      const { key } = await make({ scopes: ['admin.cache', 'models.list'] });
      const scopesOf = async () => (await identity.expect(200, 'GET', ME, { as: key })).scopes;
      expect(await scopesOf()).toEqual(['admin.cache', 'models.list']);
      await identity.sql(
        `UPDATE users SET is_operator = false WHERE email = 'operator@atelier.local'`,
      );
      await identity.sql('SELECT cache_epoch_bump()');
      await expect.poll(scopesOf, { timeout: 30_000 }).toEqual(['models.list']);
      await identity.sql(
        `UPDATE users SET is_operator = true WHERE email = 'operator@atelier.local'`,
      );
      await identity.sql('SELECT cache_epoch_bump()');
    });
  });

  describe('requests', () => {
    // Exact counts of a minute are told within one.
    beforeEach(() => waitForMinute(10_000));

    it('are counted fully within one second, and told on every answer', async () => {
      const { key } = await make({ rate_limit_per_minute: 1_000, rate_limit_per_day: 10 });
      const first = await identity.call('GET', ME, { as: key });
      expect(readRate(first)).toEqual([10, 9]);
      expect(Number(first.headers['x-ratelimit-reset'])).toBeLessThanOrEqual(DAY_S);
      const errors = [
        await identity.call('GET', `/api/v1/search-spaces/${newId()}`, { as: key }),
        await identity.call('GET', KEYS, { as: key }),
        await identity.call('POST', '/probe/body', { as: key, body: { search_space_id: 5 } }),
      ];
      expect(errors.map(({ status }) => status)).toEqual([404, 403, 400]);
      expect(errors.map(readRate)).toEqual([
        [10, 8],
        [10, 7],
        [10, 6],
      ]);
      const burst = await Promise.all(
        Array.from({ length: 30 }, () => identity.call('GET', ME, { as: key })),
      );
      expect(burst.filter(({ status }) => status === 200)).toHaveLength(6);
      const refused = burst.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(24);
      for (const answer of refused) {
        expect(answer.body.code).toBe('request.throttled');
        expect(readRate(answer)).toEqual([10, 0]);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(60);
      }
    });

    it('that one window refuses count in none of the others', async () => {
      const { id, key } = await make({ rate_limit_per_minute: 100, rate_limit_per_hour: 3 });
      const calls = Array.from({ length: 20 }, () => identity.call('GET', ME, { as: key }));
      const statuses = (await Promise.all(calls)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(3);
      // Without the limit of an hour the count of the minute shows: three, and this one.
      await change(id, { rate_limit_per_hour: null });
      expect(readRate(await identity.call('GET', ME, { as: key }))).toEqual([100, 96]);
    });

    it('of a key are limited under a new secret as under the old', async () => {
      const { id, key } = await make({ rate_limit_per_day: 5 });
      for (let count = 0; count < 3; count += 1) await identity.expect(200, 'GET', ME, { as: key });
      const rotated = await identity.expect(200, 'POST', `${KEYS}/${id}/rotate`, {
        as: operator.access,
        body: { overlap_s: 600 },
      });
      const secrets = [key, String(rotated.key)];
      expect(readRate(await identity.call('GET', ME, { as: secrets[1] }))).toEqual([5, 1]);
      expect(readRate(await identity.call('GET', ME, { as: secrets[0] }))).toEqual([5, 0]);
      for (const as of secrets) await identity.expect(429, 'GET', ME, { as });
    });

    it('of a key without limits and of sessions are held to the limit of everybody', async () => {
      const { key } = await make({});
      expect(readRate(await identity.call('GET', ME, { as: key }))).toEqual([6_000, 5_999]);
      expect(readRate(await identity.call('GET', ME, { as: operator.access }))[0]).toBe(6_000);
      const { key: generous } = await make({ rate_limit_per_minute: 10_000 });
      expect(readRate(await identity.call('GET', ME, { as: generous }))[0]).toBe(6_000);
    });
  });
});

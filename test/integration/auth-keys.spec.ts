/** API keys over HTTP on a real database: form, headers, scopes, expiry, revocation, and who may manage them. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../../src/auth/domain/api-key.js';
import { newId } from '../../src/common/ids.js';
import { type Answer, TestIdentity, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const ME = '/api/v1/auth/me';
const KEYS = '/api/v1/api-keys';
const DEFAULT_SCOPES = [
  'images.generate',
  'images.edit',
  'images.read',
  'models.list',
  'chat.completions',
  'embeddings.create',
  'billing.read',
  'budget.read',
];

describe.each(databaseKinds())('API keys on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    spaceId = await identity.space(operator);
  });

  afterAll(async () => {
    await identity.close();
  });

  async function codeOf(
    status: number,
    headers: Record<string, string>,
    url = ME,
  ): Promise<unknown> {
    return (await identity.expect(status, 'GET', url, { headers })).code;
  }

  it('shows a key once, keeps its digest alone, and says whom it stands for', async () => {
    const made = await identity.expect(201, 'POST', KEYS, {
      as: operator.access,
      body: { name: ' Build server ', search_space_id: spaceId },
    });
    const key = String(made.key);
    expect(key).toMatch(/^atl_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/);
    expect(made).toMatchObject({
      name: 'Build server',
      scopes: DEFAULT_SCOPES,
      key_prefix: key.slice(0, 12),
    });
    const shown = await identity.expect(200, 'GET', `${KEYS}/${String(made.id)}`, {
      as: operator.access,
    });
    expect(shown).toEqual({ ...made, key: undefined });
    const rows = await identity.sql<{ key_hash: Buffer }>(
      'SELECT * FROM api_keys k JOIN api_key_secrets s ON s.api_key_id = k.id WHERE k.id = $1',
      [made.id],
    );
    expect(rows[0]?.key_hash.equals(createHash('sha256').update(key).digest())).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(key.slice(13));
    expect(await identity.expect(200, 'GET', ME, { as: key })).toEqual({
      kind: 'api_key',
      id: made.id,
      user_id: made.user_id,
      name: 'Build server',
      email: null,
      is_operator: false,
      search_space_id: spaceId,
      scopes: DEFAULT_SCOPES,
    });
  });

  describe('headers', () => {
    it('take a key as Bearer or X-API-Key, and let a good X-API-Key stand beside a bad Bearer', async () => {
      const { key } = await identity.key(operator, spaceId);
      const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
      const good = [
        bearer(key),
        { authorization: `bearer  ${key} ` },
        { 'x-api-key': key },
        { ...bearer(newApiKey()), 'x-api-key': key },
        { ...bearer('sk-not-ours'), 'x-api-key': key },
        { authorization: 'Basic dTpw', 'x-api-key': key },
        { ...bearer(key), 'x-api-key': 'nonsense' },
        { ...bearer(operator.access), 'x-api-key': 'nonsense' },
      ];
      for (const headers of good) await identity.expect(200, 'GET', ME, { headers });
    });

    it('refuse what is missing or wrong with the reason', async () => {
      const { key } = await identity.key(operator, spaceId);
      expect(await codeOf(401, {})).toBe('auth.credentials_missing');
      const { headers } = await identity.call('GET', ME);
      expect(headers['www-authenticate']).toMatch(/^Bearer/);
      const wrong: Record<string, string>[] = [
        { authorization: 'Bearer nonsense' },
        { authorization: 'Bearer' },
        { authorization: 'Basic dTpw' },
        { authorization: `Bearer ${newApiKey()}` },
        // The right lookup id with another secret: whole keys are compared.
        { authorization: `Bearer ${key.slice(0, 13)}${newApiKey().slice(13)}` },
        { authorization: `Bearer ${key}x` },
        { 'x-api-key': operator.access },
        { 'x-api-key': `${key}, ${key}` },
      ];
      for (const headers of wrong)
        expect(await codeOf(401, headers)).toBe('auth.credentials_invalid');
    });

    it('compare the whole key although the right one was just used', async () => {
      const { key } = await identity.key(operator, spaceId);
      await identity.expect(200, 'GET', ME, { as: key });
      const forged = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
      await identity.expect(401, 'GET', ME, { as: forged });
    });

    it('refuse a credential in the query before anything else, with or without a good header', async () => {
      const { key } = await identity.key(operator, spaceId);
      for (const query of [`api_key=${key}`, 'key=x', 'access_token=x', `anything=${key}`]) {
        expect(await codeOf(400, {}, `${ME}?${query}`)).toBe('auth.key_in_query');
        expect(await codeOf(400, { 'x-api-key': key }, `${ME}?${query}`)).toBe('auth.key_in_query');
      }
    });

    it('refuse access tokens that are forged, expired, of another service, or unsigned', async () => {
      const jwt = new JwtService({});
      const secret = identity.environment.JWT_SECRET ?? '';
      const { sub, sid, ver } = jwt.decode<Record<string, unknown>>(operator.access);
      const claims = { sub, sid, ver };
      const right = { secret, issuer: 'atelier', audience: 'atelier-api', expiresIn: 60 };
      const sign = (payload: object, options: object) =>
        jwt.sign(payload, { ...right, ...options });
      await identity.expect(200, 'GET', ME, { as: sign(claims, {}) });
      const none = [
        { alg: 'none', typ: 'JWT' },
        { ...claims, iss: 'atelier', aud: 'atelier-api', exp: 4e9 },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      const wrong = [
        sign(claims, { secret: 'another secret of enough letters' }),
        sign(claims, { expiresIn: -1 }),
        sign(claims, { issuer: 'elsewhere' }),
        sign(claims, { audience: 'elsewhere' }),
        sign(claims, { algorithm: 'HS512' }),
        sign({ ...claims, sid: newId() }, {}),
        sign({ ...claims, sub: newId() }, {}),
        sign({ ...claims, ver: 2 }, {}),
        sign({ sub }, {}),
        `${none.join('.')}.`,
      ];
      for (const as of wrong) await identity.expect(401, 'GET', ME, { as });
    });
  });

  describe('life', () => {
    it('ends at expires_at, with its own code', async () => {
      const expires_at = new Date(Date.now() + 1_200).toISOString();
      const { key } = await identity.key(operator, spaceId, { expires_at });
      await identity.expect(200, 'GET', ME, { as: key });
      await delay(1_300);
      expect((await identity.expect(401, 'GET', ME, { as: key })).code).toBe('auth.key_expired');
    });

    it('ends at once in this process when revoked, and stays revoked', async () => {
      const { id, key } = await identity.key(operator, spaceId);
      await identity.expect(200, 'GET', ME, { as: key });
      await identity.expect(204, 'DELETE', `${KEYS}/${id}`, { as: operator.access });
      await identity.expect(401, 'GET', ME, { as: key });
      await identity.expect(204, 'DELETE', `${KEYS}/${id}`, { as: operator.access });
      const shown = await identity.expect(200, 'GET', `${KEYS}/${id}`, { as: operator.access });
      expect(shown.revoked_at).toEqual(expect.any(String));
    });

    it('ends within a second when somebody else revoked it in the database', async () => {
      const { id, key } = await identity.key(operator, spaceId);
      await identity.expect(200, 'GET', ME, { as: key });
      await identity.sql('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [id]);
      await identity.sql('SELECT cache_epoch_bump()');
      await delay(1_000);
      await identity.expect(401, 'GET', ME, { as: key });
    });

    it('ends with the account of its maker', async () => {
      const maker = await identity.user(operator);
      const { key } = await identity.key(maker, await identity.space(maker));
      await identity.expect(200, 'GET', ME, { as: key });
      await identity.sql(`UPDATE users SET status = 'disabled', version = 2 WHERE id = $1`, [
        maker.id,
      ]);
      await identity.sql('SELECT cache_epoch_bump()');
      await delay(1_000);
      await identity.expect(401, 'GET', ME, { as: key });
      await identity.expect(401, 'GET', ME, { as: maker.access });
    });

    it('leaves a trace of its last use, written later', async () => {
      const { id, key } = await identity.key(operator, spaceId);
      await identity.expect(200, 'GET', ME, { as: key });
      let usedAt: unknown = null;
      for (let tries = 0; usedAt === null && tries < 100; tries += 1) {
        await delay(100);
        usedAt = (await identity.expect(200, 'GET', `${KEYS}/${id}`, { as: operator.access }))
          .last_used_at;
      }
      expect(Date.parse(String(usedAt))).toBeGreaterThan(Date.now() - 60_000);
    });
  });

  describe('making', () => {
    it.each([
      [{ name: '' }, 'name'],
      [{ name: ' ' }, 'name'],
      [{ name: 'a\0b' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ scopes: ['images.paint'] }, 'scopes'],
      [{ scopes: [] }, 'scopes'],
      [{ scopes: 'images.read' }, 'scopes'],
      [{ expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
      [{ expires_at: '2999-01-01T00:00:00' }, 'expires_at'],
      [{ expires_at: 'tomorrow' }, 'expires_at'],
      [{ search_space_id: 7 }, 'search_space_id'],
      [{ is_operator: true }, 'is_operator'],
    ])('names the field at fault in %j', async (fault, field) => {
      const body = { name: 'A key', search_space_id: spaceId, ...fault };
      const answer = await identity.expect(400, 'POST', KEYS, { as: operator.access, body });
      const fields = (answer.errors as { field: string }[]).map((error) => error.field);
      expect(new Set(fields)).toEqual(new Set([field]));
    });

    it('is for members: a foreign space is as good as none, operator or not', async () => {
      const outsider = await identity.user(operator);
      const theirs = await identity.space(outsider);
      const bodies = [];
      for (const [as, id] of [
        [outsider, spaceId],
        [operator, theirs],
        [operator, newId()],
        [operator, 'x'],
      ] as const) {
        const body = { name: 'A key', search_space_id: id };
        const answer = await identity.expect(404, 'POST', KEYS, { as: as.access, body });
        bodies.push(JSON.stringify({ ...answer, request_id: '' }));
      }
      expect(new Set(bodies).size).toBe(1);
    });

    it('gives no scope beyond the role of the maker', async () => {
      const viewer = await identity.user(operator);
      await identity.join(operator, spaceId, viewer.email, 'Viewer');
      const refusals: [string[] | undefined, string][] = [
        [['images.generate'], 'image_generations:create'],
        [['images.read', 'images.delete'], 'image_generations:delete'],
        [undefined, 'image_generations:create'],
      ];
      for (const [scopes, permission] of refusals) {
        const body = { name: 'A key', search_space_id: spaceId, scopes };
        const answer = await identity.expect(403, 'POST', KEYS, { as: viewer.access, body });
        expect(answer).toMatchObject({ code: 'rbac.permission_denied', permission });
      }
      await identity.key(viewer, spaceId, { scopes: ['images.read', 'billing.read'] });
    });

    it('is for sessions: a key cannot make, see or revoke keys', async () => {
      const { id, key } = await identity.key(operator, spaceId);
      const body = { name: 'A key', search_space_id: spaceId };
      const answers: Answer[] = [
        await identity.call('POST', KEYS, { as: key, body }),
        await identity.call('GET', KEYS, { as: key }),
        await identity.call('GET', `${KEYS}/${id}`, { as: key }),
        await identity.call('DELETE', `${KEYS}/${id}`, { as: key }),
        await identity.call('POST', '/api/v1/auth/logout', { as: key }),
        await identity.call('GET', '/api/v1/users', { as: key }),
      ];
      for (const { status, body } of answers) {
        expect([status, body.code]).toEqual([403, 'auth.session_required']);
      }
    });
  });

  describe('listing', () => {
    it('shows one`s own keys, and all of a space to who manages its API access', async () => {
      const owner = await identity.user(operator);
      const editor = await identity.user(operator);
      const space = await identity.space(owner);
      await identity.join(owner, space, editor.email, 'Editor');
      const [byOwner, byEditor] = [
        await identity.key(owner, space),
        await identity.key(editor, space),
      ];
      const list = async (as: Tokens, query: string) => {
        const page = await identity.expect(200, 'GET', `${KEYS}${query}`, { as: as.access });
        return (page.data as { id: string }[]).map(({ id }) => id);
      };
      expect(await list(owner, '')).toEqual([byOwner.id]);
      expect(await list(owner, `?search_space_id=${space}`)).toEqual([byEditor.id, byOwner.id]);
      expect(await list(editor, `?search_space_id=${space}`)).toEqual([byEditor.id]);
      await identity.expect(404, 'GET', `${KEYS}?search_space_id=${space}`, {
        as: operator.access,
      });
      await identity.expect(404, 'GET', `${KEYS}/${byOwner.id}`, { as: editor.access });
      await identity.expect(404, 'DELETE', `${KEYS}/${byOwner.id}`, { as: editor.access });
      await identity.expect(404, 'DELETE', `${KEYS}/${byOwner.id}`, { as: operator.access });
      await identity.expect(404, 'GET', `${KEYS}/none`, { as: editor.access });
      await identity.expect(200, 'GET', ME, { as: byOwner.key });
      await identity.expect(204, 'DELETE', `${KEYS}/${byEditor.id}`, { as: owner.access });
      await identity.expect(401, 'GET', ME, { as: byEditor.key });
    });
  });
});

/** Proves that an invite lets in as many as it says, under no role beyond its maker's, and tells others nothing. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { newInviteCode } from '../../src/rbac/domain/invite-code.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const RIVALS = 20;
const GUESSES_MAX = 5;

interface Issued {
  id: string;
  code: string;
}

describe.each(databaseKinds())('invites on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let editor: TestUser;
  let viewer: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, editor, viewer] = [await newUser(), await newUser(), await newUser()];
    spaceId = await identity.space(owner, 'Marketing');
    await identity.join(owner, spaceId, editor.email, 'Editor');
    await identity.join(owner, spaceId, viewer.email, 'Viewer');
  });

  afterAll(() => identity.close());

  const newUser = () => identity.user(operator);
  const path = (rest = '', space = spaceId) => `/api/v1/search-spaces/${space}/invites${rest}`;
  const members = (rest = '') => `/api/v1/search-spaces/${spaceId}/members${rest}`;

  async function create(body: object = {}, as = owner.access): Promise<Issued> {
    return (await identity.expect(201, 'POST', path(), { as, body })) as unknown as Issued;
  }

  const accept = (code: string, user: Tokens) =>
    identity.call('POST', `/api/v1/invites/${code}/accept`, { as: user.access });

  async function refusal(code: string, user: Tokens): Promise<unknown> {
    const { status, body } = await accept(code, user);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'rbac.invite_refused' });
    expect(body.detail).toMatch(/\S/);
    return body.reason;
  }

  const offer = (code: string) => identity.expect(200, 'GET', `/api/v1/invites/${code}`);

  async function changeRole(user: TestUser, role: string): Promise<void> {
    await identity.expect(200, 'PATCH', members(`/${user.id}`), {
      as: owner.access,
      body: { role },
    });
  }

  async function joined(role: string): Promise<TestUser> {
    const user = await newUser();
    await identity.join(owner, spaceId, user.email, role);
    return user;
  }

  const trail = (targetId: string) =>
    identity.sql(
      `SELECT action, after, actor_user_id, search_space_id FROM audit_events WHERE target_id = $1 ORDER BY id`,
      [targetId],
    );

  describe('the code', () => {
    it('is shown once, and neither list, database nor trail keep it', async () => {
      const { code, ...made } = await create({ name: 'The agency', role: 'Viewer', max_uses: 2 });
      expect(Buffer.from(code, 'base64url').length).toBeGreaterThanOrEqual(24);
      expect(made).toMatchObject({
        name: 'The agency',
        role: 'Viewer',
        status: 'open',
        max_uses: 2,
        uses_count: 0,
        expires_at: null,
        code_prefix: code.slice(0, 8),
        created_by: owner.id,
        search_space_id: spaceId,
      });
      const page = await identity.expect(200, 'GET', path('?limit=1'), { as: editor.access });
      expect(page.data).toEqual([made]);
      const alone = await identity.expect(200, 'GET', path(`/${made.id}`), { as: owner.access });
      expect(alone).toEqual(made);
      const rows = await identity.sql<{ text: string }>(
        `SELECT i::text AS text FROM invites i UNION ALL SELECT a::text FROM audit_events a`,
      );
      expect(rows.length).toBeGreaterThan(1);
      const hex = Buffer.from(code, 'utf8').toString('hex');
      expect(rows.filter(({ text }) => text.includes(code) || text.includes(hex))).toEqual([]);
    });

    it('tells whoever has it the space, the role and whether it works, and nothing else', async () => {
      const { code } = await create({ role: 'Viewer' });
      expect(await offer(code)).toEqual({
        is_valid: true,
        reason: null,
        search_space_name: 'Marketing',
        role_name: 'Viewer',
      });
      const unknown = {
        is_valid: false,
        reason: 'unknown',
        search_space_name: null,
        role_name: null,
      };
      expect(await offer(newInviteCode())).toEqual(unknown);
      expect(await offer('x')).toEqual(unknown);
    });

    it('is guessed by no address more often than a password', async () => {
      const [from, elsewhere] = [newAddress(), newAddress()];
      const limited = await TestIdentity.open(kind, { LOGIN_RPM: String(GUESSES_MAX) });
      try {
        const look = (address: string) =>
          limited.call('GET', `/api/v1/invites/${newInviteCode()}`, { from: address });
        for (let guess = 0; guess < GUESSES_MAX; guess += 1) {
          expect((await look(from)).status).toBe(200);
        }
        expect((await look(from)).body).toMatchObject({
          status: 429,
          code: 'auth.login_throttled',
        });
        expect((await look(elsewhere)).status).toBe(200);
      } finally {
        await limited.close();
      }
    });
  });

  describe('accepting', () => {
    it('makes a member under the role that was named, or the default of that moment', async () => {
      const [named, open] = [await create({ role: 'Viewer' }), await create()];
      const [first, second] = [await newUser(), await newUser()];
      expect((await accept(named.code, first)).body).toEqual({
        search_space_id: spaceId,
        search_space_name: 'Marketing',
        role_name: 'Viewer',
      });
      expect((await accept(open.code, second)).body.role_name).toBe('Editor');
      const member = await identity.expect(200, 'GET', members(`/${first.id}`), {
        as: owner.access,
      });
      expect(member).toMatchObject({ user_id: first.id, role: 'Viewer', is_owner: false });
      await identity.expect(200, 'GET', `/api/v1/search-spaces/${spaceId}`, { as: second.access });
      expect(await trail(named.id)).toMatchObject([
        { action: 'invite.created', actor_user_id: owner.id, search_space_id: spaceId },
        { action: 'invite.accepted', actor_user_id: first.id, search_space_id: spaceId },
      ]);
      expect(await trail(first.id)).toContainEqual(
        expect.objectContaining({
          action: 'member.added',
          after: expect.objectContaining({ role: 'Viewer', invite_id: named.id }),
        }),
      );
    });

    it('is refused with its own reason each time, and changes nothing', async () => {
      const [revoked, expired, used] = [
        await create(),
        await create({ expires_at: '2199-01-01T00:00:00Z' }),
        await create({ max_uses: 1 }),
      ];
      await identity.expect(204, 'DELETE', path(`/${revoked.id}`), { as: owner.access });
      await identity.sql(`UPDATE invites SET expires_at = now() WHERE id = $1`, [expired.id]);
      expect((await accept(used.code, await newUser())).status).toBe(200);
      const user = await newUser();
      const cases: [Issued, string][] = [
        [revoked, 'inactive'],
        [expired, 'expired'],
        [used, 'used_up'],
      ];
      for (const [{ id, code }, reason] of cases) {
        expect(await refusal(code, user)).toBe(reason);
        expect(await offer(code)).toMatchObject({ is_valid: false, reason });
        const status = reason === 'inactive' ? 'revoked' : reason;
        expect(
          await identity.expect(200, 'GET', path(`/${id}`), { as: owner.access }),
        ).toMatchObject({
          status,
        });
      }
      expect(await refusal((await create()).code, viewer)).toBe('already_member');
      expect((await accept(newInviteCode(), user)).status).toBe(404);
      expect((await accept('no-code', user)).status).toBe(404);
      await identity.expect(404, 'GET', `/api/v1/search-spaces/${spaceId}`, { as: user.access });
    });

    it('takes no use for who is a member already', async () => {
      const { id, code } = await create({ max_uses: 1 });
      expect(await refusal(code, viewer)).toBe('already_member');
      const shown = await identity.expect(200, 'GET', path(`/${id}`), { as: owner.access });
      expect(shown).toMatchObject({ uses_count: 0, status: 'open' });
    });

    it(`gives the one place of an invite to one of ${RIVALS} who come at the same time`, async () => {
      const { id, code } = await create({ max_uses: 1, role: 'Viewer' });
      const users = await Promise.all(Array.from({ length: RIVALS }, newUser));
      const answers = await Promise.all(users.map((user) => accept(code, user)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(new Set(refused.map(({ body }) => body.reason))).toEqual(new Set(['used_up']));
      const rows = await identity.sql(
        `SELECT user_id FROM memberships WHERE search_space_id = $1 AND user_id = ANY ($2::uuid[])`,
        [spaceId, users.map((user) => user.id)],
      );
      expect(rows).toHaveLength(1);
      expect(await identity.sql('SELECT uses_count FROM invites WHERE id = $1', [id])).toEqual([
        { uses_count: 1 },
      ]);
    });

    it('makes one member of one user who accepts twenty times, and takes one use', async () => {
      const { id, code } = await create();
      const user = await newUser();
      const answers = await Promise.all(Array.from({ length: RIVALS }, () => accept(code, user)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(await identity.sql('SELECT uses_count FROM invites WHERE id = $1', [id])).toEqual([
        { uses_count: 1 },
      ]);
    });

    it('needs a session: no key and no stranger joins', async () => {
      const { code } = await create();
      const { key } = await identity.key(owner, spaceId);
      const url = `/api/v1/invites/${code}/accept`;
      expect((await identity.expect(403, 'POST', url, { as: key })).code).toBe(
        'auth.session_required',
      );
      await identity.expect(401, 'POST', url);
    });
  });

  describe('no escalation', () => {
    it('lets nobody invite to a role beyond their own, nor to the owner`s', async () => {
      await identity.sql(
        `INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, 'Cleaner', '{image_generations:delete}')`,
        [newId(), spaceId],
      );
      for (const role of ['Cleaner', 'Owner']) {
        const call = { as: editor.access, body: { role } };
        const refused = await identity.expect(403, 'POST', path(), call);
        expect(refused.code).toBe('rbac.permission_denied');
      }
      await identity.expect(400, 'POST', path(), { as: owner.access, body: { role: 'Owner' } });
      await identity.expect(403, 'POST', path(), { as: viewer.access, body: { role: 'Viewer' } });
      await identity.expect(403, 'GET', path(), { as: viewer.access });
    });

    it('gives no more than its maker could give now', async () => {
      const maker = await joined('Editor');
      const { code } = await create({ role: 'Editor' }, maker.access);
      const user = await newUser();
      const withoutRights = { is_valid: false, reason: 'maker_without_rights' };
      await changeRole(maker, 'Viewer');
      expect(await offer(code)).toMatchObject(withoutRights);
      expect(await refusal(code, user)).toBe('maker_without_rights');
      await changeRole(maker, 'Editor');
      expect(await offer(code)).toMatchObject({ is_valid: true });
      await identity.expect(204, 'DELETE', members(`/${maker.id}`), { as: owner.access });
      expect(await offer(code)).toMatchObject(withoutRights);
      expect(await refusal(code, user)).toBe('maker_without_rights');
      await identity.join(owner, spaceId, maker.email, 'Editor');
      await identity.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [maker.id]);
      expect(await offer(code)).toMatchObject(withoutRights);
      expect(await refusal(code, user)).toBe('maker_without_rights');
    });

    it('gives no role that has grown beyond its maker, the default one included', async () => {
      const maker = await joined('Editor');
      const roles = `/api/v1/search-spaces/${spaceId}/roles`;
      const as = owner.access;
      const body = { name: 'Guest', permissions: ['chats:read'], is_default: true };
      const guest = await identity.expect(201, 'POST', roles, { as, body });
      const [named, open] = [
        await create({ role: 'Guest' }, maker.access),
        await create({}, maker.access),
      ];
      const url = `${roles}/${String(guest.id)}`;
      await identity.expect(200, 'PATCH', url, { as, body: { permissions: ['chats:delete'] } });
      for (const { code } of [named, open]) {
        expect(await refusal(code, await newUser())).toBe('maker_without_rights');
      }
      const { data } = await identity.expect(200, 'GET', roles, { as });
      const usual = (data as { id: string; name: string }[]).find(({ name }) => name === 'Editor');
      await identity.expect(200, 'PATCH', `${roles}/${usual?.id}`, {
        as,
        body: { is_default: true },
      });
      const held = await identity.expect(409, 'DELETE', url, { as });
      expect(held.detail).toMatch(/Revoke them first/);
      await identity.expect(204, 'DELETE', path(`/${named.id}`), { as });
      await identity.expect(204, 'DELETE', url, { as });
      await identity.expect(404, 'GET', path(`/${named.id}`), { as });
    });

    it('lets nobody revoke what gives more than they hold, unless it is theirs', async () => {
      const { id } = await create({ role: 'Cleaner' });
      await identity.expect(403, 'DELETE', path(`/${id}`), { as: editor.access });
      const low = await create({ role: 'Viewer' });
      await identity.expect(204, 'DELETE', path(`/${low.id}`), { as: editor.access });
      await identity.expect(204, 'DELETE', path(`/${low.id}`), { as: editor.access });
      const actions = (await trail(low.id)).map((entry) => (entry as { action: string }).action);
      expect(actions).toEqual(['invite.created', 'invite.revoked']);
    });
  });

  it('are known to their own space alone', async () => {
    const other = await identity.space(editor);
    const { id } = await create();
    for (const wrong of [id, newId(), 'x']) {
      await identity.expect(404, 'GET', path(`/${wrong}`, other), { as: editor.access });
      await identity.expect(404, 'DELETE', path(`/${wrong}`, other), { as: editor.access });
    }
    await identity.expect(404, 'GET', path(), { as: operator.access });
    await identity.expect(404, 'POST', path(), { as: operator.access, body: {} });
    const page = await identity.expect(200, 'GET', path('', other), { as: editor.access });
    expect(page).toEqual({ data: [], next_cursor: null });
  });
});

/** Of nobody else: suites that share a Redis share its counts, one for each network of the sixth version. */
function newAddress(): string {
  const groups = randomBytes(6).toString('hex').match(/.{4}/g) ?? [];
  return `fd00:${groups.join(':')}::1`;
}

/** Proves what an invite may ask for, how many a space has, and that a space on its way out has none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import {
  INVITES_CLOSED_PER_SPACE_MAX,
  INVITES_OPEN_PER_SPACE_MAX,
} from '../../src/rbac/domain/invites.repository.port.js';
import { RolesRepository } from '../../src/rbac/domain/roles.repository.port.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

const FILL = `INSERT INTO invites (id, search_space_id, code_hash, code_prefix, created_by, created_at, revoked_at)
  SELECT gen_random_uuid(), $1::uuid, sha256(convert_to($1::text || $4::text || n, 'UTF8')), 'fillfill', $2, now(), $5
  FROM generate_series(1, $3::integer) AS n`;

describe.each(databaseKinds())('the bounds of invites on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    owner = await identity.user(operator);
    spaceId = await identity.space(owner);
  });

  afterAll(() => identity.close());

  const newUser = () => identity.user(operator);
  const path = (rest = '', space = spaceId) => `/api/v1/search-spaces/${space}/invites${rest}`;

  it.each<[string, object]>([
    ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
    ['expires_at', { expires_at: 'tomorrow' }],
    ['expires_at', { expires_at: '2199-01-01T00:00:00' }],
    ['max_uses', { max_uses: 0 }],
    ['max_uses', { max_uses: 1.5 }],
    ['max_uses', { max_uses: 100_001 }],
    ['name', { name: 'x'.repeat(101) }],
    ['role', { role: 'Emperor' }],
    ['uses_count', { uses_count: -5 }],
    ['created_by', { created_by: newId() }],
  ])('refuses a wrong %s', async (field, body) => {
    const refused = await identity.expect(400, 'POST', path(), { as: owner.access, body });
    expect(refused.errors).toContainEqual(expect.objectContaining({ field }));
  });

  it('are so many open invites a space, under rivals too, and so many closed ones', async () => {
    const space = await identity.space(owner);
    const fill = (count: number, word: string, revokedAt: Date | null) =>
      identity.sql(FILL, [space, owner.id, count, word, revokedAt]);
    await fill(INVITES_OPEN_PER_SPACE_MAX - 1, 'open', null);
    await fill(INVITES_CLOSED_PER_SPACE_MAX + 5, 'closed', new Date());
    const makers = await Promise.all(Array.from({ length: 4 }, newUser));
    for (const { email } of makers) await identity.join(owner, space, email, 'Editor');
    const answers = await Promise.all(
      makers.map(({ access: as }) => identity.call('POST', path('', space), { as, body: {} })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 409, 409, 409,
    ]);
    const rows = await identity.sql<{ open: number; closed: number }>(
      `SELECT count(*) FILTER (WHERE revoked_at IS NULL)::integer AS open,
                count(revoked_at)::integer AS closed FROM invites WHERE search_space_id = $1`,
      [space],
    );
    expect(rows).toEqual([
      { open: INVITES_OPEN_PER_SPACE_MAX, closed: INVITES_CLOSED_PER_SPACE_MAX },
    ]);
  });

  it('lead nowhere once the space is being deleted, not even for who was just before it', async () => {
    const space = await identity.space(owner);
    const call = { as: owner.access, body: {} };
    const { code } = await identity.expect(201, 'POST', path('', space), call);
    await identity.sql(
      `UPDATE search_spaces SET state = 'deleting', deletion_requested_at = now() WHERE id = $1`,
      [space],
    );
    const user = await newUser();
    expect(await identity.expect(200, 'GET', `/api/v1/invites/${String(code)}`)).toMatchObject({
      reason: 'unknown',
      search_space_name: null,
    });
    const url = `/api/v1/invites/${String(code)}/accept`;
    await identity.expect(404, 'POST', url, { as: user.access });
    const late = identity.app.get(UnitOfWork).run((scope) =>
      scope.get(RolesRepository).addMember({
        id: newId(),
        searchSpaceId: space,
        userId: user.id,
        roleId: newId(),
        isOwner: false,
        joinedAt: new Date(),
      }),
    );
    await expect(late).rejects.toMatchObject({ code: 'request.not_found' });
  });
});

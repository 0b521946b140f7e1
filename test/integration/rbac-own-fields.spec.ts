/** Proves that no field of a row can be written by naming it: a caller's own PATCH changes no role and no tenant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { databaseKinds } from '../setup/services.js';

/** Every state that says who somebody is, where, and with which rights. */
const RIGHTS = `
  SELECT 'user ' || id || is_operator || status || email || password_hash AS line FROM users
  UNION ALL SELECT 'member ' || m::text FROM memberships m
  UNION ALL SELECT 'role ' || r::text FROM roles r
  UNION ALL SELECT 'space ' || id FROM search_spaces
  UNION ALL SELECT 'key ' || id || search_space_id || user_id || array_to_string(scopes, ',') FROM api_keys
  ORDER BY 1`;

describe.each(databaseKinds())('fields that are not for the caller, on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let member: TestUser;
  let other: string;
  let fields: Record<string, unknown>;
  let routes: [url: string, as: string, own: string[]][];

  beforeAll(async () => {
    identity = await TestIdentity.open(kind);
    operator = await identity.operator();
    [owner, member] = [await identity.user(operator), await identity.user(operator)];
    const spaceId = await identity.space(owner);
    other = await identity.space(await identity.user(operator));
    await identity.join(owner, spaceId, member.email, 'Viewer');
    const space = `/api/v1/search-spaces/${spaceId}`;
    const role = await identity.expect(201, 'POST', `${space}/roles`, {
      as: owner.access,
      body: { name: 'Own', permissions: [] },
    });
    const { id: keyId } = await identity.key(owner, spaceId);
    fields = listFields();
    routes = [
      ['/api/v1/auth/me', member.access, ['name']],
      [space, owner.access, ['name', 'description', 'api_access_enabled']],
      [`${space}/members/${member.id}`, owner.access, ['role']],
      [
        `${space}/roles/${String(role.id)}`,
        owner.access,
        ['name', 'description', 'permissions', 'is_default'],
      ],
      [`/api/v1/api-keys/${keyId}`, owner.access, await listKeyFields()],
    ];
  });

  afterAll(() => identity.close());

  /** Every column and property of every entity, with a value that would be worth having. */
  function listFields(): Record<string, unknown> {
    const columns = identity.app
      .get(ManagedDataSource)
      .entityMetadatas.flatMap((entity) => entity.columns)
      .flatMap((column) => [column.databaseName, column.propertyName]);
    const named = columns.map((name) => [name, toTempting(name)] as const);
    return Object.fromEntries([...named, ['role', 'Owner'], ['__proto__', { isOwner: true }]]);
  }

  function toTempting(name: string): unknown {
    if (/^is|enabled$/i.test(name)) return true;
    if (/space/i.test(name)) return other;
    if (/permissions|scopes/.test(name)) return ['*'];
    return /id$/i.test(name) ? newId() : 'owner';
  }

  /** What the page of the API says may be changed of a key: the fields of its own route. */
  async function listKeyFields(): Promise<string[]> {
    const { UpdateApiKeyDto } = await import('../../src/auth/http/api-keys.dto.js');
    const properties: unknown = Reflect.getMetadata(
      'swagger/apiModelPropertiesArray',
      UpdateApiKeyDto.prototype,
    );
    return (properties as string[]).map((property) => property.slice(1));
  }

  const rights = () => identity.sql(RIGHTS);

  it('knows the fields that matter', () => {
    expect(Object.keys(fields)).toEqual(
      expect.arrayContaining(['is_owner', 'isOperator', 'search_space_id', 'role_id', 'user_id']),
    );
  });

  it('are refused all together, and nothing changes', async () => {
    const before = await rights();
    for (const [url, as] of routes) await identity.expect(400, 'PATCH', url, { as, body: fields });
    expect(await rights()).toEqual(before);
  });

  it('are refused one by one, and nothing changes', async () => {
    const before = await rights();
    for (const [url, as, own] of routes) {
      for (const [field, value] of Object.entries(fields)) {
        if (own.includes(field)) continue;
        const answer = await identity.call('PATCH', url, { as, body: { [field]: value } });
        expect({ url, field, status: answer.status }).toEqual({ url, field, status: 400 });
      }
    }
    expect(await rights()).toEqual(before);
  });
});

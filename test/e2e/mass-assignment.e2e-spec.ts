// Proves that no body can set what its route does not offer: every column of every table behind it, in both ways of
// writing, is refused by name and changes no row; and that what is offered gives nobody more than they have.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import {
  type Answer,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { operatorOf } from '../setup/people.js';
import {
  type Cast,
  createCast,
  createProvider,
  createWorld,
  type Credentials,
  type Ids,
  PATIENT_SETTINGS,
  type World,
} from './access/world.js';
import { StripeSimulator } from '../simulators/stripe.simulator.js';
import { toRequest } from './access/route-requests.js';

/** A route that writes, the tables its rows are in, and who asks: somebody whose honest request would be done. */
const WRITES: readonly (readonly [route: string, tables: readonly string[], who: keyof Callers])[] =
  [
    ['POST /api/v1/users', ['users'], 'operator'],
    ['PATCH /api/v1/users/{id}', ['users'], 'operator'],
    ['PATCH /api/v1/auth/me', ['users', 'sessions'], 'editor'],
    ['POST /api/v1/search-spaces', ['search_spaces', 'memberships'], 'editor'],
    ['PATCH /api/v1/search-spaces/{spaceId}', ['search_spaces'], 'owner'],
    ['POST /api/v1/search-spaces/{spaceId}/members', ['memberships', 'users'], 'editor'],
    ['PATCH /api/v1/search-spaces/{spaceId}/members/{userId}', ['memberships', 'users'], 'owner'],
    ['POST /api/v1/search-spaces/{spaceId}/roles', ['roles'], 'owner'],
    ['PATCH /api/v1/search-spaces/{spaceId}/roles/{roleId}', ['roles'], 'owner'],
    ['POST /api/v1/search-spaces/{spaceId}/invites', ['invites'], 'editor'],
    ['POST /api/v1/search-spaces/{spaceId}/service-accounts', ['users', 'memberships'], 'owner'],
    ['POST /api/v1/api-keys', ['api_keys', 'api_key_secrets'], 'editor'],
    ['PATCH /api/v1/api-keys/{id}', ['api_keys', 'api_key_secrets'], 'owner'],
    ['POST /api/v1/api-keys/{id}/rotate', ['api_keys', 'api_key_secrets'], 'owner'],
    ['POST /api/v1/collections', ['collections'], 'editor'],
    ['PATCH /api/v1/collections/{id}', ['collections'], 'editor'],
    ['POST /api/v1/prompt-templates', ['prompt_templates', 'prompt_template_versions'], 'editor'],
    ['PATCH /api/v1/prompt-templates/{id}', ['prompt_templates'], 'editor'],
    ['POST /api/v1/media/similar', ['media_assets'], 'owner'],
    ['POST /api/v1/media/uploads', ['media_assets', 'media_claims'], 'editor'],
    ['POST /api/v1/media/uploads/{id}/complete', ['media_assets', 'media_claims'], 'owner'],
    ['POST /api/v1/media/{id}/links/revoke', ['media_assets'], 'editor'],
    ['POST /api/v1/image-generations', ['generations', 'generation_attempts'], 'editor'],
    ['PUT /api/v1/image-generations/{id}/tags', ['generation_tags'], 'editor'],
    ['POST /api/v1/image-generations/quick', ['generations', 'generation_attempts'], 'editor'],
    ['POST /api/v1/image-generations/batch', ['generation_batches'], 'editor'],
    ['PUT /api/v1/search-spaces/{spaceId}/try-on-consent', ['try_on_declarations'], 'owner'],
    ['POST /api/v1/billing/budgets', ['budgets'], 'owner'],
    ['PATCH /api/v1/billing/budgets/{id}', ['budgets'], 'owner'],
    ['PUT /api/v1/billing/budgets/keys/{apiKeyId}', ['budgets'], 'owner'],
    ['POST /api/v1/billing/prices/overrides', ['price_overrides'], 'operator'],
    ['POST /api/v1/billing/prices/import', ['price_overrides'], 'operator'],
    ['POST /api/v1/billing/price-rules', ['price_rules'], 'operator'],
    ['PATCH /api/v1/billing/price-rules/{id}', ['price_rules'], 'operator'],
    ['POST /api/v1/routes', ['routes'], 'operator'],
    ['PATCH /api/v1/routes/{id}', ['routes'], 'operator'],
    ['POST /api/v1/ops/dead-letters/{id}/retry', ['generations'], 'operator'],
    ['POST /api/v1/error-rules', ['error_rules'], 'operator'],
    ['PATCH /api/v1/error-rules/{id}', ['error_rules'], 'operator'],
    ['POST /api/v1/billing/subscriptions', ['subscriptions', 'budgets'], 'operator'],
    ['PATCH /api/v1/billing/subscriptions/{id}', ['subscriptions', 'budgets'], 'operator'],
    ['POST /api/v1/billing/wallets/{walletId}/grants', ['accounts', 'ledger_entries'], 'operator'],
    ['POST /api/v1/billing/wallets/{walletId}/transfers', ['accounts', 'grants'], 'operator'],
    ['POST /api/v1/billing/wallets/{walletId}/adjustments', ['accounts', 'grants'], 'operator'],
    ['PATCH /api/v1/billing/wallets/{walletId}', ['accounts'], 'operator'],
    [
      'POST /api/v1/billing/reconciliation/{id}/resolve',
      ['reconciliation_items', 'holds'],
      'operator',
    ],
    ['POST /api/v1/billing/purchases', ['credit_purchases'], 'owner'],
    ['PUT /api/v1/billing/auto-reload', ['auto_reload_rules', 'credit_purchases'], 'owner'],
    ['POST /api/v1/search-spaces/{spaceId}/group-mappings', ['group_mappings'], 'owner'],
    ['POST /api/v1/auth/oidc/providers', ['identity_providers'], 'operator'],
    ['POST /api/v1/webhooks', ['webhook_endpoints'], 'owner'],
    ['PATCH /api/v1/webhooks/{id}', ['webhook_endpoints'], 'owner'],
    ['POST /api/v1/webhooks/{id}/rotate-secret', ['webhook_endpoints'], 'owner'],
    ['POST /api/v1/connections', ['connections'], 'editor'],
    ['PATCH /api/v1/connections/{id}', ['connections'], 'editor'],
    ['POST /api/v1/connections/{id}/models', ['connection_models'], 'editor'],
    ['PATCH /api/v1/connections/{id}/models/{name}', ['connection_models'], 'editor'],
    ['PUT /api/v1/search-spaces/{spaceId}/provenance', ['space_provenance'], 'owner'],
    ['PUT /api/v1/search-spaces/{spaceId}/retention', ['retention_policies'], 'owner'],
    ['POST /api/v1/search-spaces/{spaceId}/legal-holds', ['legal_holds'], 'operator'],
    ['POST /api/v1/search-spaces/{spaceId}/legal-holds/{id}/lift', ['legal_holds'], 'operator'],
    ['POST /api/v1/storage/cleanup', ['storage_cleanups'], 'owner'],
    ['POST /api/v1/ops/storage/cleanup', ['storage_cleanups'], 'operator'],
    ['POST /api/v1/ops/storage/scans', ['storage_scans'], 'operator'],
    ['PUT /api/v1/search-spaces/{spaceId}/storage-quota', ['storage_quotas'], 'operator'],
    [
      'PUT /api/v1/search-spaces/{spaceId}/model-preferences',
      ['model_preferences', 'connections'],
      'owner',
    ],
  ];
/** What other systems call the same. */
const USUAL_NAMES = [
  'is_admin',
  'role_name',
  'roles',
  'tenant_id',
  'owner_id',
  'organization_id',
  'is_unlimited',
  'budget_limit_cents',
  'credit_micros',
  'available_micros',
  'is_superuser',
];

interface Callers {
  owner: Credentials;
  editor: Credentials;
  operator: Credentials;
}

interface Schema {
  properties?: Record<string, unknown>;
}

let atelier: TestApplication;
let stripe: StripeSimulator;
let cast: Cast;
let here: World;
let abroad: World;
let callers: Callers;
let dataSource: ManagedDataSource;
let offered: Map<string, string[]>;

beforeAll(async () => {
  stripe = await StripeSimulator.start();
  atelier = await startApplication({ ...PATIENT_SETTINGS, ...stripe.settings });
  dataSource = atelier.app.get(ManagedDataSource);
  cast = await createCast(atelier);
  const provider = await createProvider(atelier, 'https://login.example.com');
  here = await createWorld(atelier, cast, cast.owner, provider);
  abroad = await createWorld(atelier, cast, cast.foreign, provider);
  callers = {
    owner: cast.owner.session,
    editor: cast.editor.session,
    operator: operatorOf(atelier),
  };
  const { body } = await atelier.call('GET', '/docs-json', undefined, {});
  offered = toOffered(body);
});
afterAll(async () => {
  await atelier.stop();
  await stripe.stop();
});

/** The fields that the document offers, by route. */
function toOffered(document: Answer['body']): Map<string, string[]> {
  const schemas: Record<string, Schema> = document.components.schemas;
  const fields = new Map<string, string[]>();
  for (const [path, item] of Object.entries<Record<string, Answer['body']>>(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const reference = operation.requestBody?.content['application/json']?.schema.$ref ?? '';
      const schema = schemas[reference.split('/').at(-1)];
      fields.set(`${method.toUpperCase()} ${path}`, Object.keys(schema?.properties ?? {}));
    }
  }
  return fields;
}

/** Names of columns and of the entities' properties; a table without an entity is asked for its columns alone. */
async function listNames(tables: readonly string[]): Promise<string[]> {
  const columns = await dataSource.query<{ name: string }[]>(
    `SELECT DISTINCT column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = ANY($1)`,
    [tables],
  );
  const properties = dataSource.entityMetadatas
    .filter(({ tableName }) => tables.includes(tableName))
    .flatMap((entity) => entity.columns.map(({ propertyName }) => propertyName));
  const names = columns.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(2);
  return [...new Set([...names, ...names.map(toCamelCase), ...properties, ...USUAL_NAMES])];
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** What somebody would write there who wants more. */
function toPrivileged(name: string): unknown {
  const word = name.toLowerCase().replaceAll('_', '');
  if (word === 'userid' || word === 'createdby') return cast.foreign.id;
  if (word.endsWith('spaceid')) return abroad.ids.space;
  if (word === 'roleid') return abroad.ids.role;
  if (word.endsWith('id')) return abroad.ids.key;
  if (word.startsWith('is') || word.endsWith('enabled')) return true;
  if (word.endsWith('at')) return '2099-01-01T00:00:00Z';
  if (word.endsWith('micros') || word.endsWith('count')) return 1_000_000_000;
  if (word.startsWith('rate') || word.startsWith('max')) return null;
  if (word === 'permissions' || word === 'scopes' || word === 'roles') return ['*'];
  if (word === 'status' || word === 'state') return 'active';
  if (word === 'version') return 0;
  return 'Owner';
}

async function readRows(tables: readonly string[]): Promise<string[]> {
  const rows: string[] = [];
  for (const table of tables) {
    const lines = await dataSource.query<{ line: string }[]>(
      `SELECT (to_jsonb(t) - 'last_used_at')::text AS line FROM ${table} AS t ORDER BY 1`,
    );
    rows.push(...lines.map(({ line }) => `${table} ${line}`));
  }
  return rows;
}

function send(route: string, ids: Ids, who: keyof Callers, more: object): Promise<Answer> {
  const { method, path, body, headers } = toRequest(route, ids);
  const text = JSON.stringify({ ...body, ...more });
  return request(`${atelier.baseUrl}${path}`, method, text, {
    ...headers,
    ...callers[who],
    'content-type': 'application/json',
  });
}

describe('a field that is not offered', () => {
  it.each(WRITES)(
    'is refused by name and changes nothing: %s of %s',
    async (route, tables, who) => {
      const known = offered.get(route) ?? [];
      const names = (await listNames(tables)).filter((name) => !known.includes(name));
      expect(names.length).toBeGreaterThan(10);
      const before = await readRows(tables);
      for (const name of names) {
        const { status, body } = await send(route, here.ids, who, { [name]: toPrivileged(name) });
        const fields: string[] = body.errors?.map(({ field }: { field: string }) => field) ?? [];
        expect({ name, status, fields }).toEqual({ name, status: 400, fields: [name] });
      }
      expect(await readRows(tables)).toEqual(before);
    },
  );

  it.each(WRITES)(
    'the honest request is done, so that the others were refused for that field alone: %s',
    async (route, _tables, who) => {
      const { status, body } = await send(route, here.ids, who, {});
      expect({ status, body }).toMatchObject({
        status: expect.toSatisfy((code: number) => [200, 201, 202, 204].includes(code)),
      });
    },
  );

  // Where they hold no object, Nest drops these names, which changes nothing either.
  it.each(WRITES)('reaches no prototype: %s', async (route, _tables, who) => {
    for (const name of ['__proto__', 'constructor']) {
      const { method, path, body, headers } = toRequest(route, here.ids);
      const honest = JSON.stringify(body ?? {}).slice(1);
      const text = `{"${name}": {"prototype": {"is_operator": true}}${honest === '}' ? '' : ','}${honest}`;
      const sent = { ...headers, ...callers[who], 'content-type': 'application/json' };
      const answer = await request(`${atelier.baseUrl}${path}`, method, text, sent);
      expect({ name, status: answer.status }).toEqual({ name, status: 400 });
    }
    expect(Reflect.get({}, 'is_operator')).toBeUndefined();
  });
});

describe('a field that is offered', () => {
  const role = '/api/v1/search-spaces/{spaceId}/roles/{roleId}';
  const member = '/api/v1/search-spaces/{spaceId}/members';
  const beyond: [string, keyof Callers, (foreign: Ids) => object, number[]][] = [
    ['POST /api/v1/api-keys', 'editor', ({ space }) => ({ search_space_id: space }), [404]],
    ['POST /api/v1/api-keys', 'editor', () => ({ scopes: ['images.delete'] }), [403]],
    ['POST /api/v1/api-keys', 'owner', () => ({ scopes: ['admin.metrics'] }), [403]],
    ['POST /api/v1/api-keys', 'owner', () => ({ scopes: ['*'] }), [400]],
    [
      'POST /api/v1/api-keys',
      'owner',
      ({ serviceAccount }) => ({ service_account_id: serviceAccount }),
      [404],
    ],
    [
      'POST /api/v1/api-keys',
      'editor',
      () => ({ service_account_id: here.ids.serviceAccount }),
      [403, 404],
    ],
    ['PATCH /api/v1/api-keys/{id}', 'owner', () => ({ scopes: ['admin.cache'] }), [403]],
    [`PATCH ${role}`, 'owner', () => ({ permissions: ['*'] }), [400]],
    ['POST /api/v1/search-spaces/{spaceId}/roles', 'owner', () => ({ permissions: ['*'] }), [400]],
    [`POST ${member}`, 'editor', () => ({ role: 'Owner' }), [400, 403]],
    [`POST ${member}`, 'owner', () => ({ role: 'Owner' }), [400, 403]],
    [`POST ${member}`, 'owner', (foreign) => ({ role: foreign.role }), [400, 404]],
    [`PATCH ${member}/{userId}`, 'owner', () => ({ role: 'Owner' }), [400, 403]],
    [`PATCH ${member}/{userId}`, 'owner', (foreign) => ({ role: foreign.role }), [400, 404]],
    [`PATCH ${member}/{userId}`, 'editor', () => ({ role: 'Editor' }), [403]],
    [
      'POST /api/v1/search-spaces/{spaceId}/invites',
      'editor',
      () => ({ role: 'Owner' }),
      [400, 403],
    ],
    [
      'POST /api/v1/search-spaces/{spaceId}/service-accounts',
      'owner',
      () => ({ role: 'Owner' }),
      [400, 403],
    ],
    [
      'POST /api/v1/search-spaces/{spaceId}/group-mappings',
      'owner',
      () => ({ role: 'Owner' }),
      [400, 403],
    ],
    ['POST /api/v1/collections', 'editor', ({ space }) => ({ search_space_id: space }), [404]],
    [
      'POST /api/v1/image-generations',
      'editor',
      ({ space }) => ({ search_space_id: space }),
      [404],
    ],
    [
      'POST /api/v1/image-generations',
      'editor',
      ({ collection }) => ({ collection_id: collection }),
      [400, 404],
    ],
    ['POST /api/v1/users', 'owner', () => ({ is_operator: true }), [403]],
    ['PATCH /api/v1/users/{id}', 'owner', () => ({ is_operator: true }), [403]],
  ];
  const tables = [
    'users',
    'memberships',
    'roles',
    'invites',
    'api_keys',
    'collections',
    'generations',
    'search_spaces',
  ];

  it.each(beyond)(
    'gives no more than the caller has: %s as %s, %o',
    async (route, who, toMore, statuses) => {
      const before = await readRows(tables);
      const { status, body } = await send(route, here.ids, who, toMore(abroad.ids));
      expect({ status, body }).toMatchObject({
        status: expect.toSatisfy((code: number) => statuses.includes(code)),
      });
      expect(await readRows(tables)).toEqual(before);
    },
  );
});

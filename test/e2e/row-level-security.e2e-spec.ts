/**
 * Proves that the database itself keeps the spaces apart: work for a member of one space finds no row of another in
 * any table, whatever the statement asks for, and writes none.
 */
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { openContext } from '../../src/http/request-context.js';
import { runInRequest } from '../../src/http/request-scope.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';
import { toRoomRows } from './access/room-rows.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { createKey, createPerson, createSpace, must, type Person } from '../setup/people.js';

/** Statements as somebody who got past every other fence would send them. */
class Probe {
  constructor(private readonly manager: EntityManager) {}

  query<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    return this.manager.query<R[]>(text, values);
  }
}

/** Tables of spaces in which an ordinary day leaves nothing. */
const EMPTY_TABLES = ['outbox_events', 'reconciliation_items', 'routes', 'spend_anomalies'];

/** Tables whose rows are one user's alone, in whatever space. */
const USERS_TABLES = ['generation_favourites'];

let atelier: TestApplication;
let anna: Person;
let bert: Person;
let annasSpace: string;
let bertsSpace: string;
let tables: string[];
/** Those that work for a caller reads at all. */
let shown: string[];

beforeAll(async () => {
  atelier = await startApplication();
  atelier.app.get(WorkRegistry).register({ port: Probe, create: (manager) => new Probe(manager) });
  [anna, bert] = [await createPerson(atelier, 'anna'), await createPerson(atelier, 'bert')];
  [annasSpace, bertsSpace] = [await createSpace(atelier, anna), await createSpace(atelier, bert)];
  for (const [person, space] of [
    [anna, annasSpace],
    [bert, bertsSpace],
  ] as const) {
    const { headers } = await createKey(atelier, person.session, space);
    const cap = { name: 'Day', scope: 'space', search_space_id: space, period: 'day' };
    const budgets = '/api/v1/billing/budgets';
    const budget = { ...cap, limit_micros: 1_000_000 };
    const { id } = await must(atelier, 201, 'POST', budgets, budget, person.session);
    await must(atelier, 200, 'POST', `${budgets}/${id}/reset`, undefined, person.session);
    const picture = await must(
      atelier,
      201,
      'POST',
      '/api/v1/image-generations',
      {
        search_space_id: space,
        prompt: `A picture of ${person.email}`,
        size: '64x64',
        tags: ['hero'],
      },
      { ...headers, 'idempotency-key': `day-${space}` },
    );
    const mark = `/api/v1/image-generations/${picture.id}/favourite`;
    await must(atelier, 204, 'PUT', mark, undefined, person.session);
    await addByRoutes(person, space);
    const within = { search_space_id: space, name: 'Spring' };
    await must(atelier, 201, 'POST', '/api/v1/collections', within, person.session);
    const invites = `/api/v1/search-spaces/${space}/invites`;
    await must(atelier, 201, 'POST', invites, { name: 'For all' }, person.session);
  }
  for (const space of [annasSpace, bertsSpace]) await addSignedOn(space);
  await atelier.app.get(ManagedDataSource).query('SELECT billing_roll_up_usage(1000, true)');
  const rows = await atelier.app
    .get(ManagedDataSource)
    .query<{ name: string; is_shown: boolean }[]>(
      `SELECT relname AS name, has_table_privilege('atelier_app', oid, 'SELECT') AS is_shown
         FROM pg_class WHERE relforcerowsecurity ORDER BY 1`,
    );
  tables = rows.map(({ name }) => name);
  shown = rows.filter(({ is_shown: isShown }) => isShown).map(({ name }) => name);
});
afterAll(() => atelier.stop());

/** What rooms above generations keep of a space. */
async function addByRoutes({ session }: Person, space: string): Promise<void> {
  const post = (path: string, body: object) =>
    must(atelier, 201, 'POST', `/api/v1/${path}`, { search_space_id: space, ...body }, session);
  await post('image-generations/batch', { requests: [{ prompt: 'a fox', size: '32x32' }] });
  await post('prompt-templates', { name: 'Fox', template: 'a {{colour}} fox' });
  const target = { url: 'https://hooks.invalid/', events: ['generation.failed'] };
  const webhook = await post('webhooks', target);
  await atelier.call('POST', `/api/v1/webhooks/${webhook.id}/test`, undefined, session);
}

/** What a provider of identities and a remote backend would leave in a space. */
async function addSignedOn(space: string): Promise<void> {
  const [provider, user, connection] = [newId(), newId(), newId()];
  const statements: [string, unknown[]][] = [
    [
      `INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, 'Signed on', now())`,
      [user, `${user}@example.com`],
    ],
    [
      `INSERT INTO identity_providers (id, slug, name, issuer_url, client_id, scopes, email_claim, name_claim,
         audiences, allow_sign_up, require_verified_email, allow_operator_password, is_enabled, created_at, updated_at)
       VALUES ($1, $2, 'A', 'https://issuer.example', 'a', '{}', 'email', 'name', '{}', true, true, true, true, now(), now())`,
      [provider, `p-${provider.slice(-12)}`],
    ],
    [
      `INSERT INTO group_mappings (id, search_space_id, provider_id, group_name, role_id, created_at)
       SELECT $1, $2, $3, 'designers', id, now() FROM roles WHERE search_space_id = $2 AND name = 'Viewer'`,
      [newId(), space, provider],
    ],
    [
      `INSERT INTO managed_memberships (membership_id, search_space_id, user_id, provider_id)
       SELECT id, search_space_id, user_id, $2 FROM memberships WHERE search_space_id = $1`,
      [space, provider],
    ],
    [
      `INSERT INTO credit_purchases (id, search_space_id, wallet_id, user_id, provider, quantity, micros, amount_minor,
         currency, source)
       SELECT $1, search_space_id, id, $3, 'stripe', 1, 1000000, 100, 'usd', 'checkout'
         FROM accounts WHERE search_space_id = $2`,
      [newId(), space, user],
    ],
    [
      `INSERT INTO auto_reload_rules (wallet_id, search_space_id, user_id, provider, customer_id, method_id,
         threshold_micros, quantity, is_enabled)
       SELECT id, search_space_id, $2, 'stripe', 'cus_1', 'pm_1', 1, 1, false
         FROM accounts WHERE search_space_id = $1`,
      [space, user],
    ],
    [
      `INSERT INTO subscriptions (id, search_space_id, name, starts_at, expires_at, time_zone, created_by, created_at)
       VALUES ($1, $2, 'Studio', now(), '2099-01-01', 'UTC', $3, now())`,
      [newId(), space, user],
    ],
    [
      `INSERT INTO connections (id, provider, name, scope, search_space_id, is_enabled, priority, load_factor, is_pool,
         serves_catalog, created_at, updated_at)
       VALUES ($1, 'openai', 'Ours', 'space', $2, true, 50, 1, false, true, now(), now())`,
      [connection, space],
    ],
    [
      `INSERT INTO connection_models (id, connection_id, name, kind, quality, is_enabled, source, created_at, updated_at)
       VALUES ($1, $2, 'ours', 'chat', 50, true, 'manual', now(), now())`,
      [newId(), connection],
    ],
    [
      `INSERT INTO model_preferences (search_space_id, image_model, updated_at) VALUES ($1, 'auto', now())`,
      [space],
    ],
    [
      `INSERT INTO delegated_users (user_id, search_space_id, external_id, created_at) VALUES ($1, $2, 'remote', now())`,
      [user, space],
    ],
  ];
  const dataSource = atelier.app.get(ManagedDataSource);
  for (const [text, values] of [...statements, ...toRoomRows(space, user)]) {
    await dataSource.query(text, values);
  }
}

/** Work as it is done while a request of this person is served, with these spaces proven. */
function workAs<T>(
  person: Person,
  spaceIds: readonly string[],
  work: (probe: Probe) => Promise<T>,
): Promise<T> {
  const request = { headers: {}, ip: '127.0.0.1', raw: {} } as never;
  const context = openContext(request);
  context.provenSpaceIds.push(...spaceIds);
  context.caller = {
    kind: 'user',
    id: person.id,
    userId: person.id,
    isOperator: false,
    sessionId: newId(),
    boundSpaceId: null,
    scopes: null,
  } as typeof context.caller;
  return new Promise((resolve, reject) => {
    runInRequest(context, () => {
      atelier.app
        .get(UnitOfWork)
        .run((scope) => work(scope.get(Probe)))
        .then(resolve, reject);
    });
  });
}

function count(person: Person, spaceIds: readonly string[], table: string): Promise<number> {
  return workAs(person, spaceIds, async (probe) => {
    const [row] = await probe.query<{ count: string }>(`SELECT count(*) AS count FROM ${table}`);
    return Number(row?.count);
  });
}

describe('row-level security', () => {
  it('is on, and forced, for every table that belongs to a space', async () => {
    const rows = await atelier.app.get(ManagedDataSource).query<{ name: string }[]>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition AND a.attname = 'search_space_id' AND NOT a.attisdropped
        ORDER BY 1`,
    );
    const owned = rows.map(({ name }) => name);
    expect(owned.length).toBeGreaterThan(8);
    expect(tables).toEqual(expect.arrayContaining(owned));
  });

  it('shows every table of a space to its member, so that the rest of these tests can fail', async () => {
    const seen: Record<string, number> = {};
    for (const table of shown) seen[table] = await count(anna, [annasSpace], table);
    const empty = Object.keys(seen).filter((table) => seen[table] === 0);
    expect(empty.filter((table) => !EMPTY_TABLES.includes(table))).toEqual([]);
  });

  it('shows nothing at all to who has proven no membership', async () => {
    const stranger = await createPerson(atelier, 'stranger');
    for (const table of shown) {
      expect({ table, rows: await count(stranger, [], table) }).toEqual({ table, rows: 0 });
    }
  });

  it('shows a member of one space no row of another, in any table', async () => {
    for (const table of shown) {
      const [own, both] = [
        await count(bert, [bertsSpace], table),
        await count(bert, [bertsSpace, annasSpace], table),
      ];
      const annas = await count(anna, [annasSpace], table);
      const shared = USERS_TABLES.includes(table) ? 0 : annas;
      expect({ table, both }).toEqual({ table, both: own + shared });
    }
  });

  it('changes and deletes nothing of another space', async () => {
    const changed = await workAs(bert, [bertsSpace], (probe) =>
      probe.query(
        `WITH changed AS (UPDATE search_spaces SET name = 'taken' WHERE id = $1 RETURNING id)
         SELECT id FROM changed`,
        [annasSpace],
      ),
    );
    expect(changed).toEqual([]);
    const deleted = await workAs(bert, [bertsSpace], (probe) =>
      probe.query(
        `WITH gone AS (DELETE FROM generations WHERE search_space_id = $1 RETURNING id)
         SELECT id FROM gone`,
        [annasSpace],
      ),
    );
    expect(deleted).toEqual([]);
    expect(await count(anna, [annasSpace], 'generations')).toBe(2);
  });

  it('adds nothing to another space', async () => {
    const insert = workAs(bert, [bertsSpace], (probe) =>
      probe.query(
        `INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, 'x', '{}')`,
        [newId(), annasSpace],
      ),
    );
    await expect(insert).rejects.toThrow('row-level security');
    const audit = workAs(bert, [bertsSpace], (probe) =>
      probe.query(
        `INSERT INTO audit_events (id, occurred_at, action, actor_kind, search_space_id, target_type)
         VALUES ($1, now(), 'probe.forged', 'system', $2, 'probe')`,
        [newId(), annasSpace],
      ),
    );
    await expect(audit).rejects.toThrow('row-level security');
  });

  it('lets nobody past it: no other role, no rule changed, no partition by its own name', async () => {
    for (const statement of [
      'ALTER TABLE generations DISABLE ROW LEVEL SECURITY',
      'DROP POLICY own_rows ON generations',
      'SELECT count(*) FROM usage_records_unplaced',
      'CREATE TABLE mine (id int)',
    ]) {
      const attempt = workAs(bert, [bertsSpace], (probe) => probe.query(statement));
      await expect(attempt, statement).rejects.toThrow(/must be owner|permission denied/);
    }
  });

  it('moves no money, and leaves the list of migrations alone', async () => {
    const grant = {
      transaction_id: newId(),
      account_id: newId(),
      amount_micros: 1,
      kind: 'grant',
    };
    for (const [statement, values] of [
      [`SELECT billing_grant($1::jsonb, ARRAY[NULL]::jsonb[])`, [JSON.stringify([{ grant }])]],
      ['DELETE FROM schema_migrations', []],
    ] as const) {
      const attempt = workAs(bert, [bertsSpace], (probe) => probe.query(statement, [...values]));
      await expect(attempt, statement).rejects.toThrow('permission denied');
    }
  });

  it('finds no table of its own making in the place of one that the owner asks for', async () => {
    const rows = await atelier.app.get(ManagedDataSource).query<{ name: string }[]>(
      `SELECT proname AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef
          AND 'search_path=public, pg_temp' <> ALL (coalesce(proconfig, '{}'))`,
    );
    expect(rows).toEqual([]);
  });

  it('leaves the connection as it was for who comes next', async () => {
    await count(bert, [bertsSpace], 'generations');
    const rows = await atelier.app
      .get(ManagedDataSource)
      .query<{ role: string; spaces: string }[]>(
        `SELECT current_user AS role, coalesce(current_setting('atelier.search_space_ids', true), '') AS spaces`,
      );
    expect(rows[0]?.role).not.toBe('atelier_app');
    expect(rows[0]?.spaces).toBe('');
  });
});

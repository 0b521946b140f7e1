import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Row-level security on every table that belongs to a space. Work for a caller runs under `atelier_app`, which sees
 * the rows of the spaces it has proven a membership of. Everything else passes as a member of `atelier_system`: with
 * FORCE the owner of the tables is bound by policies too, and few installations may hand out BYPASSRLS.
 * Roles belong to the whole server and are shared by its databases, so going down leaves them.
 */
const ROLES = `
  DO $$
  DECLARE
    name text;
    wanted text;
    options text := '';
  BEGIN
    FOREACH name IN ARRAY ARRAY['atelier_app', 'atelier_system'] LOOP
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
          EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
      EXCEPTION
        -- Made by another database of this server at the same moment.
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'the database role % is missing and % may not make it. As a superuser: CREATE ROLE % NOLOGIN; GRANT % TO %;',
            name, current_user, name, name, current_user;
      END;
      -- One role is set, the other one's policy is inherited. From 16 on, who makes a role is its administrator, and
      -- can do neither before granting it to themselves.
      wanted := CASE WHEN name = 'atelier_system' THEN 'USAGE' ELSE 'MEMBER' END;
      IF current_setting('server_version_num')::integer >= 160000 THEN
        wanted := CASE WHEN name = 'atelier_system' THEN 'USAGE' ELSE 'SET' END;
        options := ' WITH INHERIT TRUE, SET TRUE';
      END IF;
      BEGIN
        IF NOT pg_has_role(current_user, name, wanted) THEN
          EXECUTE format('GRANT %I TO %I', name, current_user) || options;
        END IF;
      EXCEPTION
        WHEN unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION '% cannot use the database role %. As a superuser: GRANT % TO %;',
            current_user, name, name, current_user || options;
      END;
      IF NOT pg_has_role(current_user, name, wanted) THEN
        RAISE EXCEPTION '% does not inherit from the database role %. As a superuser: ALTER ROLE % INHERIT;',
          current_user, name, current_user;
      END IF;
    END LOOP;
  END $$`;

/** What the transaction says of itself; nothing said is nobody. */
const SETTINGS = [
  `CREATE FUNCTION atelier_search_space_ids() RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT string_to_array(current_setting('atelier.search_space_ids', true), ',')::uuid[] $$`,
  `CREATE FUNCTION atelier_user_id() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('atelier.user_id', true), '')::uuid $$`,
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';
const OWN_SPACE_OR_USER = `${OWN_SPACE} OR user_id = (SELECT atelier_user_id())`;

/** Tables whose rows are not told by their own `search_space_id` alone. */
const RULES: Readonly<Record<string, string>> = {
  search_spaces: 'id = ANY ((SELECT atelier_search_space_ids())::uuid[])',
  memberships: OWN_SPACE_OR_USER,
  api_keys: OWN_SPACE_OR_USER,
  api_key_secrets: 'EXISTS (SELECT FROM api_keys WHERE api_keys.id = api_key_id)',
  holds: 'EXISTS (SELECT FROM accounts WHERE accounts.id = account_id)',
  ledger_entries: 'EXISTS (SELECT FROM accounts WHERE accounts.id = account_id)',
  ledger_transactions:
    'EXISTS (SELECT FROM ledger_entries WHERE ledger_entries.transaction_id = ledger_transactions.id)',
  reconciliation_items: 'EXISTS (SELECT FROM holds WHERE holds.id = hold_id)',
  generation_attempts: 'EXISTS (SELECT FROM generations WHERE generations.id = generation_id)',
  idempotency_keys: 'EXISTS (SELECT FROM generations WHERE generations.id = generation_id)',
};

/** Everybody may add what concerns no space; nobody reads it but operators. */
const AUDIT_INSERT = `
  CREATE POLICY own_entries ON audit_events FOR INSERT TO atelier_app
    WITH CHECK (search_space_id IS NULL OR ${OWN_SPACE})`;

const TABLES_OF_SPACES = `
  SELECT c.relname AS name
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND a.attname = 'search_space_id' AND NOT a.attisdropped`;

/** Ordinary tables, and partitioned ones as a whole: their partitions are within nobody's reach. */
const GRANT = `
  DO $$
  DECLARE name text;
  BEGIN
    GRANT USAGE ON SCHEMA public TO atelier_app;
    FOR name IN SELECT relname FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                   AND relname <> 'migrations' LOOP
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO atelier_app', name);
    END LOOP;
  END $$`;

const REVOKE = GRANT.replace(
  'GRANT USAGE ON SCHEMA public TO',
  'REVOKE USAGE ON SCHEMA public FROM',
).replace('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO', 'REVOKE ALL ON %I FROM');

/** They move money and events for whoever asks, under rules of their own. */
const OWNERS_FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS signature FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace
     AND (p.proname LIKE 'billing\\_%' OR p.proname = 'outbox_append')`;

export class ProtectTenants1790000000700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROLES);
    for (const statement of SETTINGS) await runner.query(statement);
    for (const [table, rule] of await listRules(runner)) await protect(runner, table, rule);
    await runner.query(AUDIT_INSERT);
    await runner.query(GRANT);
    for (const signature of await listOwnersFunctions(runner)) {
      await runner.query(
        `ALTER FUNCTION ${signature} SECURITY DEFINER SET search_path = public, pg_temp`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const signature of await listOwnersFunctions(runner)) {
      await runner.query(`ALTER FUNCTION ${signature} SECURITY INVOKER RESET search_path`);
    }
    await runner.query(REVOKE);
    await runner.query('DROP POLICY own_entries ON audit_events');
    for (const [table] of await listRules(runner)) await expose(runner, table);
    await runner.query('DROP FUNCTION atelier_user_id()');
    await runner.query('DROP FUNCTION atelier_search_space_ids()');
  }
}

async function listRules(runner: QueryRunner): Promise<[string, string][]> {
  const rows = (await runner.query(TABLES_OF_SPACES)) as { name: string }[];
  const own = rows.map(({ name }): [string, string] => [name, OWN_SPACE]);
  return Object.entries({ ...Object.fromEntries(own), ...RULES });
}

async function protect(runner: QueryRunner, table: string, rule: string): Promise<void> {
  await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  await runner.query(`CREATE POLICY own_rows ON ${table} TO atelier_app USING (${rule})`);
  await runner.query(`CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`);
}

async function expose(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`DROP POLICY all_rows ON ${table}`);
  await runner.query(`DROP POLICY own_rows ON ${table}`);
  await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  await runner.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
}

async function listOwnersFunctions(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(OWNERS_FUNCTIONS)) as { signature: string }[];
  return rows.map(({ signature }) => signature);
}

/** One migrated database per set of migrations on the server, to be copied: migrating each anew takes half a second. */
import { Client } from 'pg';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { migrate } from '../../src/persistence/migrate.js';
import { hashMigrations } from './migrations-hash.js';

const PREFIX = 'atelier_template_';
const POOL_MAX = 2;
/** Held while a template is made; any number that the product does not use. */
const LOCK = 4_021_791;
const OLD_AFTER_MS = 24 * 60 * 60_000;
const UNKNOWN_DATABASE = '3D000';

/** Makes the migrated database on the server, under a name that is still free there. */
export async function createMigrated(server: string, name: string): Promise<void> {
  const template = `${PREFIX}${hashMigrations()}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await copy(client, template, name).catch(async (error: { code?: string }) => {
      if (error.code !== UNKNOWN_DATABASE) throw error;
      await prepareTemplate(client, server, template);
      await copy(client, template, name);
    });
  } finally {
    await client.end();
  }
}

async function copy(client: Client, template: string, name: string): Promise<void> {
  await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
}

/** Several workers may ask at once: the first one makes the template, the others wait for it. */
async function prepareTemplate(client: Client, server: string, template: string): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  try {
    const present = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (present.rows.length > 0) return;
    await removeOld(client);
    const draft = `${template}_draft`;
    await client.query(`DROP DATABASE IF EXISTS "${draft}" WITH (FORCE)`);
    await client.query(`CREATE DATABASE "${draft}"`);
    await client.query(`COMMENT ON DATABASE "${draft}" IS '${new Date().toISOString()}'`);
    await migrateDatabase(server, draft);
    await client.query(`ALTER DATABASE "${draft}" ALLOW_CONNECTIONS false`);
    await client.query(`ALTER DATABASE "${draft}" RENAME TO "${template}"`);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]);
  }
}

async function migrateDatabase(server: string, name: string): Promise<void> {
  const url = new URL(server);
  url.pathname = `/${name}`;
  const dataSource = new ManagedDataSource({
    kind: 'postgres',
    url: url.href,
    dir: '',
    poolMax: POOL_MAX,
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Templates of migrations that are no more; a comment says when each was made. */
async function removeOld(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; made: string | null }>(
    `SELECT datname AS name, shobj_description(oid, 'pg_database') AS made
     FROM pg_database WHERE starts_with(datname, $1)`,
    [PREFIX],
  );
  for (const { name, made } of rows) {
    if (Date.now() - Date.parse(made ?? '') < OLD_AFTER_MS) continue;
    await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  }
}

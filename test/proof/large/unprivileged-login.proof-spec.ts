/** Proves that the service needs no superuser: a login that merely owns its database is bound by the row rules too. */
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { newId } from '../../../src/common/ids.js';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { ServiceProcess } from '../../setup/service-process.js';
import { readDatabaseUrl } from '../../setup/services.js';
import { findFaults } from '../books.js';
import { generate, GENERATIONS, readWallet, send } from '../service-client.js';

const TEST_TIMEOUT_MS = 120_000;
const PICTURE = { prompt: 'a fox', size: '32x32' };

async function onServer(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: readDatabaseUrl() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe('a login without privileges', () => {
  let installation: Installation;
  const login = `atelier_login_${newId().slice(-12)}`;

  afterEach(async () => {
    await installation.drop();
    await onServer(`DROP ROLE IF EXISTS ${login}`);
  });

  /** An empty database that the login owns. */
  async function open(): Promise<string> {
    installation = await createInstallation('large', {}, { isMigrated: false });
    const url = new URL(String(installation.settings.DATABASE_URL));
    await onServer(
      `CREATE ROLE ${login} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS`,
      `ALTER DATABASE "${url.pathname.slice(1)}" OWNER TO ${login}`,
    );
    url.username = login;
    return url.href;
  }

  it(
    'is told which command a superuser must give, before anything is served',
    async () => {
      const url = await open();
      const refused = ServiceProcess.launch({ ...installation.settings, DATABASE_URL: url });
      expect((await refused.exit).code).not.toBe(0);
      expect(refused.output).toContain(`GRANT atelier_app TO ${login}`);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'does the whole job once it is a member of the two roles',
    async () => {
      const url = await open();
      for (const role of ['atelier_app', 'atelier_system']) {
        await onServer(`CREATE ROLE ${role} NOLOGIN`).catch(() => undefined);
        await onServer(`GRANT ${role} TO ${login}`);
      }
      const service = await ServiceProcess.start({ ...installation.settings, DATABASE_URL: url });
      const made = await generate(service.baseUrl, PICTURE);
      expect(made.status).toBe(201);
      const queued = await generate(service.baseUrl, PICTURE, 'respond-async');
      expect(queued.status).toBe(202);
      const read = () => send(service.baseUrl, 'GET', `${GENERATIONS}/${queued.body.id}`);
      await expect
        .poll(async () => (await read()).body.status, { timeout: 30_000 })
        .toBe('succeeded');
      expect(await readWallet(service.baseUrl)).toMatchObject({ held_micros: 0 });
      const faults = await installation.inspect((query) =>
        findFaults(query, installation.mediaDir),
      );
      expect(faults).toEqual([]);
      const gone = await send(service.baseUrl, 'DELETE', `${GENERATIONS}/${made.body.id}`);
      expect(gone.status).toBe(200);
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    },
    TEST_TIMEOUT_MS,
  );
});

// Proves that a change of the master key reaches every stored secret, changes none, may be repeated, and that no
// column of sealed secrets is forgotten.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { SqlSecretRotation } from '../../src/secrets/adapters/sql-secret-rotation.js';
import { SEALED_COLUMNS } from '../../src/secrets/domain/sealed-columns.js';
import { SecretBox } from '../../src/secrets/secret-box.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const OLD = 'the old master secret, 32 letters';
const NEW = 'the new master secret, 32 letters';
const TABLE = 'identity_providers';
const PLACE = { table: TABLE, column: 'client_secret_sealed' };
/** More than one batch. */
const ROWS = 230;

function toBox(
  encryptionSecret: string,
  encryptionSecretPrevious: string | null = null,
): SecretBox {
  return new SecretBox({ secrets: { encryptionSecret, encryptionSecretPrevious } } as AppConfig);
}

describe.each(databaseKinds())('the rotation of the master key on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
  });

  afterAll(() => database.drop());

  const insert = (id: string, sealed: string | null) =>
    dataSource.query(
      `INSERT INTO identity_providers (id, slug, name, issuer_url, client_id, client_secret_sealed, scopes,
         email_claim, name_claim, groups_claim, audiences, allow_sign_up, require_verified_email,
         allow_operator_password, is_enabled, created_at, updated_at)
       VALUES ($1, $2, 'A', 'https://issuer.example', 'atelier', $3, '{openid}', 'email', 'name', NULL, '{}',
         true, true, true, true, now(), now())`,
      [id, `p-${id.slice(-12)}`, sealed],
    );

  it('knows every column of sealed secrets', async () => {
    const columns = await dataSource.query<{ table: string; column: string }[]>(
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed' ORDER BY 1, 2`,
    );
    expect(columns).toEqual([...SEALED_COLUMNS]);
  });

  it('wraps all of them anew and leaves what they say', async () => {
    const old = toBox(OLD);
    const secrets = new Map<string, string>();
    for (let row = 0; row < ROWS; row += 1) {
      const id = newId();
      secrets.set(id, `secret ${row}`);
      await insert(id, old.seal(`secret ${row}`, { table: TABLE, id }));
    }
    await insert(newId(), null);
    const rotation = new SqlSecretRotation(dataSource, toBox(NEW, OLD));
    expect(await rotation.rotate(PLACE)).toBe(ROWS);
    expect(await rotation.rotate(PLACE)).toBe(0);
    const rows = await dataSource.query<{ id: string; sealed: string }[]>(
      `SELECT id, client_secret_sealed AS sealed FROM identity_providers WHERE client_secret_sealed IS NOT NULL`,
    );
    const now = toBox(NEW);
    const opened = rows.map(({ id, sealed }) => [id, now.open(sealed, { table: TABLE, id })]);
    expect(new Map(opened as [string, string][])).toEqual(secrets);
  });

  it("reaches the keys of connections, whose ids are texts, and passes by the settings' own", async () => {
    const place = { table: 'connections', column: 'api_key_sealed' };
    const add = (id: string, sealed: string | null) =>
      dataSource.query(
        `INSERT INTO connections (id, provider, name, api_key_sealed, scope, is_enabled, priority, load_factor,
           is_pool, serves_catalog, created_at, updated_at)
         VALUES ($1, 'openai', 'Ours', $2, 'global', true, 50, 1, false, true, now(), now())`,
        [id, sealed],
      );
    await add('env:openai', null);
    const ids = Array.from({ length: ROWS }, newId);
    for (const id of ids)
      await add(id, toBox(OLD).seal(`key of ${id}`, { table: 'connections', id }));
    const rotation = new SqlSecretRotation(dataSource, toBox(NEW, OLD));
    expect(await rotation.rotate(place)).toBe(ROWS);
    const rows = await dataSource.query<{ id: string; sealed: string }[]>(
      'SELECT id, api_key_sealed AS sealed FROM connections WHERE api_key_sealed IS NOT NULL',
    );
    const opened = rows.map(({ id, sealed }) =>
      toBox(NEW).open(sealed, { table: 'connections', id }),
    );
    expect(opened.toSorted()).toEqual(ids.map((id) => `key of ${id}`).toSorted());
  });

  it('changes nothing when the previous key is missing', async () => {
    const id = newId();
    const sealed = toBox('a third master secret, 32 letters').seal('lost', { table: TABLE, id });
    await insert(id, sealed);
    const rotation = new SqlSecretRotation(dataSource, toBox(NEW, OLD));
    await expect(rotation.rotate(PLACE)).rejects.toThrow('ENCRYPTION_SECRET_PREVIOUS');
    const [row] = await dataSource.query<{ sealed: string }[]>(
      `SELECT client_secret_sealed AS sealed FROM identity_providers WHERE id = $1`,
      [id],
    );
    expect(row?.sealed).toBe(sealed);
  });
});

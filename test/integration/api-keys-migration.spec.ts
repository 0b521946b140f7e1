/** Proves that keys made before secrets had a table of their own go on working, with what they could do, and back again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLookupId, newApiKey } from '../../src/auth/domain/api-key.js';
import { sha256 } from '../../src/auth/domain/opaque-token.js';
import { newId } from '../../src/common/ids.js';
import { migrate } from '../../src/persistence/migrate.js';
import { MIGRATIONS } from '../../src/persistence/migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const FIRST = MIGRATIONS.findIndex(({ name }) => name.startsWith('CompleteApiKeys'));

describe.each(databaseKinds())('keys from before on %s', (kind) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
  });

  afterEach(() => database.drop());

  it('keep their digests and their reach, both ways', async () => {
    const dataSource = await database.open();
    const undo = async () => {
      for (const _ of MIGRATIONS.slice(FIRST)) {
        await dataSource.undoLastMigration({ transaction: 'all' });
      }
    };
    await undo();
    const [userId, spaceId] = [newId(), newId()];
    await dataSource.query(
      `INSERT INTO users (id, email, name, password_hash, created_at)
       VALUES ($1, 'ada@example.com', 'Ada', 'hash', now())`,
      [userId],
    );
    await dataSource.query(
      `INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'Space', now())`,
      [spaceId],
    );
    const keys = [
      { key: newApiKey(), scopes: ['images.generate', 'images.read'] },
      { key: newApiKey(), scopes: ['billing.read'] },
    ].map((one) => ({ ...one, id: newId(), lookupId: findLookupId(one.key) }));
    for (const { id, key, lookupId, scopes } of keys) {
      await dataSource.query(
        `INSERT INTO api_keys (id, lookup_id, key_hash, name, search_space_id, user_id, scopes, created_at)
         VALUES ($1, $2, $3, 'Old', $4, $5, $6, now())`,
        [id, lookupId, sha256(key), spaceId, userId, scopes],
      );
    }

    await migrate(dataSource);
    const after = await dataSource.query<object[]>(
      `SELECT k.id, s.lookup_id, s.key_hash, s.expires_at, s.search_space_id, k.scopes, k.is_active
       FROM api_keys k JOIN api_key_secrets s ON s.api_key_id = k.id ORDER BY k.id`,
    );
    const added = [['images.edit', 'models.list'], ['models.list']];
    expect(after).toEqual(
      keys.map(({ id, key, lookupId, scopes }, index) => ({
        id,
        lookup_id: lookupId,
        key_hash: sha256(key),
        expires_at: null,
        search_space_id: spaceId,
        scopes: [...scopes, ...(added[index] ?? [])],
        is_active: true,
      })),
    );

    await undo();
    const back = await dataSource.query<object[]>(
      'SELECT id, lookup_id, key_hash, scopes FROM api_keys ORDER BY id',
    );
    expect(back).toEqual(
      keys.map(({ id, key, lookupId, scopes }) => ({
        id,
        lookup_id: lookupId,
        key_hash: sha256(key),
        scopes,
      })),
    );
  });
});

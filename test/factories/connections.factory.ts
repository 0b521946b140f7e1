/** Connections as they are kept, and what a process makes of them, on a fresh database. */
import { newId } from '../../src/common/ids.js';
import { type AppConfig, VENDOR_NAMES } from '../../src/config/app-config.js';
import { SqlConnectionStateReader } from '../../src/connections/adapters/sql-connection-state.reader.js';
import { TypeormConnectionsRepository } from '../../src/connections/adapters/typeorm-connections.repository.js';
import { ConnectionOpener } from '../../src/connections/connection-opener.js';
import { ConnectionState } from '../../src/connections/connection-state.js';
import {
  type ConnectionRecord,
  CONNECTIONS_TABLE,
  type ModelRecord,
} from '../../src/connections/domain/connection-record.js';
import type { ConnectionsRepository } from '../../src/connections/domain/connections.repository.port.js';
import { KeptConnectionsDirectory } from '../../src/connections/kept-connections.directory.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { SecretBox } from '../../src/secrets/secret-box.js';
import { StillEpoch } from '../fakes/still-epoch.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import type { DatabaseKind } from '../setup/services.js';

export const HOUSE_KEY = 'the-key-of-the-house-0001';
export const MASTER_SECRET = 'the master secret, 32 letters long';

export function toConfig(accounts: object = {}): AppConfig {
  const none = Object.fromEntries(VENDOR_NAMES.map((name) => [name, null]));
  return {
    vendors: { defaultProvider: 'embedded', accounts: { ...none, ...accounts } },
    secrets: { encryptionSecret: MASTER_SECRET, encryptionSecretPrevious: null },
  } as unknown as AppConfig;
}

export class TestConnections {
  readonly epoch = new StillEpoch();
  readonly catalog = new ModelCatalogService();
  readonly box = new SecretBox(toConfig());

  private constructor(
    private readonly database: TestDatabase,
    readonly dataSource: ManagedDataSource,
  ) {}

  static async open(kind: DatabaseKind): Promise<TestConnections> {
    const database = await createTestDatabase(kind);
    return new TestConnections(database, await database.open());
  }

  close(): Promise<void> {
    return this.database.drop();
  }

  /** What a process knows, with these accounts in its settings. */
  start(
    accounts: object = { openai: { apiKey: HOUSE_KEY, baseUrl: 'https://api.openai.com/v1' } },
  ) {
    const opener = new ConnectionOpener(toConfig(accounts), this.catalog, this.box);
    const reader = new SqlConnectionStateReader(new PgSql(this.dataSource));
    const state = new ConnectionState(reader, opener, this.epoch);
    return { state, directory: new KeptConnectionsDirectory(state) };
  }

  change<T>(work: (repository: ConnectionsRepository) => Promise<T>): Promise<T> {
    return this.dataSource
      .transaction((manager) => work(new TypeormConnectionsRepository(manager)))
      .finally(() => this.epoch.hasten());
  }

  async add(
    parts: Partial<ConnectionRecord> & { apiKey?: string },
    models: readonly Partial<ModelRecord>[] = [],
  ): Promise<string> {
    const { apiKey = 'a key of somebody', ...rest } = parts;
    const id = rest.id ?? newId();
    const record: ConnectionRecord = {
      id,
      provider: 'openai',
      name: 'Ours',
      baseUrl: null,
      apiKeySealed: this.box.seal(apiKey, { table: CONNECTIONS_TABLE, id }),
      apiKeyHint: null,
      extra: {},
      scope: 'global',
      searchSpaceId: null,
      userId: null,
      isEnabled: true,
      priority: 50,
      loadFactor: 1,
      slotsMax: null,
      isPool: false,
      expiresAt: null,
      servesCatalog: false,
      createdBy: null,
      createdAt: new Date(),
      updatedAt: new Date(),
      ...rest,
    };
    await this.change(async (repository) => {
      await repository.save(record);
      await repository.saveModels(models.map((model) => toModel(id, model)));
    });
    return id;
  }

  async addUser(): Promise<string> {
    const id = newId();
    await this.dataSource.query(
      `INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, 'Somebody', now())`,
      [id, `${id}@example.com`],
    );
    return id;
  }

  async addSpace(ownerId: string): Promise<string> {
    const [id, roleId] = [newId(), newId()];
    const query = (text: string, values: unknown[]) => this.dataSource.query(text, values);
    await query(`INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'A space', now())`, [
      id,
    ]);
    await query(
      `INSERT INTO roles (id, search_space_id, name, permissions) VALUES ($1, $2, 'Owner', '{*}')`,
      [roleId, id],
    );
    await query(
      `INSERT INTO memberships (id, search_space_id, user_id, role_id, is_owner, joined_at)
       VALUES ($1, $2, $3, $4, true, now())`,
      [newId(), id, ownerId, roleId],
    );
    return id;
  }
}

export function toModel(connectionId: string, parts: Partial<ModelRecord>): ModelRecord {
  return {
    id: newId(),
    connectionId,
    name: 'house-model',
    kind: 'image',
    vendorModel: null,
    baseModel: null,
    capabilities: {},
    title: null,
    quality: 50,
    isEnabled: true,
    source: 'manual',
    createdAt: new Date(),
    updatedAt: new Date(),
    ...parts,
  };
}

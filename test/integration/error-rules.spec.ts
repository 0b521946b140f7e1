// Proves that error rules are kept as they are, seen by every process after a change, and reached by the system alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { PolledCacheEpoch } from '../../src/persistence/polled-cache-epoch.js';
import { SqlErrorRulesReader } from '../../src/upstream/adapters/sql-error-rules.reader.js';
import { TypeormErrorRulesRepository } from '../../src/upstream/adapters/typeorm-error-rules.repository.js';
import type { ErrorRulesRepository } from '../../src/upstream/domain/error-rules.repository.port.js';
import { ErrorRulesState } from '../../src/upstream/error-rules-state.js';
import { makeErrorRule } from '../factories/error-rule.factory.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const STALL_MAX_MS = 30_000;

describe.each(databaseKinds())('error rules on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let reader: SqlErrorRulesReader;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    reader = new SqlErrorRulesReader(new PgSql(dataSource));
  });
  afterAll(() => database.drop());

  function change<T>(work: (repository: ErrorRulesRepository) => Promise<T>): Promise<T> {
    return dataSource.transaction(async (manager) => {
      const result = await work(new TypeormErrorRulesRepository(manager));
      await manager.query('SELECT cache_epoch_bump()');
      return result;
    });
  }

  const full = makeErrorRule({
    name: 'Full',
    isEnabled: false,
    priority: 7,
    errorCodes: [429, 500],
    keywords: ['it\'s "down", {so} \\ what', 'Überlast'],
    matchMode: 'all',
    providers: ['openai', 'fal'],
    responseStatus: 503,
    customMessage: 'Try again at noon.',
    skipsMonitoring: true,
    description: 'Of March',
  });
  const bare = makeErrorRule({ keywords: ['x'] });

  it('come back as they were written, of one revision that moves with each change', async () => {
    const before = await reader.read(null);
    await change((repository) => repository.add(full));
    await change((repository) => repository.add(bare));
    const after = await reader.read(before!.revision);
    expect(after!.rules).toEqual([full, bare]);
    expect(after!.revision).toBeGreaterThan(before!.revision);
    expect(await reader.read(after!.revision)).toBeNull();
    expect(await change((repository) => repository.lock())).toEqual([full, bare]);
    const changed = { ...full, keywords: [], description: null, updatedAt: new Date(1_000) };
    await change((repository) => repository.update(changed));
    await change((repository) => repository.remove(bare.id));
    expect((await reader.read(after!.revision))!.rules).toEqual([changed]);
  });

  it('reach every process', async () => {
    const processes = await Promise.all(
      [0, 1].map(async () => {
        const epoch = new PolledCacheEpoch(dataSource);
        await epoch.onModuleInit();
        return { epoch, state: new ErrorRulesState(reader, epoch) };
      }),
    );
    const rule = makeErrorRule({ errorCodes: [418], customMessage: 'Tea' });
    const look = async () => {
      const books = await Promise.all(processes.map(({ state }) => state.current()));
      const failure = { provider: 'openai', status: 418, words: null };
      return books.map((book) => book.find(failure)?.customMessage ?? null);
    };
    expect(await look()).toEqual([null, null]);
    await change((repository) => repository.add(rule));
    await expect.poll(look, { timeout: STALL_MAX_MS, interval: 50 }).toEqual(['Tea', 'Tea']);
    await Promise.all(processes.map(({ epoch }) => epoch.beforeApplicationShutdown()));
  });

  it.each(['error_rules', 'error_rules_state'])('keep %s from work for a caller', async (table) => {
    const look = dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL ROLE atelier_app');
      await manager.query(`SELECT 1 FROM ${table}`);
    });
    await expect(look).rejects.toThrow(/permission denied/);
  });

  it.each([
    ['that match nothing', { errorCodes: [], keywords: [] }],
    ['that answer with success', { errorCodes: [500], responseStatus: 200 }],
    ['of a name that is taken', { errorCodes: [500], name: 'Full' }],
  ])('%s are refused by the table itself', async (_what, rule) => {
    await expect(change((repository) => repository.add(makeErrorRule(rule)))).rejects.toThrow(
      /violates|duplicate/,
    );
  });
});

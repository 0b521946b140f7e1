/** Proves that a scan goes on where another process left it, in one process at a time, bounded, and ends when it must. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditTrail } from '../../src/audit/domain/audit-trail.port.js';
import { newId } from '../../src/common/ids.js';
import type { NamedBlob } from '../../src/media/domain/media-inventory.port.js';
import type { StoredObject } from '../../src/media/domain/media-storage.strategy.js';
import { isStorageKey, toStorageKey } from '../../src/media/domain/storage-key.js';
import type { MediaInventoryService } from '../../src/media/inventory/media-inventory.service.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { TypeormUnitOfWork } from '../../src/persistence/typeorm-unit-of-work.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';
import { SqlStorageScansStore } from '../../src/retention/adapters/sql-storage-scans.store.js';
import { TypeormStorageScans } from '../../src/retention/adapters/typeorm-storage-scans.js';
import { StorageScanRepository } from '../../src/retention/domain/storage-scans.store.port.js';
import { RunStorageScansService } from '../../src/retention/run-storage-scans.service.js';
import { StorageScanMetrics } from '../../src/retention/storage-scan-metrics.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const PICTURES = 2_300;
const EVERY_LOST = 100;
const EVERY_STRAY = 90;
const OLD = new Date('2026-01-01T00:00:00Z');

/** A store and rows of some thousand pictures, without a byte of them. */
class PaperInventory {
  readonly objects: StoredObject[] = [];
  readonly blobs: NamedBlob[] = [];
  readonly asked: number[] = [];
  onList: () => void = () => undefined;
  onSize: () => void = () => undefined;
  onRemove: (key: string) => Promise<void> | void = () => undefined;

  constructor() {
    for (let at = 0; at < PICTURES; at += 1) {
      const hash = (at * 7_919_003).toString(16).padStart(64, '0');
      const blob = { searchSpaceId: newId(), sha256: hash, format: 'png' as const };
      const key = toStorageKey(blob);
      const isStray = at % EVERY_STRAY === 0;
      const kept = { ...blob, storageKey: key, sizeBytes: 5, refs: 1, createdAt: OLD };
      if (!isStray) this.blobs.push(kept);
      if (isStray || at % EVERY_LOST !== 0) {
        this.objects.push({ key, sizeBytes: 5, changedAt: OLD });
      }
    }
    this.objects.sort((one, other) => (one.key < other.key ? -1 : 1));
    this.blobs.sort((one, other) => (one.storageKey < other.storageKey ? -1 : 1));
  }

  readonly isOwn = isStorageKey;

  async listObjects(after: string | null, limit: number): Promise<StoredObject[]> {
    this.onList();
    this.asked.push(limit);
    return this.objects.filter(({ key }) => after === null || key > after).slice(0, limit);
  }

  async listBlobs(
    after: { searchSpaceId: string; sha256: string } | null,
    limit: number,
  ): Promise<NamedBlob[]> {
    const place = after && toStorageKey({ ...after, format: 'png' });
    return this.blobs
      .filter(({ storageKey }) => place === null || storageKey > place)
      .slice(0, limit);
  }

  async findSize(asked: string): Promise<number | null> {
    this.onSize();
    return this.objects.find(({ key }) => key === asked)?.sizeBytes ?? null;
  }

  async removeUnnamed(asked: string): Promise<'removed'> {
    await this.onRemove(asked);
    this.objects.splice(
      this.objects.findIndex(({ key }) => key === asked),
      1,
    );
    return 'removed';
  }

  async heal(): Promise<boolean> {
    return false;
  }

  async isUsed(asked: string): Promise<boolean> {
    return this.blobs.some(({ storageKey }) => storageKey === asked);
  }
}

/** The rest of what is told to it is proven over the routes. */
class RemovalTrail extends AuditTrail {
  readonly keys: string[] = [];

  async record({ action, before }: { action: string; before?: unknown }): Promise<void> {
    if (action !== 'storage.orphans_removed') return;
    this.keys.push(...(before as { keys: string[] }).keys);
  }
}

describe.each(databaseKinds())('scans of the store on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let registry: WorkRegistry;
  let store: SqlStorageScansStore;
  let paper: PaperInventory;
  let trail: RemovalTrail;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    store = new SqlStorageScansStore(new PgSql(dataSource));
    registry = new WorkRegistry();
    registry.register({
      port: StorageScanRepository,
      create: (manager) => new TypeormStorageScans(manager),
    });
    registry.register({ port: AuditTrail, create: () => trail });
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    await dataSource.query('DELETE FROM storage_scans');
    paper = new PaperInventory();
    trail = new RemovalTrail();
  });

  /** One process. */
  const createRunner = () =>
    new RunStorageScansService(
      store,
      paper as unknown as MediaInventoryService,
      new TypeormUnitOfWork(dataSource, registry),
      new StorageScanMetrics(new MetricsService()),
    );

  async function add(): Promise<string> {
    const id = newId();
    const scan = { id, askedBy: newId(), graceBefore: new Date(), createdAt: new Date() };
    const unitOfWork = new TypeormUnitOfWork(dataSource, registry);
    const busy = await unitOfWork.run((scope) => scope.get(StorageScanRepository).add(scan));
    if (busy !== null) throw new Error(`scan ${busy} is under way`);
    return id;
  }

  const passTime = () =>
    dataSource.query(`UPDATE storage_scans SET held_until = now() WHERE finished_at IS NULL`);

  it('ends with exact counts, however often it was stopped, in pages', async () => {
    const id = await add();
    await expect(add()).rejects.toThrow(id);
    for (let runs = 0; (await store.find(id))?.state === 'scanning'; runs += 1) {
      const stopping = new AbortController();
      let lists = 0;
      // Stopped in the middle of the second step: the next process begins that one anew.
      paper.onList = () => void ((lists += 1) === 2 && stopping.abort());
      await createRunner().work(stopping.signal);
      expect(runs).toBeLessThan(20);
    }
    const strays = paper.objects.length - paper.blobs.filter(isStored).length;
    const lost = paper.blobs.length - paper.blobs.filter(isStored).length;
    expect([strays, lost].every((count) => count > 10)).toBe(true);
    expect(await store.find(id)).toMatchObject({
      state: 'scanned',
      objects: paper.objects.length,
      blobs: paper.blobs.length,
      orphans: strays,
      orphanBytes: strays * 5,
      missing: lost,
      damaged: 0,
      foreign: 0,
    });
    const kept = await store.listFindings(id, 'orphan', { limit: 1_000, after: null });
    expect(kept).toHaveLength(strays);
    expect(Math.max(...paper.asked)).toBeLessThanOrEqual(500);
    expect(paper.asked.length).toBeGreaterThan(4);
  });

  function isStored({ storageKey }: NamedBlob): boolean {
    return paper.objects.some(({ key }) => key === storageKey);
  }

  it('keeps nobody waiting who stops: of what differs nothing more is asked', async () => {
    const id = await add();
    const stopping = new AbortController();
    paper.onList = () => stopping.abort();
    let sizes = 0;
    paper.onSize = () => void (sizes += 1);
    await createRunner().work(stopping.signal);
    expect(sizes).toBe(0);
    expect(await store.find(id)).toMatchObject({ state: 'scanning', objects: 0, orphans: 0 });
    expect(await store.takeTurn(newId(), 60)).toMatchObject({ id, afterObject: null });
  });

  it('is one process’s at a time, and another’s when that one is gone', async () => {
    const id = await add();
    const [first, second] = [newId(), newId()];
    expect(await store.takeTurn(first, 60)).toMatchObject({ id });
    expect(await store.takeTurn(second, 60)).toBeNull();
    expect(await store.takeTurn(first, 60)).toMatchObject({ id });
    await passTime();
    expect(await store.takeTurn(second, 60)).toMatchObject({ id });
    const step = { found: [], objects: 1, blobs: 1, afterObject: 'a', afterBlob: null };
    const advance = (owner: string) =>
      new TypeormUnitOfWork(dataSource, registry).run((scope) =>
        scope.get(StorageScanRepository).advance(owner, id, { ...step, findingsMax: 1 }),
      );
    expect([await advance(first), await advance(second)]).toEqual([false, true]);
    expect(await store.find(id)).toMatchObject({ objects: 1, blobs: 1 });
  });

  it('keeps a bounded number of findings, and counts them all', async () => {
    const id = await add();
    const owner = newId();
    await store.takeTurn(owner, 60);
    const unitOfWork = new TypeormUnitOfWork(dataSource, registry);
    for (const page of ['a', 'b']) {
      const found = ['1', '2', '3'].map((name) => ({
        kind: 'orphan' as const,
        storageKey: `${page}${name}`,
        sizeBytes: 2,
        changedAt: OLD,
      }));
      const step = { found, objects: 3, blobs: 0, afterObject: `${page}3`, afterBlob: null };
      await unitOfWork.run((scope) =>
        scope.get(StorageScanRepository).advance(owner, id, { ...step, findingsMax: 4 }),
      );
    }
    expect(await store.find(id)).toMatchObject({ orphans: 6, orphanBytes: 12 });
    const kept = await store.listFindings(id, null, { limit: 10, after: null });
    expect(kept.map(({ storageKey }) => storageKey)).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('is tried again after a fault, and given up after ten in a row', async () => {
    const id = await add();
    paper.onList = () => {
      throw new Error('the bucket is away');
    };
    for (let tries = 1; tries <= 10; tries += 1) {
      expect(await store.find(id)).toMatchObject({ state: 'scanning' });
      await createRunner().work(new AbortController().signal);
      expect(await store.takeTurn(newId(), 60)).toBeNull();
      await passTime();
    }
    const fault = expect.stringContaining('the bucket is away');
    expect(await store.find(id)).toMatchObject({ state: 'failed', fault });
    await expect(add()).resolves.not.toBe(id);
  });

  it('tells of all that went, whatever stopped the repair, and keeps its turn while it works', async () => {
    const id = await add();
    const run = () => createRunner().work(new AbortController().signal);
    await run();
    const unitOfWork = new TypeormUnitOfWork(dataSource, registry);
    await unitOfWork.run((scope) =>
      scope.get(StorageScanRepository).beginRepair(id, newId(), 60 * 60),
    );
    const gone: string[] = [];
    const turns: unknown[] = [];
    let asked = 0;
    paper.onRemove = async (key) => {
      asked += 1;
      if (asked === 4) throw new Error('the bucket is away');
      if (asked > 1) turns.push(await store.takeTurn(newId(), 60));
      // As if all that it was given had passed since.
      await passTime();
      gone.push(key);
    };
    await run();
    expect(await store.find(id)).toMatchObject({ state: 'repairing' });
    expect(gone).toHaveLength(3);
    expect(trail.keys.toSorted()).toEqual(gone.toSorted());
    await passTime();
    await run();
    expect(turns.every((turn) => turn === null)).toBe(true);
    expect(trail.keys.toSorted()).toEqual(gone.toSorted());
    const kept = await store.listFindings(id, 'orphan', { limit: 1_000, after: null });
    expect(kept.map(({ outcome }) => outcome)).toEqual(gone.map(() => 'removed'));
    expect(await store.find(id)).toMatchObject({ state: 'repaired' });
  });

  it('is given up when the first of what is left cannot be repaired ten times in a row', async () => {
    const id = await add();
    const run = () => createRunner().work(new AbortController().signal);
    await run();
    const unitOfWork = new TypeormUnitOfWork(dataSource, registry);
    await unitOfWork.run((scope) =>
      scope.get(StorageScanRepository).beginRepair(id, newId(), 60 * 60),
    );
    paper.onRemove = () => {
      throw new Error('the bucket refuses');
    };
    for (let tries = 1; tries <= 11; tries += 1) {
      await run();
      await passTime();
    }
    const fault = expect.stringContaining('the bucket refuses');
    expect(await store.find(id)).toMatchObject({ state: 'failed', fault });
  });

  it('begins by night once, and not before there was a night', async () => {
    await dataSource.query('UPDATE storage_scan_rounds SET next_round_at = NULL');
    const at = (time: string) => new Date(`2026-11-22T${time}Z`);
    const next = new Date('2026-11-23T03:00:00Z');
    const begin = (now: Date, then: Date) => store.beginRound(newId(), OLD, now, then);
    expect(await begin(at('01:00:00'), at('03:00:00'))).toBe(false);
    expect(await begin(at('02:59:59'), at('03:00:00'))).toBe(false);
    const begun = await Promise.all([
      begin(at('03:00:01'), next),
      begin(at('03:00:01'), next),
      begin(at('03:00:02'), next),
    ]);
    expect(begun.filter(Boolean)).toHaveLength(1);
    const [scan] = await store.list({ limit: 10, after: null });
    expect(scan).toMatchObject({ state: 'scanning', askedBy: null });
  });
});

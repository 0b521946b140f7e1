/** The media room on a real database and a real folder, put together by hand so that parts can be made to fail. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { FilesystemMediaStorage } from '../../src/media/adapters/filesystem-media-storage.js';
import { SqlMediaInventory } from '../../src/media/adapters/sql-media-inventory.js';
import { SqlMediaRepository } from '../../src/media/adapters/sql-media.repository.js';
import { TypeormMediaReleases } from '../../src/media/adapters/typeorm-media-releases.js';
import { TypeormUnnamedBytes } from '../../src/media/adapters/typeorm-unnamed-bytes.js';
import { UnnamedBytes } from '../../src/media/domain/media-inventory.port.js';
import { MediaReleases } from '../../src/media/domain/media-releases.port.js';
import type { MediaRepository } from '../../src/media/domain/media.repository.port.js';
import type { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import type { StageTarget } from '../../src/media/domain/storage-key.js';
import { MediaInventoryService } from '../../src/media/inventory/media-inventory.service.js';
import { MediaReaper } from '../../src/media/media-reaper.js';
import { MediaRecovery } from '../../src/media/media-recovery.js';
import { MediaService } from '../../src/media/media.service.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { Outbox, OutboxSignal } from '../../src/persistence/outbox.port.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { TypeormOutboxRepository } from '../../src/persistence/typeorm-outbox.repository.js';
import { TypeormUnitOfWork } from '../../src/persistence/typeorm-unit-of-work.js';
import type { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';

export const FILE_LIMIT_BYTES = 100_000;

export class SettableClock extends Clock {
  offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

class SilentSignal extends OutboxSignal {
  nudge(): void {
    // Nothing is delivered here by itself: the tests decide when.
  }
}

/** Parts to put in place of the real ones, made from them. */
export interface Replacements {
  storage?: (real: MediaStorage) => MediaStorage;
  repository?: (real: MediaRepository) => MediaRepository;
}

export interface MediaRoom {
  media: MediaService;
  reaper: MediaReaper;
  inventory: MediaInventoryService;
  unitOfWork: UnitOfWork;
  clock: SettableClock;
}

/** One process's worth of the room; several may share database and folder. */
export function createRoom(
  dataSource: ManagedDataSource,
  folder: string,
  replacements: Replacements = {},
): MediaRoom {
  const registry = new WorkRegistry();
  const signal = new SilentSignal();
  registry.register({
    port: Outbox,
    create: (manager) => new TypeormOutboxRepository(manager, signal),
  });
  registry.register({
    port: MediaReleases,
    create: (manager) => new TypeormMediaReleases(manager, registry.create(Outbox, manager)),
  });
  registry.register({
    port: UnnamedBytes,
    create: (manager) => new TypeormUnnamedBytes(manager),
  });
  const files = new FilesystemMediaStorage(folder);
  const storage = replacements.storage?.(files) ?? files;
  const rows = new SqlMediaRepository(new PgSql(dataSource));
  const repository = replacements.repository?.(rows) ?? rows;
  const unitOfWork = new TypeormUnitOfWork(dataSource, registry);
  const clock = new SettableClock();
  const config = {
    media: { fileLimitBytes: FILE_LIMIT_BYTES, pixelsMax: 1_000_000 },
  } as unknown as AppConfig;
  const reaper = new MediaReaper(unitOfWork, storage);
  const recovery = new MediaRecovery(clock, storage, repository, unitOfWork, reaper);
  const media = new MediaService(config, clock, storage, repository, recovery, reaper);
  const blobs = new SqlMediaInventory(new PgSql(dataSource));
  const inventory = new MediaInventoryService(storage, blobs, recovery, unitOfWork);
  return { media, reaper, inventory, unitOfWork, clock };
}

export async function createFolder(): Promise<{ folder: string; drop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-media-'));
  await new FilesystemMediaStorage(folder).prepare();
  return { folder, drop: () => rm(folder, { recursive: true, force: true }) };
}

/** Paths of all files below the folder. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** What must hold when nothing is going on: counts are right, and file and row go together. */
export async function findDisorder(
  dataSource: ManagedDataSource,
  folder: string,
): Promise<string[]> {
  const blobs: { storage_key: string; refs: number; used: number }[] = await dataSource.query(
    `SELECT storage_key, refs, (SELECT count(*)::integer FROM media_assets asset
       WHERE asset.search_space_id = blob.search_space_id AND asset.sha256 = blob.sha256) AS used
       FROM media_blobs blob`,
  );
  const [orphans]: { count: number }[] = await dataSource.query(
    `SELECT count(*)::integer AS count FROM media_assets asset WHERE NOT EXISTS (
       SELECT 1 FROM media_blobs blob
        WHERE asset.search_space_id = blob.search_space_id AND asset.sha256 = blob.sha256)`,
  );
  const files = (await listFiles(folder)).filter((path) => !path.startsWith('incoming/'));
  const rows = new Set(blobs.map((blob) => blob.storage_key));
  return [
    ...blobs
      .filter(({ refs, used }) => refs !== used)
      .map((blob) => `count of ${blob.storage_key}`),
    ...blobs
      .filter(({ storage_key: key }) => !files.includes(key))
      .map((blob) => `no file ${blob.storage_key}`),
    ...files.filter((path) => !rows.has(path)).map((path) => `no row ${path}`),
    ...(orphans?.count ? [`${orphans.count} assets without a blob`] : []),
  ];
}

/** A small picture; another shade is another picture. */
export async function paint(shade: number, widthPx = 8): Promise<Buffer> {
  const background = { r: shade % 256, g: Math.floor(shade / 256) % 256, b: 7 };
  return sharp({ create: { width: widthPx, height: 4, channels: 3, background } })
    .png()
    .toBuffer();
}

export function toOutput(attemptId = newId(), index = 0, generationId = newId()): StageTarget {
  return { generationId, attemptId, role: 'output', index };
}

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

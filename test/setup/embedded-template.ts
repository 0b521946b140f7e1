/** One migrated folder of the embedded database per set of migrations, to be copied: making one takes seconds. */
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FolderLock, FolderLockedError } from '../../src/persistence/folder-lock.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { migrate } from '../../src/persistence/migrate.js';
import { hashMigrations } from './migrations-hash.js';

const TEMPLATES = join(tmpdir(), 'atelier-test-databases');
const WAIT_FOR_OTHER_WORKER_MS = 60_000;
const CHECK_EVERY_MS = 100;
const OLD_AFTER_MS = 24 * 60 * 60_000;

/** Copies a migrated database to the folder, which must not exist yet. */
export async function copyMigrated(folder: string): Promise<void> {
  cpSync(await prepareTemplate(), folder, { recursive: true });
}

/** Several workers may ask at once: the first one makes the template, the others wait for it. */
async function prepareTemplate(): Promise<string> {
  const template = join(TEMPLATES, hashMigrations());
  for (let waitedMs = 0; !existsSync(template); waitedMs += CHECK_EVERY_MS) {
    if (waitedMs > WAIT_FOR_OTHER_WORKER_MS) throw new Error(`no template at ${template}`);
    try {
      const lock = await FolderLock.acquire(`${template}.making`);
      await make(template).finally(() => lock.release());
    } catch (error) {
      if (!(error instanceof FolderLockedError)) throw error;
      await delay(CHECK_EVERY_MS);
    }
  }
  return template;
}

async function make(template: string): Promise<void> {
  if (existsSync(template)) return;
  const draft = `${template}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const dataSource = new ManagedDataSource(
    { kind: 'embedded', url: null, dir: draft, poolMax: 2 },
    [],
  );
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
  renameSync(draft, template);
  for (const name of readdirSync(TEMPLATES)) removeOld(join(TEMPLATES, name));
}

/** Templates of migrations that are no more, each tens of megabytes. */
function removeOld(path: string): void {
  const usedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - usedAtMs > OLD_AFTER_MS) rmSync(path, { recursive: true, force: true });
}

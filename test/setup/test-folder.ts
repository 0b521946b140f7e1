/** Folders for what tests write: in memory where there is plenty, because a database is a thousand small files. */
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** A database takes some 50 MB and few are open at once; below this much of either, the disk it is. */
const FREE_BYTES_MIN = 4 * 2 ** 30;

/** A fresh folder. Whoever asked removes it. `isOnDisk`: for tests whose subject or measure the disk is. */
export function makeTestFolder(prefix: string, isOnDisk = false): string {
  return mkdtempSync(join(isOnDisk || !hasMemory() ? tmpdir() : MEMORY, prefix));
}

function hasMemory(): boolean {
  if (process.availableMemory() < FREE_BYTES_MIN) return false;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= FREE_BYTES_MIN;
  } catch {
    // No such folder on this system.
    return false;
  }
}

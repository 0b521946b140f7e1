import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '../common/ids.js';
import { isProcessAlive, type ProcessIdentity, readIdentity } from './process-identity.js';

const LOCK_NAME = 'atelier.lock';
/** The holder touches the file this often, for those who cannot look its process up (another container). */
const HEARTBEAT_MS = 2_000;
/** A holder that cannot be looked up counts as dead when it was silent for this long. */
const SILENCE_MAX_MS = 10_000;
const CHECK_EVERY_MS = 250;
const TAKEOVERS_MAX = 10;

interface LockContent extends ProcessIdentity {
  token: string;
}

export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';

  constructor(folder: string, holder: ProcessIdentity) {
    super(
      `The data folder ${folder} is in use by process ${holder.pid}. Stop that process, give this one another ` +
        'DATA_DIR, or set DATABASE_URL and REDIS_URL to run several processes.',
    );
  }
}

/** Keeps a second process out of a folder; a lock whose process died is taken over. */
export class FolderLock {
  private readonly heartbeat: NodeJS.Timeout;

  private constructor(
    private readonly path: string,
    private readonly token: string,
  ) {
    this.heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  }

  /** @throws FolderLockedError while a living process holds the folder. */
  static async acquire(folder: string): Promise<FolderLock> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, LOCK_NAME);
    for (let attempt = 1; attempt <= TAKEOVERS_MAX; attempt += 1) {
      const token = newId();
      if (tryCreate(path, { ...readIdentity(), token })) return new FolderLock(path, token);
      const text = readLock(path);
      const holder = text === null ? null : parse(text);
      if (holder && (await isHeld(path, holder))) throw new FolderLockedError(folder, holder);
      if (text !== null) removeExactly(path, text);
    }
    throw new Error(`The lock ${path} could not be taken: several processes are starting at once`);
  }

  release(): void {
    clearInterval(this.heartbeat);
    const text = readLock(this.path);
    if (text !== null && parse(text)?.token === this.token) rmSync(this.path, { force: true });
  }
}

/** Creates the file whole or not at all, so that no half-written lock is ever read. */
function tryCreate(path: string, content: LockContent): boolean {
  const draft = `${path}.${content.token}`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the lock that was read, and puts back one that another process made in between. */
function removeExactly(path: string, text: string): void {
  const aside = `${path}.${newId()}`;
  try {
    renameSync(path, aside);
    if (readLock(aside) !== text) linkSync(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

async function isHeld(path: string, holder: LockContent): Promise<boolean> {
  const isAlive = isProcessAlive(holder);
  if (isAlive !== null) return isAlive;
  const first = readTouchedAtMs(path);
  // The clock that wrote the time may differ from ours, so only its movement counts, or a long age.
  for (let waitedMs = 0; waitedMs < SILENCE_MAX_MS; waitedMs += CHECK_EVERY_MS) {
    const touchedAtMs = readTouchedAtMs(path);
    if (touchedAtMs !== first) return touchedAtMs !== null;
    if (touchedAtMs === null || Date.now() - touchedAtMs > SILENCE_MAX_MS) return false;
    await delay(CHECK_EVERY_MS);
  }
  return false;
}

function readTouchedAtMs(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Somebody removed the file or the disk is full; the process check still protects the folder.
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parse(text: string): LockContent | null {
  try {
    const content = JSON.parse(text) as Partial<LockContent>;
    return typeof content.pid === 'number' && typeof content.host === 'string'
      ? (content as LockContent)
      : null;
  } catch {
    return null;
  }
}

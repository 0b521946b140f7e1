import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  opendir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ByteRange,
  MediaStorage,
  type StoredBytes,
} from '../domain/media-storage.strategy.js';
import { assertIncomingName, assertStorageKey } from '../domain/storage-key.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const INCOMING = 'incoming';

/**
 * Pictures as files under one folder, which all processes mount: `incoming/<name>`, then `<key>`.
 * One file system holds both, so that promotion is a rename. A file is synced before `stage` answers, which costs
 * one wait for the disk per picture; its folder is not, because a rename lost in a power cut is done again.
 */
export class FilesystemMediaStorage extends MediaStorage {
  private readonly incomingFolder: string;

  constructor(private readonly folder: string) {
    super();
    this.incomingFolder = join(folder, INCOMING);
  }

  async prepare(): Promise<void> {
    await mkdir(this.incomingFolder, { recursive: true, mode: FOLDER_MODE });
  }

  async stage(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    await this.write(this.toIncomingPath(name), source);
  }

  async promote(name: string, key: string): Promise<boolean> {
    const from = this.toIncomingPath(name);
    const to = this.toPath(key);
    if (await isDone(rename(from, to))) return true;
    // Either the folder of the key is not there yet, or the incoming file is not there any more.
    await mkdir(dirname(to), { recursive: true, mode: FOLDER_MODE });
    if (await isDone(rename(from, to))) return true;
    return (await this.stat(key)) !== null;
  }

  async openIncoming(name: string): Promise<StoredBytes | null> {
    return openFile(this.toIncomingPath(name));
  }

  async discard(name: string): Promise<void> {
    // A foreign name, as listIncoming gives it, is a single file of the folder too.
    const path = join(this.incomingFolder, name);
    if (dirname(path) !== this.incomingFolder) assertIncomingName(name);
    await rm(path, { force: true });
  }

  async *listIncoming(olderThan: Date): AsyncGenerator<string> {
    for await (const entry of await opendir(this.incomingFolder)) {
      if (!entry.isFile()) continue;
      const facts = await findFacts(join(this.incomingFolder, entry.name));
      if (facts && facts.changedAt < olderThan) yield entry.name;
    }
  }

  async open(key: string, range?: ByteRange): Promise<StoredBytes | null> {
    return openFile(this.toPath(key), range);
  }

  async stat(key: string): Promise<{ sizeBytes: number } | null> {
    const facts = await findFacts(this.toPath(key));
    return facts && { sizeBytes: facts.sizeBytes };
  }

  async delete(key: string): Promise<void> {
    await rm(this.toPath(key), { force: true });
  }

  async ping(): Promise<void> {
    // A file is written, because a full disk or one that turned read-only still lets folders be read.
    const path = join(this.incomingFolder, `ping-${randomUUID()}`);
    try {
      await this.write(path, [Buffer.from('ping')]);
    } finally {
      await rm(path, { force: true });
    }
  }

  private async write(
    path: string,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const handle = await open(path, 'w', FILE_MODE);
    try {
      await writeFile(handle, source);
      await handle.sync();
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    await handle.close();
  }

  private toIncomingPath(name: string): string {
    assertIncomingName(name);
    return join(this.incomingFolder, name);
  }

  private toPath(key: string): string {
    assertStorageKey(key);
    return join(this.folder, key);
  }
}

async function openFile(path: string, range?: ByteRange): Promise<StoredBytes | null> {
  const handle = await orNull(open(path, 'r'));
  if (!handle) return null;
  try {
    const { size } = await handle.stat();
    return { stream: toStream(handle, range), sizeBytes: size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function toStream(handle: FileHandle, range?: ByteRange): StoredBytes['stream'] {
  // The handle is closed with the stream, whether it was read to the end or given up.
  return handle.createReadStream({ ...range, autoClose: true });
}

async function findFacts(path: string): Promise<{ sizeBytes: number; changedAt: Date } | null> {
  const facts = await orNull(stat(path));
  return facts && { sizeBytes: facts.size, changedAt: facts.mtime };
}

/** False when something on the way was not there. */
async function isDone(work: Promise<void>): Promise<boolean> {
  return (await orNull(work.then(() => true))) ?? false;
}

/** Null when there is no such file. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

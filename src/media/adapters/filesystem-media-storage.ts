import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  opendir,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import {
  type ByteRange,
  MediaStorage,
  type StoredBytes,
  type StoredObject,
} from '../domain/media-storage.strategy.js';
import { assertIncomingName, assertStorageKey } from '../domain/storage-key.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const INCOMING = 'incoming';
/** Of what is on its way; whoever made it is the only one to bring that file. */
const PART_SUFFIX = '.part';
const RETRY_AFTER_S = 5;

/**
 * Pictures as files under one folder, which all processes mount: `incoming/<name>`, then `<key>`.
 * One file system holds both, so that promotion is a rename. A file is synced before `stage` answers, which costs
 * one wait for the disk per picture; its folder is not, because a rename lost in a power cut is done again.
 * While the folder is away, as a mount may be, nothing of it is missing: that is DomainError `service.unavailable`.
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
    const path = this.toIncomingPath(name);
    await fill(await this.orAway(open(path, 'w', FILE_MODE)), path, source);
  }

  async presignUpload(name: string): Promise<null> {
    assertIncomingName(name);
    return null;
  }

  override async receive(name: string, source: AsyncIterable<Uint8Array>): Promise<boolean> {
    const path = this.toIncomingPath(name);
    const part = `${path}${PART_SUFFIX}`;
    const handle = await orTaken(this.orAway(open(part, 'wx', FILE_MODE)));
    if (!handle) return false;
    // Only now: whoever brought it before has let go of the part with the rename that made it whole.
    if (await findFacts(path)) {
      await handle.close();
      await rm(part, { force: true });
      return false;
    }
    await fill(handle, part, source);
    await rename(part, path);
    return true;
  }

  async promote(name: string, key: string): Promise<boolean> {
    const from = this.toIncomingPath(name);
    const to = this.toPath(key);
    if (await isDone(rename(from, to))) return true;
    // Either the folder of the key is not there yet, or the incoming file is not there any more.
    await this.assertThere();
    await mkdir(dirname(to), { recursive: true, mode: FOLDER_MODE });
    if (await isDone(rename(from, to))) return true;
    return (await this.stat(key)) !== null;
  }

  async openIncoming(name: string): Promise<StoredBytes | null> {
    return this.found(await openFile(this.toIncomingPath(name)));
  }

  async discard(name: string): Promise<void> {
    // A foreign name, as listIncoming gives it, is a single file of the folder too.
    const path = join(this.incomingFolder, name);
    if (dirname(path) !== this.incomingFolder) assertIncomingName(name);
    await this.remove(path);
  }

  async *listIncoming(olderThan: Date): AsyncGenerator<string> {
    for await (const entry of await opendir(this.incomingFolder)) {
      if (!entry.isFile()) continue;
      const facts = await findFacts(join(this.incomingFolder, entry.name));
      if (facts && facts.changedAt < olderThan) yield entry.name;
    }
  }

  async open(key: string, range?: ByteRange): Promise<StoredBytes | null> {
    return this.found(await openFile(this.toPath(key), range));
  }

  async stat(key: string): Promise<{ sizeBytes: number } | null> {
    const facts = await this.found(await findFacts(this.toPath(key)));
    return facts && { sizeBytes: facts.sizeBytes };
  }

  async delete(key: string): Promise<void> {
    await this.remove(this.toPath(key));
  }

  override async list(after: string | null, limit: number): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const key of walk(this.folder, '', after)) {
      const facts = await findFacts(join(this.folder, key));
      if (facts) found.push({ key, ...facts });
      if (found.length >= limit) return found;
    }
    // The end of a folder that went away is no end.
    await this.assertThere();
    return found;
  }

  async ping(): Promise<void> {
    // A file is written, because a full disk or one that turned read-only still lets folders be read.
    const path = join(this.incomingFolder, `ping-${randomUUID()}`);
    try {
      await fill(await open(path, 'w', FILE_MODE), path, [Buffer.from('ping')]);
    } finally {
      await rm(path, { force: true });
    }
  }

  private async remove(path: string): Promise<void> {
    await this.found(await orNull(unlink(path).then(() => true)));
  }

  /** What is not there, though the folder is. */
  private async found<T>(result: T | null): Promise<T | null> {
    if (result === null) await this.assertThere();
    return result;
  }

  private async orAway<T>(opening: Promise<T>): Promise<T> {
    return (await this.found(await orNull(opening))) ?? opening;
  }

  /** `prepare` has made it, so only a folder that is away is without it. */
  private async assertThere(): Promise<void> {
    if (await findFacts(this.incomingFolder)) return;
    throw new DomainError(
      'service.unavailable',
      'The store of pictures does not answer. Try again in a few seconds.',
      {
        retryAfterS: RETRY_AFTER_S,
        cause: new Error(`${this.incomingFolder} is not there: is MEDIA_DIR mounted?`),
      },
    );
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

/** Nothing stays of what does not come whole. */
async function fill(
  handle: FileHandle,
  path: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
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

/** Paths of files after that one, in the order of their bytes; folders that lie wholly before it are not read. */
async function* walk(root: string, path: string, after: string | null): AsyncGenerator<string> {
  const reading = readdir(join(root, path), { withFileTypes: true });
  // Folders of others, such as lost+found; pictures in one of ours are asked for by their names, and that fails.
  const entries = (await orNull(path === '' ? reading : orClosed(reading))) ?? [];
  const names = entries
    .filter(({ name }) => path !== '' || name !== INCOMING)
    .map((entry) => ({
      isFolder: entry.isDirectory(),
      path: entry.isDirectory() ? `${path}${entry.name}/` : `${path}${entry.name}`,
    }))
    .toSorted((one, other) => compareBytes(one.path, other.path));
  for (const name of names) {
    const isWithin = name.isFolder && after?.startsWith(name.path);
    if (after !== null && compareBytes(name.path, after) <= 0 && !isWithin) continue;
    if (name.isFolder) yield* walk(root, name.path, after);
    else yield name.path;
  }
}

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
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
function orNull<T>(work: Promise<T>): Promise<T | null> {
  return unless('ENOENT', work);
}

/** Null when there is such a file already. */
function orTaken<T>(work: Promise<T>): Promise<T | null> {
  return unless('EEXIST', work);
}

/** Null when this process may not look into it. */
function orClosed<T>(work: Promise<T>): Promise<T | null> {
  return unless('EACCES', work);
}

async function unless<T>(code: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return null;
    throw error;
  }
}

import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { assert } from '../../common/assert.js';
import { isId } from '../../common/ids.js';
import type { ReleasedBlob } from '../domain/media-asset.js';
import type { PictureBytes } from './served-picture.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const SHA256_FORM = /^[0-9a-f]{64}$/;
const NAME_FORM = /^[0-9a-f]{64}$/;
const DRAFT_FORM = /^draft-/;
/** A draft this old is what a crash left. */
const DRAFT_MAX_MS = 10 * 60_000;
/** An access is noted no more often than this. */
const NOTED_EVERY_MS = 60_000;
/** What a file takes at least, so that their number is bounded too. */
const BLOCK_BYTES = 4_096;

/** A file of the cache, as the trim sees it. */
export interface DerivedFile {
  path: string;
  sizeBytes: number;
  usedAtMs: number;
}

/**
 * Made pictures as files: `<space>/<sha256 of the source>/<name>`, so that all that was made of a picture goes with
 * one folder. Several processes may share it: a file comes whole by a rename and is never changed; its time of change
 * says when it was last used.
 */
export class DerivedFiles {
  constructor(private readonly folder: string) {}

  async open(source: ReleasedBlob, name: string, nowMs: number): Promise<PictureBytes | null> {
    const path = this.toPath(source, name);
    const facts = await orNull(stat(path));
    if (!facts) return null;
    if (nowMs - facts.mtimeMs > NOTED_EVERY_MS) {
      const now = new Date(nowMs);
      await orNull(utimes(path, now, now));
    }
    return {
      sizeBytes: facts.size,
      open: async (range) =>
        (await open(path, 'r')).createReadStream({ ...range, autoClose: true }),
    };
  }

  /** @returns what it takes of the cache */
  async write(source: ReleasedBlob, name: string, bytes: Uint8Array): Promise<number> {
    const path = this.toPath(source, name);
    const draft = join(this.folder, `draft-${randomUUID()}`);
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    try {
      await writeFile(draft, bytes, { mode: FILE_MODE });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return toTaken(bytes.byteLength);
  }

  /** Everything that was made of a picture. */
  async forget(source: ReleasedBlob): Promise<void> {
    await rm(this.toFolder(source), { recursive: true, force: true });
  }

  /** The pictures that something is kept of. */
  async *listSources(): AsyncGenerator<ReleasedBlob> {
    for await (const searchSpaceId of list(this.folder)) {
      if (!isId(searchSpaceId)) continue;
      for await (const sha256 of list(join(this.folder, searchSpaceId))) {
        if (SHA256_FORM.test(sha256)) yield { searchSpaceId, sha256 };
      }
    }
  }

  async *listFiles(): AsyncGenerator<DerivedFile> {
    for await (const source of this.listSources()) {
      const folder = this.toFolder(source);
      for await (const name of list(folder)) {
        const path = join(folder, name);
        const facts = await orNull(stat(path));
        if (facts?.isFile()) {
          yield { path, sizeBytes: toTaken(facts.size), usedAtMs: facts.mtimeMs };
        }
      }
    }
  }

  /** @param path as `listFiles` gave it */
  async drop(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /** What crashes left. */
  async dropDrafts(nowMs: number): Promise<void> {
    for await (const name of list(this.folder)) {
      if (!DRAFT_FORM.test(name)) continue;
      const path = join(this.folder, name);
      const facts = await orNull(stat(path));
      if (facts && nowMs - facts.mtimeMs > DRAFT_MAX_MS) await rm(path, { force: true });
    }
  }

  private toFolder({ searchSpaceId, sha256 }: ReleasedBlob): string {
    assert(isId(searchSpaceId) && SHA256_FORM.test(sha256), 'not the identity of a blob');
    return join(this.folder, searchSpaceId.toLowerCase(), sha256);
  }

  private toPath(source: ReleasedBlob, name: string): string {
    assert(NAME_FORM.test(name), 'not the name of a made picture');
    return join(this.toFolder(source), name);
  }
}

/** What was made and could not be kept. */
export function toPictureBytes(bytes: Buffer): PictureBytes {
  return {
    sizeBytes: bytes.length,
    open: async (range) =>
      Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], {
        objectMode: false,
      }),
  };
}

function toTaken(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

async function* list(folder: string): AsyncGenerator<string> {
  const entries = await orNull(opendir(folder));
  if (!entries) return;
  for await (const { name } of entries) yield name;
}

/** Null when it is not there (any more). */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import type { EntityManager } from 'typeorm';
import { UnnamedBytes } from '../domain/media-inventory.port.js';
import { parseStorageKey } from '../domain/storage-key.js';

/** A row that nothing uses: the key of the table makes every other writer of the same bytes wait. */
const ADD = `
  INSERT INTO media_blobs (search_space_id, sha256, format, storage_key, size_bytes, refs, created_at)
  VALUES ($1, $2, $3, $4, $5, 0, now())
  ON CONFLICT (search_space_id, sha256) DO NOTHING RETURNING storage_key`;

const LOCK = `
  SELECT storage_key FROM media_blobs WHERE search_space_id = $1 AND sha256 = $2 FOR UPDATE`;

const DROP = `
  DELETE FROM media_blobs
   WHERE search_space_id = $1 AND sha256 = $2 AND storage_key = $3 AND refs = 0`;

export class TypeormUnnamedBytes extends UnnamedBytes {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(storageKey: string, sizeBytes: number): Promise<boolean> {
    const { searchSpaceId, sha256, format } = parseStorageKey(storageKey);
    const added = await this.manager.query<object[]>(ADD, [
      searchSpaceId,
      sha256,
      format,
      storageKey,
      Math.max(1, sizeBytes),
    ]);
    if (added.length > 0) return true;
    const [row] = await this.manager.query<{ storage_key: string }[]>(LOCK, [
      searchSpaceId,
      sha256,
    ]);
    // The same bytes under the name of another format are named by nobody all the same.
    return row !== undefined && row.storage_key !== storageKey;
  }

  async unlock(storageKey: string): Promise<void> {
    const { searchSpaceId, sha256 } = parseStorageKey(storageKey);
    await this.manager.query(DROP, [searchSpaceId, sha256, storageKey]);
  }
}

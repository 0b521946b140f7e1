import { Injectable } from '@nestjs/common';
import { UnitOfWork, type WorkScope } from '../../persistence/unit-of-work.port.js';
import type { ReleasedBlob } from '../domain/media-asset.js';
import { MediaInventory, type NamedBlob, UnnamedBytes } from '../domain/media-inventory.port.js';
import { MediaStorage, type StoredObject } from '../domain/media-storage.strategy.js';
import { isStorageKey, parseStorageKey } from '../domain/storage-key.js';
import { MediaRecovery } from '../media-recovery.js';

/** Pictures with the same bytes whose incoming names are looked at when the bytes are gone. */
const USERS_MAX = 20;

/** What became of bytes that no row seemed to name. */
export type RemovalResult = 'removed' | 'named' | 'kept';

/** What the store holds beside what rows say it holds, and what can be done where the two differ. */
@Injectable()
export class MediaInventoryService {
  constructor(
    private readonly storage: MediaStorage,
    private readonly inventory: MediaInventory,
    private readonly recovery: MediaRecovery,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Stored objects after that key, in order, foreign ones too; none that comes in or waits to be taken in. */
  listObjects(after: string | null, limit: number): Promise<StoredObject[]> {
    return this.storage.list(after, limit);
  }

  /** Named bytes after those, in the order of their keys. */
  listBlobs(after: ReleasedBlob | null, limit: number): Promise<NamedBlob[]> {
    return this.inventory.listBlobs(after, limit);
  }

  /** Whether this program could have made an object of that name. */
  isOwn(key: string): boolean {
    return isStorageKey(key);
  }

  /** Size of what is stored there now; null = nothing is. */
  async findSize(key: string): Promise<number | null> {
    return (await this.storage.stat(key))?.sizeBytes ?? null;
  }

  /** Whether rows still name the bytes at that key, and something uses them. */
  async isUsed(key: string): Promise<boolean> {
    const blob = await this.inventory.findBlob(parseStorageKey(key));
    return blob !== null && blob.storageKey === key && blob.refs > 0;
  }

  /**
   * Deletes bytes that no row names, while nobody can come to name them. May be repeated.
   * @param mayGo asked inside the transaction; false keeps them
   */
  async removeUnnamed(
    key: string,
    sizeBytes: number,
    mayGo: (scope: WorkScope, searchSpaceId: string) => Promise<boolean>,
  ): Promise<RemovalResult> {
    const { searchSpaceId } = parseStorageKey(key);
    return this.unitOfWork.run(async (scope) => {
      if (!(await mayGo(scope, searchSpaceId))) return 'kept';
      const bytes = scope.get(UnnamedBytes);
      if (!(await bytes.lock(key, sizeBytes))) return 'named';
      await this.storage.delete(key);
      await bytes.unlock(key);
      return 'removed';
    });
  }

  /** Looks for lost bytes where a crash may have left them, and brings them back. False = they are nowhere. */
  async heal(key: string): Promise<boolean> {
    for (const asset of await this.inventory.listAssets(parseStorageKey(key), USERS_MAX)) {
      if (await this.recovery.secure(asset)) return true;
    }
    return false;
  }
}

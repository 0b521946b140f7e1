import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { AppConfig } from '../config/app-config.js';
import { CacheEpoch, CacheEpochMark } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { OutboxSignal } from '../persistence/outbox.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { CollectionSum, StorageStats } from './domain/storage-stats.js';
import { StorageQuotas, StorageStatsStore } from './domain/storage-stats.store.port.js';

const SPACES_CACHED_MAX = 10_000;
/** What was used is believed for so long: a space may go over its quota by what it stores meanwhile. */
const USED_TTL_MS = 5_000;

export interface StatsView extends StorageStats {
  /** Null = no bound. */
  maxBytes: number | null;
}

/** What spaces store, how much they may, and that those that are full make nothing more. */
@Injectable()
export class StorageQuotasService {
  private readonly quotas: EpochCache<number | null>;
  private readonly used = new Map<string, { bytes: number; untilMs: number }>();

  constructor(
    epoch: CacheEpoch,
    private readonly config: AppConfig,
    private readonly store: StorageStatsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly outbox: OutboxSignal,
  ) {
    this.quotas = new EpochCache(epoch, { entriesMax: SPACES_CACHED_MAX });
  }

  async findStats(searchSpaceId: string): Promise<StatsView> {
    const maxBytes = await this.findQuota(searchSpaceId);
    return { ...(await this.store.find(searchSpaceId)), maxBytes };
  }

  /** One more than the limit when there are more. */
  listCollections(searchSpaceId: string, page: PageRequest): Promise<CollectionSum[]> {
    return this.store.listCollections(searchSpaceId, page);
  }

  /** Of spaces that store something; one more than the limit when there are more. */
  async list(page: PageRequest): Promise<StatsView[]> {
    const views: StatsView[] = [];
    for (const id of await this.store.listSpaces(page)) views.push(await this.findStats(id));
    return views;
  }

  /**
   * Adds up what has changed since, and tells of spaces that came near their quota.
   * @returns how many changes that were
   */
  async fold(limit: number): Promise<number> {
    const { folded, told } = await this.store.fold(limit, this.config.retention.quotaBytes);
    if (told > 0) this.outbox.nudge();
    return folded;
  }

  /** @param maxBytes null = the house's from now on. @throws DomainError `request.not_found` */
  async set(caller: Caller, searchSpaceId: string, maxBytes: number | null): Promise<StatsView> {
    if (!isId(searchSpaceId)) throw DomainError.notFound('search space');
    await this.unitOfWork.run(async (scope) => {
      const quotas = scope.get(StorageQuotas);
      const now = this.clock.now();
      const before = await quotas.set(searchSpaceId, maxBytes, caller.userId, now);
      if (before === undefined) throw DomainError.notFound('search space');
      await scope.get(AuditTrail).record({
        action: 'storage_quota.updated',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: { max_bytes: before },
        after: { max_bytes: maxBytes },
      });
      await scope.get(CacheEpochMark).bump();
    });
    await this.watch([searchSpaceId]);
    return { ...(await this.store.find(searchSpaceId)), maxBytes: this.orHouse(maxBytes) };
  }

  /**
   * Costs no question where no quota is set, and one in five seconds where one is. What runs already is kept whatever
   * it comes to.
   * @throws DomainError `storage.quota_exceeded`
   */
  async assertNotFull(searchSpaceId: string): Promise<void> {
    const maxBytes = await this.findQuota(searchSpaceId);
    if (maxBytes === null) return;
    const usedBytes = await this.findUsed(searchSpaceId);
    if (usedBytes >= maxBytes) throw storageFull(usedBytes, maxBytes);
  }

  /**
   * The same for what comes with its size, and asked anew each time.
   * @returns whether there is a quota
   * @throws DomainError `storage.quota_exceeded`
   */
  async assertRoom(searchSpaceId: string, moreBytes: number): Promise<boolean> {
    const maxBytes = await this.findQuota(searchSpaceId);
    if (maxBytes === null) return false;
    this.used.delete(searchSpaceId);
    const usedBytes = await this.findUsed(searchSpaceId);
    if (usedBytes >= maxBytes || usedBytes + moreBytes > maxBytes) {
      throw storageFull(usedBytes, maxBytes);
    }
    return true;
  }

  private async watch(searchSpaceIds: readonly string[]): Promise<void> {
    const told = await this.store.watch(searchSpaceIds, this.config.retention.quotaBytes);
    if (told > 0) this.outbox.nudge();
  }

  private async findQuota(searchSpaceId: string): Promise<number | null> {
    const load = () => this.store.findQuota(searchSpaceId);
    return this.orHouse(await this.quotas.get(searchSpaceId, load));
  }

  private orHouse(maxBytes: number | null): number | null {
    return maxBytes ?? this.config.retention.quotaBytes;
  }

  private async findUsed(searchSpaceId: string): Promise<number> {
    const known = this.used.get(searchSpaceId);
    if (known && known.untilMs > performance.now()) return known.bytes;
    if (this.used.size >= SPACES_CACHED_MAX) this.used.clear();
    const bytes = await this.store.findUsedBytes(searchSpaceId);
    this.used.set(searchSpaceId, { bytes, untilMs: performance.now() + USED_TTL_MS });
    return bytes;
  }
}

function storageFull(usedBytes: number, maxBytes: number): DomainError {
  return new DomainError(
    'storage.quota_exceeded',
    'The storage of this search space is full, or has no room for so much. Delete pictures (POST /api/v1/storage/cleanup shows what would go), or ' +
      'ask an operator for more.',
    { details: { used_bytes: usedBytes, max_bytes: maxBytes } },
  );
}

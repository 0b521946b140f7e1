import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { RemoveGenerationsService } from '../generations/remove-generations.service.js';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import { MediaService } from '../media/media.service.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { HeldRows } from './domain/held-rows.port.js';
import { RetentionStore } from './domain/retention.store.port.js';
import { type RetentionRule, toHousePolicy, toRules } from './domain/retention-policy.js';

const MS_PER_DAY = 24 * 60 * 60_000;
const SPACES_MAX = 100;
/** What one transaction removes. */
const BATCH_MAX = 50;
/** Batches of one rule in one round; the rest is the next round's, after the other spaces. */
const BATCHES_MAX = 20;

/** Deletes what is past its time, space by space, in small transactions of their own. May be repeated. */
@Injectable()
export class ApplyRetentionService {
  private readonly logger = new Logger(ApplyRetentionService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly store: RetentionStore,
    private readonly removals: RemoveGenerationsService,
    private readonly media: MediaService,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Asks before each batch whether it may go on. @returns false when something is left that could go now. */
  async apply(goesOn: () => Promise<boolean>): Promise<boolean> {
    const house = this.config.retention;
    const ownOnly = house.defaultDays === null && house.maxDays === null;
    let isDone = true;
    for (let after: string | null = null; ;) {
      const spaces = await this.store.listSpaces(after, SPACES_MAX, ownOnly);
      for (const { searchSpaceId, policy } of spaces) {
        for (const rule of toRules(policy ?? toHousePolicy(house), house)) {
          isDone = (await this.applyRule(searchSpaceId, rule, goesOn)) && isDone;
        }
      }
      if (spaces.length < SPACES_MAX) return isDone;
      after = spaces.at(-1)?.searchSpaceId ?? null;
    }
  }

  /** True when nothing is left of it. A fault leaves the rest to the next round, and the other spaces their turn. */
  private async applyRule(
    searchSpaceId: string,
    rule: RetentionRule,
    goesOn: () => Promise<boolean>,
  ): Promise<boolean> {
    const madeBefore = new Date(this.clock.now().getTime() - rule.days * MS_PER_DAY);
    let after: string | null = null;
    try {
      for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
        if (!(await goesOn())) return false;
        const { store } = this;
        const ids: string[] = await store.listExpired(
          searchSpaceId,
          rule,
          madeBefore,
          after,
          BATCH_MAX,
        );
        if (ids.length > 0) await this.remove(searchSpaceId, rule, ids);
        if (ids.length < BATCH_MAX) return true;
        after = ids.at(-1) ?? null;
      }
      return false;
    } catch (error) {
      this.logger.warn(`${rule.what} of space ${searchSpaceId} stay for now: ${String(error)}`);
      return true;
    }
  }

  private async remove(searchSpaceId: string, rule: RetentionRule, ids: string[]): Promise<void> {
    const isOfPictures = rule.what === 'inputs' || rule.what === 'uploads';
    const released = await this.unitOfWork.run(async (scope) => {
      const held = scope.get(HeldRows);
      const free = isOfPictures
        ? await held.lockFreeAssets(ids)
        : await held.lockFreeGenerations(ids);
      if (free.length === 0) return [];
      const blobs = isOfPictures
        ? await scope.get(MediaReleases).releaseAssets(free)
        : (await this.removals.removeIn(scope, free)).released;
      await scope.get(AuditTrail).record({
        action: 'retention.applied',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: { what: rule.what, ids: free },
        after: { older_than_days: rule.days },
      });
      return blobs;
    });
    await this.media.purge(released);
  }
}

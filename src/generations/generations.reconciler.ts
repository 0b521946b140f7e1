import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HoldsService } from '../billing/holds.service.js';
import { Rounds } from '../common/rounds.js';
import { AppConfig } from '../config/app-config.js';
import { MediaService } from '../media/media.service.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import { RecoverRunsService } from './recover-runs.service.js';
import { StartRunService } from './start-run.service.js';

const MS_PER_S = 1_000;
/** Most rows of each kind that one round takes; the next round goes on. */
const ROUND_MAX = 200;
/** A wake-up that has not worked by then is taken for lost. */
const WAKE_UP_LOST_AFTER_S = 5;

/**
 * Looks for what a crash left behind: runs whose lease has lapsed, wake-ups that were lost, holds that
 * nobody concluded. What was sent to a vendor is never sent again.
 */
@Injectable()
export class GenerationsReconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(GenerationsReconciler.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));
  private isFirstRound = true;

  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly recovery: RecoverRunsService,
    private readonly holds: HoldsService,
    private readonly starts: StartRunService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.role === 'api') return;
    await this.attempt('runs of the process before', () => this.recovery.lapseForeign());
    const everyMs = this.config.generations.reconcileEveryS * MS_PER_S;
    // A round that takes longer than the time between two is not followed by all that it held up.
    const round = this.rounds.of('nothing could be reconciled', () => this.reconcile());
    round.every(everyMs);
    void round.begin();
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** A failing part does not keep the others from their work. */
  async reconcile(): Promise<void> {
    await this.attempt('lapsed runs', () => this.recovery.recoverLapsed(ROUND_MAX));
    await this.attempt('lost wake-ups', () => this.wakeQueued());
    await this.attempt('abandoned holds', () => this.expireHolds());
    await this.attempt('expired keys', () => this.repository.purgeExpiredKeys(ROUND_MAX));
    await this.attempt('incoming pictures', () => this.media.sweepIncoming());
  }

  /** Whatever waits when this process starts may have lost its wake-up with the process before. */
  private async wakeQueued(): Promise<void> {
    const olderThanS = this.isFirstRound ? 0 : WAKE_UP_LOST_AFTER_S;
    for (const id of await this.repository.listQueued(olderThanS, ROUND_MAX)) {
      // A queue that is away answers late: one such wait holds up the rest of the round long enough.
      if (!(await this.starts.enqueue(id))) return;
    }
    this.isFirstRound = false;
  }

  private async expireHolds(): Promise<void> {
    const ids = await this.repository.listAbandonedHolds(ROUND_MAX);
    if (ids.length > 0) await this.holds.expire(ids);
  }

  private async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${what} could not be reconciled: ${String(error)}`);
    }
  }
}

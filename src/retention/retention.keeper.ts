import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { newId } from '../common/ids.js';
import { Rounds } from '../common/rounds.js';
import { ApplyRetentionService } from './apply-retention.service.js';
import { RunCleanupsService } from './run-cleanups.service.js';
import { RetentionStore } from './domain/retention.store.port.js';
import { StorageQuotasService } from './storage-quotas.service.js';

const LOOK_EVERY_MS = 2_000;
/** A process that is gone has its turn for so long at most; one that works says so before each batch. */
const LEASE_S = 120;
/** Changes of storage that one statement adds up. */
const FOLD_MAX = 5_000;

/** Deletes what is past its time and what was asked to be cleared, in one process at a time. */
@Injectable()
export class RetentionKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionKeeper.name);
  private readonly owner = newId();
  private readonly rounds = new Rounds((message) => this.logger.warn(message));
  private readonly round = this.rounds.of('what is past its time stays for now', () => this.work());

  constructor(
    private readonly config: AppConfig,
    private readonly store: RetentionStore,
    private readonly retention: ApplyRetentionService,
    private readonly cleanups: RunCleanupsService,
    private readonly sums: StorageQuotasService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.round.every(LOOK_EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round after that which is under way. */
  keep(): Promise<void> {
    return this.round.again();
  }

  /** A round of retention only when it is this process's turn. A crash leaves the rest to the next one. */
  private async work(): Promise<void> {
    const { signal } = this.rounds;
    while ((await this.sums.fold(FOLD_MAX)) === FOLD_MAX && !signal.aborted);
    await this.cleanups.work(signal);
    if (!(await this.store.takeTurn(this.owner, LEASE_S))) return;
    const goesOn = () =>
      signal.aborted ? Promise.resolve(false) : this.store.takeTurn(this.owner, LEASE_S);
    const isDone = await this.retention.apply(goesOn);
    // A round that left something, or was stopped, is gone on with at the next look.
    await this.store.endTurn(this.owner, isDone ? this.config.retention.everyS : 0);
  }
}

import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { newId } from '../common/ids.js';
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
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly store: RetentionStore,
    private readonly retention: ApplyRetentionService,
    private readonly cleanups: RunCleanupsService,
    private readonly sums: StorageQuotasService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => void this.begin(), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stopping.abort();
    await this.round;
  }

  /** One round after that which is under way. */
  async keep(): Promise<void> {
    while (this.round) await this.round;
    await this.begin();
  }

  /** A round of retention only when it is this process's turn. A crash leaves the rest to the next one. */
  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while ((await this.sums.fold(FOLD_MAX)) === FOLD_MAX && !signal.aborted);
    await this.cleanups.work(signal);
    if (!(await this.store.takeTurn(this.owner, LEASE_S))) return;
    const goesOn = () =>
      signal.aborted ? Promise.resolve(false) : this.store.takeTurn(this.owner, LEASE_S);
    const isDone = await this.retention.apply(goesOn);
    // A round that left something, or was stopped, is gone on with at the next look.
    await this.store.endTurn(this.owner, isDone ? this.config.retention.everyS : 0);
  }

  private begin(): Promise<void> {
    this.round ??= this.work()
      .catch((error: unknown) => {
        this.logger.warn(`what is past its time stays for now: ${String(error)}`);
      })
      .finally(() => {
        this.round = null;
      });
    return this.round;
  }
}

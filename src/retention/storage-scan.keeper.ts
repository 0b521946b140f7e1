import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { GRACE_H } from './domain/storage-scan.js';
import { StorageScansStore } from './domain/storage-scans.store.port.js';
import { RunStorageScansService } from './run-storage-scans.service.js';

const LOOK_EVERY_MS = 5_000;
const MS_PER_H = 60 * 60_000;
const MS_PER_DAY = 24 * MS_PER_H;
const KEPT_S = 30 * 24 * 60 * 60;
const FORGET_MAX = 10;

/** Begins the nightly scan of the store, and goes through whichever scan is under way. */
@Injectable()
export class StorageScanKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StorageScanKeeper.name);
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly store: StorageScansStore,
    private readonly scans: RunStorageScansService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => void this.begin(), LOOK_EVERY_MS).unref();
  }

  /** Waits for the step that is under way; whoever looks next goes on behind it. */
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

  private async work(): Promise<void> {
    const { scanAtH } = this.config.retention;
    if (scanAtH !== null) {
      const now = this.clock.now();
      const graceBefore = new Date(now.getTime() - GRACE_H * MS_PER_H);
      await this.store.beginRound(newId(), graceBefore, now, toNext(now, scanAtH));
    }
    await this.scans.work(this.stopping.signal);
    await this.store.forget(KEPT_S, FORGET_MAX);
  }

  private begin(): Promise<void> {
    this.round ??= this.work()
      .catch((error: unknown) => {
        this.logger.warn(`the store is not looked through for now: ${String(error)}`);
      })
      .finally(() => {
        this.round = null;
      });
    return this.round;
  }
}

/** The next time that hour begins, in UTC. */
function toNext(now: Date, atH: number): Date {
  const today = Math.floor(now.getTime() / MS_PER_DAY) * MS_PER_DAY + atH * MS_PER_H;
  return new Date(today > now.getTime() ? today : today + MS_PER_DAY);
}

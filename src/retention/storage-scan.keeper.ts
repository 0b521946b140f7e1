import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { Rounds } from '../common/rounds.js';
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
  private readonly rounds = new Rounds((message) => this.logger.warn(message));
  private readonly round = this.rounds.of('the store is not looked through for now', () =>
    this.work(),
  );

  constructor(
    private readonly config: AppConfig,
    private readonly store: StorageScansStore,
    private readonly scans: RunStorageScansService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.round.every(LOOK_EVERY_MS);
  }

  /** Waits for the step that is under way; whoever looks next goes on behind it. */
  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round after that which is under way. */
  keep(): Promise<void> {
    return this.round.again();
  }

  private async work(): Promise<void> {
    const { scanAtH } = this.config.retention;
    if (scanAtH !== null) {
      const now = this.clock.now();
      const graceBefore = new Date(now.getTime() - GRACE_H * MS_PER_H);
      await this.store.beginRound(newId(), graceBefore, now, toNext(now, scanAtH));
    }
    await this.scans.work(this.rounds.signal);
    await this.store.forget(KEPT_S, FORGET_MAX);
  }
}

/** The next time that hour begins, in UTC. */
function toNext(now: Date, atH: number): Date {
  const today = Math.floor(now.getTime() / MS_PER_DAY) * MS_PER_DAY + atH * MS_PER_H;
  return new Date(today > now.getTime() ? today : today + MS_PER_DAY);
}

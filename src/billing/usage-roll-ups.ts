import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { findSqlState } from '../persistence/sql-error.js';
import { UsageRollUpStore } from './domain/usage-roll-up.store.port.js';

const EVERY_MS = 1_000;
/** Rows added in one transaction: short enough for the embedded engine, which does nothing else meanwhile. */
const ROWS_MAX = 4_096;
/** Transactions of one turn of the worker; the next turn goes on. */
const TURN_ROUNDS_MAX = 50;
/** A reader does not work through a backlog. */
const FLUSH_ROUNDS_MAX = 8;
const LOCK_NOT_AVAILABLE = '55P03';
/** A turn a second would fill the log while the database is away. */
const WARN_EVERY_MS = 60_000;

/** Adds usage rows to the sums that reports read, each once, however many processes do it and wherever they end. */
@Injectable()
export class UsageRollUps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UsageRollUps.name);
  private timer: NodeJS.Timeout | null = null;
  private turn: Promise<void> | null = null;
  private isStopping = false;
  private warnedAtMs = -WARN_EVERY_MS;

  constructor(
    private readonly store: UsageRollUpStore,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => this.begin(), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    if (this.timer) clearInterval(this.timer);
    await this.turn;
  }

  /**
   * Adds what waits, so that a caller finds their last call in the sums.
   * @returns whether all of it is in; false = a backlog is being worked off, and the sums lag behind it
   */
  async flush(): Promise<boolean> {
    try {
      for (let round = 0; round < FLUSH_ROUNDS_MAX; round += 1) {
        if ((await this.store.add(ROWS_MAX, true)) < ROWS_MAX) return true;
      }
    } catch (error) {
      if (findSqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    }
    return false;
  }

  /** One turn at a time. */
  private begin(): void {
    this.turn ??= this.addWaiting()
      .catch((error: unknown) => this.warn(error))
      .finally(() => {
        this.turn = null;
      });
  }

  private warn(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    this.warnedAtMs = nowMs;
    this.logger.warn(`usage was not rolled up, each second it is tried again: ${String(error)}`);
  }

  private async addWaiting(): Promise<void> {
    for (let round = 0; round < TURN_ROUNDS_MAX && !this.isStopping; round += 1) {
      if ((await this.store.add(ROWS_MAX, false)) < ROWS_MAX) return;
    }
  }
}

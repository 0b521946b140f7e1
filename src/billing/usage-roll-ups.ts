import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Rounds } from '../common/rounds.js';
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

/** Adds usage rows to the sums that reports read, each once, however many processes do it and wherever they end. */
@Injectable()
export class UsageRollUps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UsageRollUps.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly store: UsageRollUpStore,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.rounds
      .of('usage was not rolled up, each second it is tried again', () => this.addWaiting())
      .every(EVERY_MS);
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
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

  private async addWaiting(): Promise<void> {
    for (let round = 0; round < TURN_ROUNDS_MAX && !this.rounds.signal.aborted; round += 1) {
      if ((await this.store.add(ROWS_MAX, false)) < ROWS_MAX) return;
    }
  }
}

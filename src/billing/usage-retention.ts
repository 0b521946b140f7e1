import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { UsageUpkeep } from './domain/usage-upkeep.port.js';

const MONTHS_MAX = 24;
/** A month that writers do not make way for is tried so often; then again in an hour. */
const DROP_ATTEMPTS_MAX = 10;
const DROP_PAUSE_MS = 500;
const DELETE_BATCH = 5_000;
const DELETE_BATCHES_MAX = 200;
/** A month is dropped whole, so its rows may be this much older than they have to be. */
const MONTH_DAYS_MAX = 31;

/** Lets go of usage that is older than it is kept for. Safe in many processes at once, and beside writers. */
@Injectable()
export class UsageRetention {
  private readonly logger = new Logger(UsageRetention.name);

  constructor(
    private readonly upkeep: UsageUpkeep,
    private readonly config: AppConfig,
  ) {}

  /** One round, until the signal. Never throws: what failed is tried in the next one. */
  async apply(signal?: AbortSignal): Promise<void> {
    const { rowsDays, dailyDays } = this.config.usage;
    const keysDays = Math.max(this.config.usage.keysDays, rowsDays + MONTH_DAYS_MAX);
    await this.attempt('months of usage', () => this.dropMonths(rowsDays, signal));
    await this.attempt('unplaced usage', () =>
      deleteAll(signal, (limit) => this.upkeep.deleteUnplaced(rowsDays, limit)),
    );
    await this.attempt('usage keys', () =>
      deleteAll(signal, (limit) => this.upkeep.deleteKeys(keysDays, limit)),
    );
    await this.attempt('daily usage', () =>
      deleteAll(signal, (limit) => this.upkeep.deleteDays(dailyDays, limit)),
    );
  }

  private async dropMonths(olderThanDays: number, signal?: AbortSignal): Promise<void> {
    for (let months = 0, attempts = 0; months < MONTHS_MAX && attempts < DROP_ATTEMPTS_MAX;) {
      if (signal?.aborted) return;
      const outcome = await this.upkeep.dropMonth(olderThanDays);
      if (outcome === 'none') return;
      if (outcome === 'dropped') {
        months += 1;
        continue;
      }
      attempts += 1;
      await delay(DROP_PAUSE_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${what} could not be cleared: ${String(error)}`);
    }
  }
}

async function deleteAll(
  signal: AbortSignal | undefined,
  deleteSome: (limit: number) => Promise<number>,
): Promise<void> {
  for (let batches = 0; batches < DELETE_BATCHES_MAX; batches += 1) {
    if (signal?.aborted) return;
    if ((await deleteSome(DELETE_BATCH)) === 0) return;
  }
}

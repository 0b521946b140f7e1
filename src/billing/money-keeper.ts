import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';

const MONTHS_AHEAD = 2;
const EVERY_MS = 24 * 60 * 60_000;
const DIFFERENCES_SHOWN_MAX = 20;

/** Once a day: the months that usage will need, and whether every balance is still the sum of its entries. */
@Injectable()
export class MoneyKeeper implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(MoneyKeeper.name);
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly upkeep: MoneyUpkeep,
    private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.makeMonths();
    this.timer = setInterval(() => void this.keep(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** The daily work. Never throws: what failed today is tried tomorrow, and there are two months of room. */
  async keep(): Promise<void> {
    await this.makeMonths();
    if (this.config.role === 'api') return;
    try {
      await this.audit();
    } catch (error) {
      this.logger.error(`the balances could not be audited: ${String(error)}`);
    }
  }

  /** Says where the books are wrong; true when nowhere. */
  async audit(): Promise<boolean> {
    const differences = await this.upkeep.listDifferences(DIFFERENCES_SHOWN_MAX);
    for (const one of differences) {
      this.logger.error(
        `account ${one.accountId}: ${one.bucket} is ${one.balanceMicros}, its entries sum to ${one.entriesMicros}`,
      );
    }
    return differences.length === 0;
  }

  /**
   * Never throws, so that nothing keeps the service from starting: usage of a month that has no partition lies among
   * the unplaced, as that of a process whose clock is ahead does. A month of which rows lie there cannot be made
   * until they are moved.
   */
  private async makeMonths(): Promise<void> {
    try {
      await this.upkeep.makeUsagePartitions(MONTHS_AHEAD);
    } catch (error) {
      this.logger.error(`the next months have no partition for usage: ${String(error)}`);
    }
  }
}

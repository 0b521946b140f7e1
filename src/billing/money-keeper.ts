import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';

const MONTHS_AHEAD = 2;
const EVERY_MS = 24 * 60 * 60_000;

/** Once a day: the months that usage will need. */
@Injectable()
export class MoneyKeeper implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(MoneyKeeper.name);
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly upkeep: MoneyUpkeep) {}

  async onModuleInit(): Promise<void> {
    await this.makeMonths();
    this.timer = setInterval(() => void this.makeMonths(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /**
   * Tomorrow it is tried again, and there are two months of room. Never throws, so that nothing keeps the service
   * from starting: usage of a month that has no partition lies among the unplaced, as that of a process whose clock
   * is ahead does, and moves into the month when this is made.
   */
  private async makeMonths(): Promise<void> {
    try {
      await this.upkeep.makeUsagePartitions(MONTHS_AHEAD);
    } catch (error) {
      this.logger.error(`the next months have no partition for usage: ${String(error)}`);
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { LedgerBooks, type LedgerProof } from './domain/ledger-books.port.js';
import { MoneyUpkeep } from './domain/money-upkeep.port.js';
import { toDay, toNextDay } from './domain/statement.js';

const MS_PER_S = 1_000;
/** Late days summed again by one statement, and in how many at most. */
const LATE_DAYS_MAX = 100;
const LATE_ROUNDS_MAX = 100;
const DIFFERENCES_MAX = 100;
/** Ids of yesterday are still being made for a while. */
const DAY_RESTS_MS = 60 * 60_000;

/**
 * Proves that the books add up without adding up everything: days that have ended are summed once, and each proof adds
 * one closed month up anew, in turn.
 */
@Injectable()
export class LedgerProofsService {
  private readonly logger = new Logger(LedgerProofsService.name);
  private running: Promise<LedgerProof> | null = null;

  constructor(
    private readonly books: LedgerBooks,
    private readonly upkeep: MoneyUpkeep,
    private readonly metrics: MetricsService,
  ) {}

  /** Null = there was none yet. */
  findLatest(): Promise<LedgerProof | null> {
    return this.books.findLatestProof();
  }

  /** Proves now; who asks while one runs gets that one. Differences go to the log and the metrics too. */
  run(): Promise<LedgerProof> {
    this.running ??= this.prove(new Date()).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /**
   * Sums the days that have ended since the last time, and those in which something arrived late. One after the other,
   * so that a statement has a day to read and not all that an upgrade or a long rest left behind.
   */
  async sumDays(now: Date): Promise<void> {
    const until = toDay(new Date(now.getTime() - DAY_RESTS_MS));
    await this.books.markDays(until);
    for (let day = await this.books.findSummedDay(); day < until;) {
      day = toNextDay(day);
      await this.books.sumDays(day);
    }
    for (let round = 0; round < LATE_ROUNDS_MAX; round += 1) {
      if ((await this.books.sumLateDays(LATE_DAYS_MAX)) < LATE_DAYS_MAX) return;
    }
  }

  /** Puts a proof into the metrics, whoever made it. */
  show({ finishedAt, differences }: LedgerProof): void {
    this.metrics.ledgerDifferences.set(differences.length);
    this.metrics.ledgerProvedSeconds.set(Math.floor(finishedAt.getTime() / MS_PER_S));
  }

  private async prove(startedAt: Date): Promise<LedgerProof> {
    const previous = await this.books.findLatestProof();
    await this.sumDaysOrWarn(startedAt);
    const differences = await this.upkeep.listDifferences(DIFFERENCES_MAX);
    const monthChecked = await this.books.findMonthAfter(previous?.monthChecked ?? null);
    if (monthChecked !== null)
      differences.push(...(await this.books.listMonthDifferences(monthChecked, DIFFERENCES_MAX)));
    const proof = { id: newId(), startedAt, finishedAt: new Date(), monthChecked, differences };
    await this.books.addProof(proof);
    this.report(proof);
    return proof;
  }

  /** A proof does not need the sums, it only takes longer without. */
  private async sumDaysOrWarn(now: Date): Promise<void> {
    try {
      await this.sumDays(now);
    } catch (error) {
      this.logger.warn(`ended days could not be summed, tomorrow they are: ${String(error)}`);
    }
  }

  private report(proof: LedgerProof): void {
    this.show(proof);
    for (const one of proof.differences) {
      this.logger.error(
        `account ${one.accountId}: ${one.bucket} is ${one.balanceMicros}, its entries sum to ${one.entriesMicros}`,
      );
    }
  }
}

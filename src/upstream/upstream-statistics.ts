import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { addCounts } from './domain/latency-histogram.js';
import type { UpstreamCounts } from './domain/upstream-counts.js';
import { UpstreamStatisticsStore } from './upstream-statistics.store.port.js';
import { UpstreamTally } from './upstream-tally.js';

const WRITE_EVERY_MS = 5_000;
const CLEAR_EVERY_MS = 3_600_000;
/** Rows of one statement. */
const ROWS_MAX = 500;
/** What could not be written is kept for the next time, and no more than this. */
const KEPT_MAX = 8_000;
const DELETE_BATCH = 5_000;
const DELETE_BATCHES_MAX = 200;
const WARN_EVERY_MS = 60_000;
const FIVE_MINUTES_S = 300;
const DAY_S = 86_400;

/** Writes what was tallied to the database, outside the way of calls, and lets go of what is past its time. */
@Injectable()
export class UpstreamStatistics implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UpstreamStatistics.name);
  private timers: NodeJS.Timeout[] = [];
  private kept: UpstreamCounts[] = [];
  private writing: Promise<void> | null = null;
  private warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly config: AppConfig,
    private readonly tally: UpstreamTally,
    private readonly store: UpstreamStatisticsStore,
  ) {}

  onApplicationBootstrap(): void {
    this.timers = [setInterval(() => void this.flush(), WRITE_EVERY_MS).unref()];
    if (this.config.role === 'api') return;
    this.timers.push(setInterval(() => void this.clearOld(), CLEAR_EVERY_MS).unref());
  }

  async onModuleDestroy(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.flush();
  }

  /** Writes what this process has counted so far. Never throws. */
  async flush(): Promise<void> {
    await this.writing;
    this.writing ??= this.write().finally(() => (this.writing = null));
    await this.writing;
  }

  /** Never throws: what failed is tried again in an hour. */
  async clearOld(): Promise<void> {
    const { statisticsDays, dailyDays } = this.config.upstream;
    try {
      await this.deleteAll(FIVE_MINUTES_S, statisticsDays);
      await this.deleteAll(DAY_S, dailyDays);
    } catch (error) {
      this.warn('old figures of vendors could not be cleared', error);
    }
  }

  private async deleteAll(spanS: number, olderThanDays: number): Promise<void> {
    for (let batches = 0; batches < DELETE_BATCHES_MAX; batches += 1) {
      if ((await this.store.deleteOld(spanS, olderThanDays, DELETE_BATCH)) < DELETE_BATCH) return;
    }
  }

  private async write(): Promise<void> {
    const counts = [...this.kept, ...this.tally.take()];
    this.kept = [];
    for (let start = 0; start < counts.length; start += ROWS_MAX) {
      try {
        await this.store.add(mergeAlike(counts.slice(start, start + ROWS_MAX)));
      } catch (error) {
        this.kept = counts.slice(start).slice(-KEPT_MAX);
        this.warn('figures of vendors could not be written and are kept', error);
        return;
      }
    }
  }

  private warn(what: string, error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    this.warnedAtMs = nowMs;
    this.logger.warn(`${what}: ${String(error)}`);
  }
}

/** One statement may touch a row once: what was kept from before may be of the same span. */
function mergeAlike(counts: readonly UpstreamCounts[]): UpstreamCounts[] {
  const merged = new Map<string, UpstreamCounts>();
  for (const one of counts) {
    const key = `${one.spanS}\n${one.startsAt.getTime()}\n${one.connection}\n${one.model}`;
    const former = merged.get(key);
    merged.set(key, former ? mergeCounts(former, one) : one);
  }
  return [...merged.values()];
}

function mergeCounts(former: UpstreamCounts, later: UpstreamCounts): UpstreamCounts {
  return {
    ...later,
    outcomes: addCounts(former.outcomes, later.outcomes),
    latencies: addCounts(former.latencies, later.latencies),
    lastError: later.lastError ?? former.lastError,
    lastErrorAt: later.lastErrorAt ?? former.lastErrorAt,
  };
}

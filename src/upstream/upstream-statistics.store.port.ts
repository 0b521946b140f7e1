import type { UpstreamCounts } from './domain/upstream-counts.js';

export interface DaysFilter {
  /** The day it lies in is the first. */
  from: Date;
  /** Exclusive. */
  to: Date;
  provider?: string;
  model?: string;
  limit: number;
}

/** One provider's model on one day, all the house's connections together. */
export interface DayCounts {
  day: Date;
  provider: string;
  model: string;
  outcomes: readonly number[];
  latencies: readonly number[];
}

/** Figures of calls to vendors, over all processes. Port and injection token. */
export abstract class UpstreamStatisticsStore {
  /** Adds the counts to what is there, in one statement. Not to be repeated after a success. */
  abstract add(counts: readonly UpstreamCounts[]): Promise<void>;

  /** Of those connections, the five minutes since then; newest first, at most `limit`. */
  abstract listRecent(
    connections: readonly string[],
    since: Date,
    limit: number,
  ): Promise<UpstreamCounts[]>;

  /** Of the house's connections, by day, provider and model. */
  abstract listDays(filter: DaysFilter): Promise<DayCounts[]>;

  /** Deletes at most `limit` rows of the span that began longer ago; answers how many. */
  abstract deleteOld(spanS: number, olderThanDays: number, limit: number): Promise<number>;
}

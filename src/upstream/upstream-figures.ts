import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { classifyOutcome } from './classify-outcome.js';
import { type Averages, MovingAverages } from './domain/moving-averages.js';
import { type CallCounts, RecentCalls } from './domain/recent-calls.js';
import { isFault, isSignOfLife } from './domain/outcome.js';
import { UpstreamMetrics } from './upstream-metrics.js';
import type { UpstreamTarget } from './upstream-calls.port.js';
import { UpstreamTally } from './upstream-tally.js';

const NOTHING_KNOWN: Averages = { errorRate: 0, answerMs: null };

/** Where the outcome of every call is written down: averages for routing, sums for reports, series for Prometheus. */
@Injectable()
export class UpstreamFigures {
  private readonly averages = new MovingAverages();
  private readonly recent = new RecentCalls();

  constructor(
    private readonly clock: Clock,
    private readonly tally: UpstreamTally,
    private readonly metrics: UpstreamMetrics,
  ) {}

  /**
   * @param error null = it succeeded
   * @param answerMs until the answer began, or until the failure
   */
  record(target: UpstreamTarget, error: unknown, answerMs: number): void {
    const outcome = classifyOutcome(error);
    this.tally.add(target, outcome, answerMs);
    this.metrics.countCall(target, outcome, answerMs);
    if (!isFault(outcome) && !isSignOfLife(outcome)) return;
    const { id } = target.connection;
    const timed = outcome === 'succeeded' ? answerMs : null;
    this.averages.record(id, isFault(outcome), timed);
    this.averages.record(toName(id, target.model), isFault(outcome), timed);
    this.recent.record(toName(id, target.model), isFault(outcome), this.clock.now().getTime());
  }

  /** Calls of the model on the connection in the last minutes, those that say something of the vendor. */
  findRecent(connection: string, model: string): CallCounts {
    return this.recent.find(toName(connection, model), this.clock.now().getTime());
  }

  /** Of the model on the connection; of the connection where the model was not called there yet. */
  find(connection: string, model: string): Averages {
    return (
      this.averages.find(toName(connection, model)) ??
      this.averages.find(connection) ??
      NOTHING_KNOWN
    );
  }
}

function toName(connection: string, model: string): string {
  return `${connection}\n${model}`;
}

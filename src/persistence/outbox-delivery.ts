import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Batcher } from './batcher.js';
import { ClaimLoop } from './claim-loop.js';
import type { OutboxHandlers } from './outbox-handlers.js';
import { OutboxSignal } from './outbox.port.js';
import type { ClaimedEvent, OutboxStore } from './outbox-store.js';
import { runHandlers } from './run-handlers.js';

export interface OutboxDeliverySettings {
  /** Whether this process delivers at all. */
  isOn: boolean;
  pollEveryMs: number;
  /** Events in delivery at once. */
  concurrencyMax: number;
  /** How long the handlers of one event may take. */
  timeoutMs: number;
  /** Longer than `timeoutMs`: after it, another process may deliver the event again. */
  claimMs: number;
  attemptsMax: number;
  /** Wait before the second attempt; doubled each time. */
  backoffMs: number;
  backoffMaxMs: number;
  /** How long a stopping process lets its deliveries finish. */
  stopGraceMs: number;
}

export const OUTBOX_DELIVERY_DEFAULTS: OutboxDeliverySettings = {
  isOn: true,
  pollEveryMs: 1_000,
  concurrencyMax: 64,
  timeoutMs: 30_000,
  claimMs: 60_000,
  attemptsMax: 12,
  backoffMs: 1_000,
  backoffMaxMs: 60 * 60_000,
  stopGraceMs: 5_000,
};

const ERROR_LENGTH_MAX = 1_000;

/**
 * The delivery worker: claims committed events, gives each to its handlers and removes it when all are done.
 * At least once: what was delivered but not yet removed at a crash is delivered again, so handlers are idempotent.
 */
export class OutboxDelivery
  extends OutboxSignal
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger('OutboxDelivery');
  private readonly loop: ClaimLoop<ClaimedEvent>;
  private readonly removals: Batcher<string>;
  /** One for each delivery; not one signal for all, whose listeners would pile up. */
  private readonly limits = new Set<AbortController>();

  constructor(
    private readonly store: OutboxStore,
    private readonly handlers: OutboxHandlers,
    private readonly settings: OutboxDeliverySettings,
  ) {
    super();
    this.removals = new Batcher((ids) => store.remove(ids));
    const { pollEveryMs, concurrencyMax, claimMs } = settings;
    this.loop = new ClaimLoop({
      name: 'OutboxDelivery',
      pollEveryMs,
      concurrencyMax,
      claim: (limit) => store.claim(limit, claimMs),
      work: (event) => this.deliver(event),
    });
  }

  onApplicationBootstrap(): void {
    if (this.settings.isOn) this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop(this.settings.stopGraceMs, () => {
      for (const limit of this.limits) limit.abort();
    });
  }

  nudge(): void {
    this.loop.wake();
  }

  private async deliver(event: ClaimedEvent): Promise<void> {
    // Claimed more often than it may fail: each time the process ended in the middle of it.
    if (event.attempt > this.settings.attemptsMax) {
      return this.fail(event, [], 'the process ended during every delivery');
    }
    const open = this.handlers
      .list(event.kind)
      .filter(([name]) => !event.deliveredTo.includes(name));
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.settings.timeoutMs);
    this.limits.add(limit);
    const { done, error } = await runHandlers(event, open, limit.signal);
    clearTimeout(timer);
    this.limits.delete(limit);
    return error === null ? this.removals.add(event.id) : this.fail(event, done, error);
  }

  private async fail(event: ClaimedEvent, done: readonly string[], error: string): Promise<void> {
    const { attemptsMax, backoffMs, backoffMaxMs } = this.settings;
    const isDead = event.attempt >= attemptsMax;
    const fullMs = Math.min(backoffMs * 2 ** (event.attempt - 1), backoffMaxMs);
    // Jitter, so that what failed together does not come back together.
    const retryInMs = isDead ? null : Math.ceil(fullMs * (0.5 + Math.random() / 2));
    const level = isDead ? 'error' : 'warn';
    this.logger[level](`${event.kind} ${event.id}, attempt ${event.attempt}: ${error}`);
    await this.store.fail({
      id: event.id,
      attempt: event.attempt,
      deliveredTo: [...event.deliveredTo, ...done],
      error: error.slice(0, ERROR_LENGTH_MAX),
      retryInMs,
    });
  }
}

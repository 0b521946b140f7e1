import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { toRedisOptions } from '../config/redis-options.js';

/** After a failure Redis is left alone for this long, so that not every request waits for it. */
const PAUSE_MS = 1_000;
/** An outage would otherwise fill the log. */
const LOG_EVERY_MS = 60_000;

export interface ImpatientRedisOptions {
  url: string;
  /** For the log. */
  name: string;
  /** What is lost while it is away, as the log says it. */
  loss: string;
  /** What is kept there is not worth more waiting than this. */
  timeoutMs: number;
  /** Whether what is asked in one turn of the loop travels together. */
  pipelines?: boolean;
}

/** A connection to Redis for what the service can do without: while it is away or slow, another answer is given. */
export class ImpatientRedis<C extends Redis = Redis> {
  readonly client: C;
  private readonly logger: Logger;
  private connecting: Promise<void> | null = null;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: ImpatientRedisOptions) {
    this.logger = new Logger(options.name);
    this.client = new Redis({
      ...toRedisOptions(options.url),
      enableOfflineQueue: false,
      lazyConnect: true,
      enableAutoPipelining: options.pipelines ?? false,
    }) as C;
    this.client.on('error', (error: Error) => this.note(error));
  }

  /** So that the first calls find it. One that is away is not waited for. May be repeated. */
  connect(): Promise<void> {
    this.connecting ??= this.client.connect().catch((error: Error) => this.note(error));
    return this.connecting;
  }

  /** @returns the answer, or `otherwise` while Redis is away or slow */
  async ask<A, O>(question: (redis: C) => Promise<A>, otherwise: O): Promise<A | O> {
    if (performance.now() < this.pausedUntilMs) return otherwise;
    try {
      return await this.withinTime(question(this.client));
    } catch (error) {
      this.pausedUntilMs = Math.max(this.pausedUntilMs, performance.now() + PAUSE_MS);
      this.note(error as Error);
      return otherwise;
    }
  }

  /** Whoever asks later is given the other answer. */
  end(): void {
    this.pausedUntilMs = Number.POSITIVE_INFINITY;
    this.client.disconnect();
  }

  /**
   * A process that was busy runs its timers before it reads what has arrived: one more turn of the loop, so that its own
   * slowness is not taken for Redis being away.
   */
  private withinTime<A>(answer: Promise<A>): Promise<A> {
    const { timeoutMs } = this.options;
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
      const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  private note(error: Error): void {
    const nowMs = performance.now();
    if (nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
    this.loggedAtMs = nowMs;
    this.logger.warn(`${this.options.loss}: ${error.message}`);
  }
}

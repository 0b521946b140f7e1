import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { toRedisOptions } from '../../../config/redis-options.js';
import { decodeAnswer, encodeAnswer } from '../answer-coding.js';
import { type CachedAnswer, ResponseCache } from '../response-cache.port.js';

/** A kept answer is not worth more waiting than this. */
const COMMAND_TIMEOUT_MS = 200;
/** After a failure Redis is left alone for this long, so that not every request waits for it. */
const PAUSE_MS = 1_000;
const LOG_EVERY_MS = 60_000;

/** On Redis, so for all processes together. While Redis is away nothing is found and nothing is kept. */
export class RedisResponseCache
  extends ResponseCache
  implements OnModuleInit, OnApplicationShutdown
{
  private readonly logger = new Logger('ResponseCache');
  private readonly redis: Redis;
  private connecting: Promise<void> | null = null;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    redisUrl: string,
    private readonly prefix: string,
  ) {
    super();
    this.redis = new Redis({
      ...toRedisOptions(redisUrl),
      enableOfflineQueue: false,
      lazyConnect: true,
    });
    this.redis.on('error', (error: Error) => this.note(error));
  }

  /** A Redis that is away is not waited for. */
  onModuleInit(): Promise<void> {
    this.connecting ??= this.redis.connect().catch((error: Error) => this.note(error));
    return this.connecting;
  }

  async find(key: string): Promise<CachedAnswer | null> {
    const value = await this.run(() => this.redis.getBuffer(this.toKey(key)));
    return value && decodeAnswer(value);
  }

  async keep(key: string, answer: CachedAnswer, ttlS: number): Promise<void> {
    await this.run(() => this.redis.set(this.toKey(key), encodeAnswer(answer), 'EX', ttlS));
  }

  heldBytes(): number {
    return 0;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  private async run<T>(command: () => Promise<T>): Promise<T | null> {
    if (performance.now() < this.pausedUntilMs) return null;
    try {
      return await withinTime(command());
    } catch (error) {
      this.pausedUntilMs = performance.now() + PAUSE_MS;
      this.note(error as Error);
      return null;
    }
  }

  private toKey(key: string): string {
    return `${this.prefix}:answer:${key}`;
  }

  /** Once a minute: an outage would otherwise fill the log. */
  private note(error: Error): void {
    const nowMs = performance.now();
    if (nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
    this.loggedAtMs = nowMs;
    this.logger.warn(`answers are neither kept nor found: ${error.message}`);
  }
}

/** The answer, unless it takes too long; one more turn of the loop, so that our own slowness is not taken for Redis's. */
function withinTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), COMMAND_TIMEOUT_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

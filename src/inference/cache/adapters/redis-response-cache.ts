import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { ImpatientRedis } from '../../../redis/impatient-redis.js';
import { decodeAnswer, encodeAnswer } from '../answer-coding.js';
import { type CachedAnswer, ResponseCache } from '../response-cache.port.js';

const TIMEOUT_MS = 200;

/** On Redis, so for all processes together. While Redis is away nothing is found and nothing is kept. */
export class RedisResponseCache
  extends ResponseCache
  implements OnModuleInit, OnApplicationShutdown
{
  private readonly redis: ImpatientRedis;

  constructor(
    redisUrl: string,
    private readonly prefix: string,
  ) {
    super();
    this.redis = new ImpatientRedis({
      url: redisUrl,
      name: 'ResponseCache',
      loss: 'answers are neither kept nor found',
      timeoutMs: TIMEOUT_MS,
    });
  }

  onModuleInit(): Promise<void> {
    return this.redis.connect();
  }

  async find(key: string): Promise<CachedAnswer | null> {
    const value = await this.redis.ask((redis) => redis.getBuffer(this.toKey(key)), null);
    return value && decodeAnswer(value);
  }

  async keep(key: string, answer: CachedAnswer, ttlS: number): Promise<void> {
    const value = encodeAnswer(answer);
    await this.redis.ask((redis) => redis.set(this.toKey(key), value, 'EX', ttlS), null);
  }

  heldBytes(): number {
    return 0;
  }

  onApplicationShutdown(): void {
    this.redis.end();
  }

  private toKey(key: string): string {
    return `${this.prefix}:answer:${key}`;
  }
}

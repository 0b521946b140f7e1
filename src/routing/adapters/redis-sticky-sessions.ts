import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { ImpatientRedis } from '../../redis/impatient-redis.js';
import { STICK_TTL_S, StickySessions } from '../sticky-sessions.port.js';

const TIMEOUT_MS = 200;

/** On Redis, so for all processes together. While Redis is away, conversations are held to nothing. */
export class RedisStickySessions
  extends StickySessions
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
      name: 'Routing',
      loss: 'conversations are not held to their connections',
      timeoutMs: TIMEOUT_MS,
    });
  }

  onModuleInit(): Promise<void> {
    return this.redis.connect();
  }

  find(key: string): Promise<string | null> {
    return this.redis.ask((redis) => redis.getex(this.toKey(key), 'EX', STICK_TTL_S), null);
  }

  async keep(key: string, connectionId: string): Promise<void> {
    await this.redis.ask(
      (redis) => redis.set(this.toKey(key), connectionId, 'EX', STICK_TTL_S),
      null,
    );
  }

  async forget(key: string): Promise<void> {
    await this.redis.ask((redis) => redis.del(this.toKey(key)), null);
  }

  onApplicationShutdown(): void {
    this.redis.end();
  }

  private toKey(key: string): string {
    return `${this.prefix}:stick:${key}`;
  }
}

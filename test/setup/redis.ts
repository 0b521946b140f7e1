/** A part of the Redis that was given, for one test file alone. */
import { Redis } from 'ioredis';
import { newId } from '../../src/common/ids.js';
import type { Environment } from '../../src/config/read-settings.js';
import { readRedisUrl } from './services.js';

export interface TestRedis {
  url: string;
  prefix: string;
  /** The settings that make a whole application use it; to be spread into `loadConfig`. */
  environment: Environment;
  /** Removes every key under the prefix. */
  drop(): Promise<void>;
}

export function createTestRedis(): TestRedis {
  const url = readRedisUrl();
  const prefix = `atelier-test-${newId()}`;
  return {
    url,
    prefix,
    environment: { REDIS_URL: url, REDIS_PREFIX: prefix },
    async drop() {
      const redis = new Redis(url);
      const keys = await redis.keys(`${prefix}:*`);
      if (keys.length > 0) await redis.del(keys);
      await redis.quit();
    },
  };
}

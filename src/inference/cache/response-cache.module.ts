import { Module } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { ConnectionsModule } from '../../connections/connections.module.js';
import { InProcessResponseCache } from './adapters/in-process-response-cache.js';
import { RedisResponseCache } from './adapters/redis-response-cache.js';
import { AnswerCache } from './answer-cache.js';
import { CacheMetrics } from './cache-metrics.js';
import { ResponseCache } from './response-cache.port.js';

/** Answers that are kept for spaces. `REDIS_URL` makes all processes share them. */
@Module({
  imports: [ConnectionsModule],
  providers: [
    {
      provide: ResponseCache,
      inject: [AppConfig, Clock],
      useFactory: ({ queue, responseCache }: AppConfig, clock: Clock) =>
        queue.redisUrl
          ? new RedisResponseCache(queue.redisUrl, queue.redisPrefix)
          : new InProcessResponseCache(clock, responseCache.bytesMax),
    },
    AnswerCache,
    CacheMetrics,
  ],
  exports: [AnswerCache, ResponseCache],
})
export class ResponseCacheModule {}

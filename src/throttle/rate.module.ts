import { Global, Module } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { RequestLimiter } from '../http/request-limiter.port.js';
import { AddressLimiter } from './address-limiter.js';
import { CallerLimiter } from './caller-limiter.js';
import { InProcessThrottlerStorage } from './in-process-throttler-storage.js';
import { RateStorage } from './rate-storage.port.js';
import { RedisThrottlerStorage } from './redis-throttler-storage.js';

/** Where hits are counted. `REDIS_URL` makes all processes count together. */
@Global()
@Module({
  providers: [
    {
      provide: RateStorage,
      inject: [AppConfig, Clock],
      useFactory: ({ queue }: AppConfig, clock: Clock) =>
        queue.redisUrl
          ? new RedisThrottlerStorage(queue.redisUrl, queue.redisPrefix)
          : new InProcessThrottlerStorage(clock),
    },
    AddressLimiter,
    CallerLimiter,
    { provide: RequestLimiter, useExisting: CallerLimiter },
  ],
  exports: [AddressLimiter, CallerLimiter, RateStorage, RequestLimiter],
})
export class RateModule {}

import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { AppConfig } from '../config/app-config.js';
import { CallerThrottlerGuard } from './caller-throttler.guard.js';
import { RateModule } from './rate.module.js';
import { RateStorage } from './rate-storage.port.js';

const WINDOW_MS = 60_000;

/** Request limits: `THROTTLE_RPM` per caller and, for rooms that ask AddressLimiter, `LOGIN_RPM` per address. */
@Module({
  imports: [
    RateModule,
    ThrottlerModule.forRootAsync({
      inject: [AppConfig, RateStorage],
      useFactory: ({ limits }: AppConfig, storage: RateStorage) => ({
        // Named `default`, so that the headers carry their plain names.
        throttlers: [{ name: 'default', ttl: WINDOW_MS, limit: limits.requestsPerMinute }],
        storage,
      }),
    }),
  ],
  providers: [{ provide: APP_GUARD, useClass: CallerThrottlerGuard }],
})
export class ThrottleModule {}

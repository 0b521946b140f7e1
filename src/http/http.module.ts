import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { APP_LOGGER } from '../logging/logging.module.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { ErrorFilter } from './error.filter.js';
import { LastAnswers } from './last-answers.js';
import { PublicUrl } from './public-url.js';
import { RequestLog } from './request-log.js';
import { createValidationPipe } from './validation.pipe.js';

@Global()
@Module({
  providers: [
    LastAnswers,
    PublicUrl,
    {
      provide: RequestLog,
      inject: [APP_LOGGER, MetricsService],
      useFactory: (logger: Logger, metrics: MetricsService) => new RequestLog(logger, metrics),
    },
    {
      provide: APP_FILTER,
      inject: [APP_LOGGER],
      useFactory: (logger: Logger) => new ErrorFilter(logger),
    },
    { provide: APP_PIPE, useFactory: createValidationPipe },
  ],
  exports: [LastAnswers, PublicUrl, RequestLog],
})
export class HttpModule {}

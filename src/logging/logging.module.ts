import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';

/** Token of the one structured log (`pino` Logger). Rooms usually take Nest's `Logger`, which writes to it. */
export const APP_LOGGER = Symbol('app-logger');

@Global()
@Module({})
export class LoggingModule {
  static register(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      providers: [{ provide: APP_LOGGER, useValue: logger }],
      exports: [APP_LOGGER],
    };
  }
}

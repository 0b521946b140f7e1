import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '../common/clock.js';
import { AppConfig } from './app-config.js';
import { StopGrace } from './stop-grace.js';

const MS_PER_S = 1_000;

@Global()
@Module({})
export class ConfigModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: Clock, useClass: SystemClock },
        { provide: StopGrace, useValue: new StopGrace(config.http.shutdownGraceS * MS_PER_S) },
      ],
      exports: [AppConfig, Clock, StopGrace],
    };
  }
}

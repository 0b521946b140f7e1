import { Global, Module } from '@nestjs/common';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';
import { PlatformChecks } from './platform-checks.js';
import { ServiceCardController } from './service-card.controller.js';

@Global()
@Module({
  controllers: [HealthController, ServiceCardController],
  providers: [HealthChecks, PlatformChecks],
  exports: [HealthChecks],
})
export class HealthModule {}

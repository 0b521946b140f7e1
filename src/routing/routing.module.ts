import { Module } from '@nestjs/common';
import { ProvidersModule } from '../providers/providers.module.js';
import { ModelsController } from './http/models.controller.js';
import { RoutingService } from './routing.service.js';

/** From a public model name to the model and connection that run. */
@Module({
  imports: [ProvidersModule],
  controllers: [ModelsController],
  providers: [RoutingService],
  exports: [RoutingService],
})
export class RoutingModule {}

import { Module } from '@nestjs/common';
import { BillingModule } from '../billing/billing.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { MediaModule } from '../media/media.module.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { RoutingModule } from '../routing/routing.module.js';
import { ModelPrices } from './model-prices.js';
import { ModelsController } from './models.controller.js';
import { OpenaiImagesController } from './openai-images.controller.js';
import { OpenaiImagesService } from './openai-images.service.js';
import { OpenaiModelsController } from './openai-models.controller.js';
import { OpenaiModelsService } from './openai-models.service.js';
import { ReachableModels } from './reachable-models.service.js';

/** The OpenAI address: any OpenAI client points its base URL at /v1. */
@Module({
  imports: [BillingModule, GenerationsModule, MediaModule, RbacModule, RoutingModule],
  controllers: [ModelsController, OpenaiImagesController, OpenaiModelsController],
  providers: [ModelPrices, OpenaiImagesService, OpenaiModelsService, ReachableModels],
})
export class GatewayModule {}

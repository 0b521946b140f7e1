import { Module } from '@nestjs/common';
import { BillingModule } from '../billing/billing.module.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { MediaModule } from '../media/media.module.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { RoutingModule } from '../routing/routing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { OpenaiChatController } from './chat/openai-chat.controller.js';
import { OpenaiChatService } from './chat/openai-chat.service.js';
import { ImageAnswers } from './image-answers.js';
import { ImageForms } from './image-forms.js';
import { OpenaiEmbeddingsController } from './embeddings/openai-embeddings.controller.js';
import { OpenaiEmbeddingsService } from './embeddings/openai-embeddings.service.js';
import { KeptModelLists } from './kept-model-lists.js';
import { ModelPrices } from './model-prices.js';
import { ModerationModule } from '../moderation/moderation.module.js';
import { OpenaiModerationsController } from './moderations/openai-moderations.controller.js';
import { ModelsController } from './models.controller.js';
import { OpenaiImagesController } from './openai-images.controller.js';
import { OpenaiImagesService } from './openai-images.service.js';
import { OpenaiModelsController } from './openai-models.controller.js';
import { OpenaiModelsService } from './openai-models.service.js';
import { ReachableModels } from './reachable-models.js';
import { MakePicturesService } from './responses/make-pictures.service.js';
import { OpenaiResponsesController } from './responses/openai-responses.controller.js';
import { OpenaiResponsesService } from './responses/openai-responses.service.js';
import { PictureRoundsService } from './responses/picture-rounds.service.js';

/** The OpenAI address: any OpenAI client points its base URL at /v1. */
@Module({
  imports: [
    BillingModule,
    GenerationsModule,
    InferenceModule,
    MediaModule,
    ModerationModule,
    RbacModule,
    RoutingModule,
  ],
  controllers: [
    ModelsController,
    OpenaiChatController,
    OpenaiEmbeddingsController,
    OpenaiImagesController,
    OpenaiModelsController,
    OpenaiModerationsController,
    OpenaiResponsesController,
  ],
  providers: [
    ImageAnswers,
    ImageForms,
    KeptModelLists,
    MakePicturesService,
    ModelPrices,
    OpenaiChatService,
    OpenaiEmbeddingsService,
    OpenaiImagesService,
    OpenaiModelsService,
    OpenaiResponsesService,
    PictureRoundsService,
    ReachableModels,
  ],
})
export class GatewayModule {}

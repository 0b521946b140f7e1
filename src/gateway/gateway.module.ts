import { Module } from '@nestjs/common';
import { GenerationsModule } from '../generations/generations.module.js';
import { MediaModule } from '../media/media.module.js';
import { OpenaiImagesController } from './openai-images.controller.js';
import { OpenaiImagesService } from './openai-images.service.js';

/** The OpenAI address: any OpenAI client points its base URL at /v1. */
@Module({
  imports: [GenerationsModule, MediaModule],
  controllers: [OpenaiImagesController],
  providers: [OpenaiImagesService],
})
export class GatewayModule {}

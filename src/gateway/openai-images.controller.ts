import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentContext } from '../http/caller.decorator.js';
import type { RequestContext } from '../http/request-context.js';
import { Requires } from '../http/requires.decorator.js';
import { CreateImageDto } from './create-image.dto.js';
import { ImagesAnswerDto } from './images-answer.dto.js';
import { type RequestHeaders, OpenaiImagesService } from './openai-images.service.js';

const EXAMPLES = {
  links: {
    summary: 'A picture as a link',
    value: { model: 'embedded-image', prompt: 'a lighthouse at dawn', size: '512x512' },
  },
  bytes: {
    summary: 'Two pictures as base64',
    value: {
      model: 'embedded-image',
      prompt: 'a lighthouse at dawn',
      n: 2,
      size: '256x256',
      response_format: 'b64_json',
    },
  },
};

@ApiTags('openai')
@Controller('v1/images')
export class OpenaiImagesController {
  constructor(private readonly images: OpenaiImagesService) {}

  @Post('generations')
  @HttpCode(200)
  @Requires('image_generations:create')
  @ApiOperation({ summary: 'Make pictures, as any OpenAI client asks for them' })
  @ApiBody({ type: CreateImageDto, examples: EXAMPLES })
  @ApiHeader({
    name: 'x-search-space-id',
    required: false,
    description: 'The space that pays, for callers whose key does not say',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key and body answers from the first and costs nothing',
  })
  @ApiOkResponse({ type: ImagesAnswerDto })
  @ApiResponse({ status: 402, description: 'The wallet does not cover what this may cost' })
  @ApiResponse({ status: 409, description: 'Not ready yet, or still running; send it again' })
  @ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' })
  @ApiResponse({ status: 422, description: 'The provider refused the content' })
  @ApiResponse({ status: 502, description: 'The provider failed' })
  @ApiResponse({
    status: 503,
    description: 'No connection serves the model, or the process is stopping',
  })
  @ApiResponse({ status: 504, description: 'The provider did not answer in time' })
  async generate(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Body() body: CreateImageDto,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.images.generate({ context, headers, body, reply });
    void reply.type('application/json; charset=utf-8').send(answer);
  }
}

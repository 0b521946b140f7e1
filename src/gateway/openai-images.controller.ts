import {
  Body,
  Controller,
  Headers,
  HttpCode,
  Post,
  Req,
  Res,
  applyDecorators,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentContext } from '../http/caller.decorator.js';
import type { RequestContext } from '../http/request-context.js';
import { Requires } from '../http/requires.decorator.js';
import { CreateImageDto } from './create-image.dto.js';
import { EditImageDto } from './edit-image.dto.js';
import type { RequestHeaders } from './image-answers.js';
import { CREATE_IMAGE_EXAMPLES, EDIT_IMAGE_EXAMPLES, VARIATION_SCHEMA } from './images.examples.js';
import { ImagesAnswerDto } from './images-answer.dto.js';
import { OpenaiImagesService } from './openai-images.service.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data';

/** What all three routes may be told and may answer. */
const Documented = () =>
  applyDecorators(
    ApiHeader({
      name: 'x-search-space-id',
      required: false,
      description: 'The space that pays, for callers whose key does not say',
    }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'A repeat with the same key and body answers from the first and costs nothing',
    }),
    ApiOkResponse({
      type: ImagesAnswerDto,
      description: 'The headers x-model-used and x-provider tell what really ran',
    }),
    ApiResponse({ status: 402, description: 'The wallet does not cover what this may cost' }),
    ApiResponse({ status: 409, description: 'Not ready yet, or still running; send it again' }),
    ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' }),
    ApiResponse({ status: 422, description: 'The provider refused the content' }),
    ApiResponse({ status: 502, description: 'The provider failed' }),
    ApiResponse({
      status: 503,
      description: 'No connection serves the model, or the process is stopping',
    }),
    ApiResponse({ status: 504, description: 'The provider did not answer in time' }),
  );

const EDITS = { scopes: ['images.edit'], form: true, makesPictures: true } as const;

@ApiTags('openai')
@Controller('v1/images')
export class OpenaiImagesController {
  constructor(private readonly images: OpenaiImagesService) {}

  @Post('generations')
  @HttpCode(200)
  @Requires('image_generations:create', { makesPictures: true })
  @ApiOperation({
    summary: 'Make pictures, as any OpenAI client asks for them',
    description:
      'With stream: true events come: image_generation.partial_image where the vendor shows drafts, then ' +
      'image_generation.completed for each picture. A fault after the first event is an event named error.',
  })
  @ApiBody({ type: CreateImageDto, examples: CREATE_IMAGE_EXAMPLES })
  @Documented()
  async generate(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Body() body: CreateImageDto,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.images.generate({ context, headers, reply }, body);
  }

  @Post('edits')
  @HttpCode(200)
  @Requires('image_generations:create', EDITS)
  @ApiOperation({
    summary: 'Change pictures, as any OpenAI client asks for it',
    description:
      'By JSON with images: [{image_url}], or by multipart/form-data with the same fields and the files image, image[] or ' +
      'image[0]… (up to 16) and mask, before or after them. Forms name their space by x-search-space-id or by their key.',
  })
  @ApiConsumes(JSON_TYPE, FORM_TYPE)
  @ApiBody({ type: EditImageDto, examples: EDIT_IMAGE_EXAMPLES })
  @Documented()
  async edit(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.images.edit({ context, headers, reply }, request);
  }

  @Post('variations')
  @HttpCode(200)
  @Requires('image_generations:create', EDITS)
  @ApiOperation({ summary: 'Make variations of a picture, as any OpenAI client asks for them' })
  @ApiConsumes(FORM_TYPE)
  @ApiBody({ schema: VARIATION_SCHEMA })
  @Documented()
  async vary(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.images.vary({ context, headers, reply }, request);
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../common/assert.js';
import { CurrentContext } from '../http/caller.decorator.js';
import type { RequestContext } from '../http/request-context.js';
import { Requires } from '../http/requires.decorator.js';
import { OpenaiModelDto, OpenaiModelListDto } from './openai-models.dto.js';
import { type ModelsQuestion, OpenaiModelsService } from './openai-models.service.js';

const SPACE_HEADER = {
  name: 'x-search-space-id',
  required: false,
  description: "The space that is asked about; without it, a key's own, or all of a session's",
};

@ApiTags('openai')
@Controller('v1/models')
export class OpenaiModelsController {
  constructor(private readonly models: OpenaiModelsService) {}

  @Get()
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary: 'The names that can be asked for now, as any OpenAI client lists them',
    description:
      'Kept for each caller for MODELS_CACHE_S, and made anew at once when a model, route, connection, role or key ' +
      'changes. While the database is away the last list is told, with `Warning: 110`.',
  })
  @ApiHeader(SPACE_HEADER)
  @ApiOkResponse({ type: OpenaiModelListDto })
  async list(
    @CurrentContext() context: RequestContext,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiModelListDto> {
    const told = await this.models.list(toQuestion(context, headers));
    void reply.headers(told.headers);
    return told.list;
  }

  @Get(':model')
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary: 'One of these names',
    description: 'A name with slashes may be written with %2F or as it is.',
  })
  @ApiHeader(SPACE_HEADER)
  @ApiParam({ name: 'model', type: String, example: 'embedded-image' })
  @ApiOkResponse({ type: OpenaiModelDto })
  async get(
    @CurrentContext() context: RequestContext,
    @Param('model') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiModelDto> {
    const told = await this.models.get(toQuestion(context, headers), name);
    void reply.headers(told.headers);
    return told.model;
  }

  @Get('*')
  @Requires(null, { scopes: ['models.list'] })
  @ApiExcludeEndpoint()
  async getSlashed(
    @CurrentContext() context: RequestContext,
    @Param('*') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OpenaiModelDto> {
    const told = await this.models.get(toQuestion(context, headers), name);
    void reply.headers(told.headers);
    return told.model;
  }
}

function toQuestion(
  { caller, address }: RequestContext,
  headers: IncomingHttpHeaders,
): ModelsQuestion {
  assert(caller, 'models were asked for without a caller');
  return { caller, address, headers };
}

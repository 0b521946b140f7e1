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
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import type { EmbeddingRequest } from '../../inference/domain/read-embedding-request.js';
import { SchemaBodyPipe } from '../schema-body.pipe.js';
import { toApiSchema } from '../to-api-schema.js';
import { EMBEDDING_EXAMPLES, EMBEDDING_REQUEST_SCHEMA } from './embedding-request.schema.js';
import { type EmbeddingHeaders, OpenaiEmbeddingsService } from './openai-embeddings.service.js';

const embeddingBody = new SchemaBodyPipe<EmbeddingRequest>(EMBEDDING_REQUEST_SCHEMA);

@ApiTags('openai')
@Controller('v1/embeddings')
export class OpenaiEmbeddingsController {
  constructor(private readonly embeddings: OpenaiEmbeddingsService) {}

  @Post()
  @HttpCode(200)
  @Requires('documents:create', { scopes: ['embeddings.create'] })
  @ApiOperation({
    summary: 'Vectors of texts, as any OpenAI client asks for them',
    description: 'x-model-used and x-provider tell what really ran, x-call-id its usage row.',
  })
  @ApiBody({ schema: toApiSchema(EMBEDDING_REQUEST_SCHEMA), examples: EMBEDDING_EXAMPLES })
  @ApiHeader({
    name: 'x-search-space-id',
    required: false,
    description: 'The space that pays, for callers whose key does not say',
  })
  @ApiHeader({
    name: 'x-response-cache',
    required: false,
    schema: { type: 'string', enum: ['use', 'refresh', 'off'] },
    description:
      'Whether a kept answer will do, in spaces that keep answers; x-cache tells if it was one',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key and body answers from the first and costs nothing',
  })
  @ApiOkResponse({ description: 'A list of embeddings', schema: { type: 'object' } })
  @ApiResponse({ status: 402, description: 'Wallet or budget do not cover what this may cost' })
  @ApiResponse({
    status: 409,
    description:
      'The request with this Idempotency-Key still runs, or its answer is not kept any more',
  })
  @ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' })
  @ApiResponse({ status: 422, description: 'Content refused, or the key was used otherwise' })
  @ApiResponse({ status: 502, description: 'The provider failed' })
  @ApiResponse({ status: 503, description: 'No connection serves the model at the moment' })
  @ApiResponse({ status: 504, description: 'The provider did not answer in time' })
  async embed(
    @CurrentContext() context: RequestContext,
    @Headers() headers: EmbeddingHeaders,
    @Body(embeddingBody) request: EmbeddingRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.embeddings.embed({ context, headers, request, reply });
    void reply.type('application/json; charset=utf-8').send(answer);
  }
}

import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import type { EmbeddingRequest } from '../../inference/domain/read-embedding-request.js';
import { ApiOpenaiCall } from '../api-openai-call.decorator.js';
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
  @ApiOkResponse({ description: 'A list of embeddings', schema: { type: 'object' } })
  @ApiOpenaiCall({ isRepeatable: true })
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

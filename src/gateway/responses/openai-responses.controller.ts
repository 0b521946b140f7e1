import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import { ApiOpenaiCall } from '../api-openai-call.decorator.js';
import { SchemaBodyPipe } from '../schema-body.pipe.js';
import { toApiSchema } from '../to-api-schema.js';
import { OpenaiResponsesService, type ResponsesHeaders } from './openai-responses.service.js';
import { RESPONSES_EXAMPLES } from './responses-request.examples.js';
import { RESPONSES_REQUEST_SCHEMA } from './responses-request.schema.js';

const responsesBody = new SchemaBodyPipe<ResponsesRequest>(RESPONSES_REQUEST_SCHEMA);

@ApiTags('openai')
@Controller('v1/responses')
export class OpenaiResponsesController {
  constructor(private readonly responses: OpenaiResponsesService) {}

  @Post()
  @HttpCode(200)
  @Requires('chats:create', { scopes: ['chat.completions'] })
  @ApiOperation({
    summary: 'OpenAI’s Responses API, for models of vendors that have it',
    description:
      'Nothing is stored: a conversation comes whole in `input`. The tool `{"type": "generate_image"}` is run here; ' +
      'its pictures stand in the answer as `generate_image_call`, and its caller needs the right to make pictures. ' +
      'Headers of the answer: x-model-used and x-provider tell what really ran, x-call-id its usage row. ' +
      'An error after the first event of a stream comes as `event: error` with the same body.',
  })
  @ApiBody({ schema: toApiSchema(RESPONSES_REQUEST_SCHEMA), examples: RESPONSES_EXAMPLES })
  @ApiOkResponse({
    description: 'A response, or with `stream` its events',
    content: {
      'application/json': { schema: { type: 'object' } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  @ApiOpenaiCall({ isRepeatable: false })
  async respond(
    @CurrentContext() context: RequestContext,
    @Headers() headers: ResponsesHeaders,
    @Body(responsesBody) body: ResponsesRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.responses.respond({ context, headers, body, reply });
  }
}

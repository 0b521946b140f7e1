import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import type { ChatRequest } from '../../inference/domain/read-chat-request.js';
import { ApiOpenaiCall } from '../api-openai-call.decorator.js';
import { SchemaBodyPipe } from '../schema-body.pipe.js';
import { toApiSchema } from '../to-api-schema.js';
import { CHAT_EXAMPLES } from './chat-request.examples.js';
import { CHAT_REQUEST_SCHEMA } from './chat-request.schema.js';
import { type ChatHeaders, OpenaiChatService } from './openai-chat.service.js';

const chatBody = new SchemaBodyPipe<ChatRequest>(CHAT_REQUEST_SCHEMA);

@ApiTags('openai')
@Controller('v1/chat')
export class OpenaiChatController {
  constructor(private readonly chat: OpenaiChatService) {}

  @Post('completions')
  @HttpCode(200)
  @Requires('chats:create', { scopes: ['chat.completions'] })
  @ApiOperation({
    summary: 'Chat, as any OpenAI client asks for it, whichever vendor answers',
    description:
      'Headers of the answer: x-model-used and x-provider tell what really ran, x-call-id its usage row, ' +
      'x-unsupported-options which options the vendor does not know, so that they were left out. ' +
      'An error after the first event of a stream comes as `event: error` with the same body.',
  })
  @ApiBody({ schema: toApiSchema(CHAT_REQUEST_SCHEMA), examples: CHAT_EXAMPLES })
  @ApiOkResponse({
    description: 'A chat.completion, or with `stream` chat.completion.chunk events',
    content: {
      'application/json': { schema: { type: 'object' } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  @ApiOpenaiCall({ isRepeatable: true })
  async complete(
    @CurrentContext() context: RequestContext,
    @Headers() headers: ChatHeaders,
    @Body(chatBody) request: ChatRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.chat.complete({ context, headers, request, reply });
  }
}

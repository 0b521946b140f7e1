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
import type { ChatRequest } from '../../inference/domain/read-chat-request.js';
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
  @ApiOkResponse({
    description: 'A chat.completion, or with `stream` chat.completion.chunk events',
    content: {
      'application/json': { schema: { type: 'object' } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
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
  async complete(
    @CurrentContext() context: RequestContext,
    @Headers() headers: ChatHeaders,
    @Body(chatBody) request: ChatRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.chat.complete({ context, headers, request, reply });
  }
}

import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { ModerationsService } from '../../moderation/moderations.service.js';
import { toClientSignal } from '../client-signal.js';
import { SchemaBodyPipe } from '../schema-body.pipe.js';
import { toServedHeaders } from '../served-headers.js';
import { toApiSchema } from '../to-api-schema.js';
import {
  MODERATION_EXAMPLES,
  MODERATION_REQUEST_SCHEMA,
  type ModerationRequest,
} from './moderation-request.schema.js';
import { toModerationAnswer } from './to-moderation-answer.js';

const moderationBody = new SchemaBodyPipe<ModerationRequest>(MODERATION_REQUEST_SCHEMA);

@ApiTags('openai')
@Controller('v1/moderations')
export class OpenaiModerationsController {
  constructor(private readonly moderations: ModerationsService) {}

  @Post()
  @HttpCode(200)
  @Requires('chats:create', { scopes: ['chat.completions'] })
  @ApiOperation({
    summary: 'Judge texts and pictures, as any OpenAI client asks for it',
    description:
      'Free of charge. Without a model: omni-moderation-latest where a connection to OpenAI serves it, else ' +
      'embedded-moderation, which knows attacks on models and nothing else: categories it does not judge are false, ' +
      'with score 0 and no applied input type. x-model-used and x-provider tell what judged, x-call-id its usage row.',
  })
  @ApiBody({ schema: toApiSchema(MODERATION_REQUEST_SCHEMA), examples: MODERATION_EXAMPLES })
  @ApiHeader({
    name: 'x-search-space-id',
    required: false,
    description: 'The space it is written for, for callers whose key does not say',
  })
  @ApiOkResponse({ description: 'A verdict per input', schema: { type: 'object' } })
  @ApiResponse({ status: 502, description: 'The provider failed' })
  @ApiResponse({ status: 503, description: 'No connection serves the model at the moment' })
  @ApiResponse({ status: 504, description: 'The provider did not answer in time' })
  async moderate(
    @CurrentContext() { caller, spaceId: searchSpaceId }: RequestContext,
    @Body(moderationBody) { model = null, input }: ModerationRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assert(caller && searchSpaceId, 'a moderation was asked for without a caller or a space');
    const signal = toClientSignal(reply.raw);
    const question = { caller, searchSpaceId, model, input, signal };
    const answer = await this.moderations.moderate(question);
    void reply
      .headers(toServedHeaders({ ...answer, callId: answer.id }))
      .send(toModerationAnswer(answer));
  }
}

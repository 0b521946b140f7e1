import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { AppConfig } from '../../config/app-config.js';
import type { RequestContext } from '../../http/request-context.js';
import { toDomainError } from '../../http/to-domain-error.js';
import type { TextAsking } from '../../inference/call-draft.js';
import { ChatService } from '../../inference/chat.service.js';
import type { ChatRequest } from '../../inference/domain/read-chat-request.js';
import { toRepeatClaim } from '../to-repeat-claim.js';
import { toChatSession } from './to-chat-session.js';
import { ReplySink } from './reply-sink.js';

const ROUTE = 'POST /v1/chat/completions';

export type ChatHeaders = Record<string, string | string[] | undefined>;

export interface OpenaiChatRequest {
  context: RequestContext;
  headers: ChatHeaders;
  request: ChatRequest;
  reply: FastifyReply;
}

/** OpenAI's chat route. */
@Injectable()
export class OpenaiChatService {
  constructor(
    private readonly config: AppConfig,
    private readonly chat: ChatService,
  ) {}

  async complete({ context, headers, request, reply }: OpenaiChatRequest): Promise<void> {
    const asking = toAsking(context, headers, request);
    const { pingS } = this.config.inference;
    const sink = new ReplySink(reply, context, request.stream === true, pingS);
    try {
      await this.chat.complete({ asking, headers, request, phases: context.phases }, sink);
    } catch (error) {
      if (sink.fail(toDomainError(error))) return;
      throw error;
    }
    sink.end();
  }
}

function toAsking(
  { caller, spaceId }: RequestContext,
  headers: ChatHeaders,
  request: ChatRequest,
): TextAsking {
  assert(caller && spaceId, 'chat was asked for without a caller or a space');
  const model = typeof request.model === 'string' ? request.model : null;
  const session = toChatSession(headers, request);
  const claim = toRepeatClaim({
    callerId: caller.id,
    searchSpaceId: spaceId,
    route: ROUTE,
    headers,
    body: request,
  });
  return { caller, searchSpaceId: spaceId, model, session, claim };
}

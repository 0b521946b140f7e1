import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { toSession } from '../../generations/domain/session.js';
import type { RequestContext } from '../../http/request-context.js';
import type { EmbeddingRequest } from '../../inference/domain/read-embedding-request.js';
import { EmbeddingsService } from '../../inference/embeddings.service.js';
import { toServedHeaders } from '../served-headers.js';
import { toClientSignal } from '../client-signal.js';
import { toRepeatClaim } from '../to-repeat-claim.js';
import { toEmbeddingsAnswer } from './to-embeddings-answer.js';

const ROUTE = 'POST /v1/embeddings';

export type EmbeddingHeaders = Record<string, string | string[] | undefined>;

export interface OpenaiEmbeddingRequest {
  context: RequestContext;
  headers: EmbeddingHeaders;
  request: EmbeddingRequest;
  reply: FastifyReply;
}

/** OpenAI's embeddings route. */
@Injectable()
export class OpenaiEmbeddingsService {
  constructor(private readonly embeddings: EmbeddingsService) {}

  /** The body of the answer. */
  async embed({ context, headers, request, reply }: OpenaiEmbeddingRequest): Promise<object> {
    const { caller, spaceId: searchSpaceId, phases } = context;
    assert(caller && searchSpaceId, 'embeddings were asked for without a caller or a space');
    const model = request.model ?? null;
    const claim = toRepeatClaim({
      callerId: caller.id,
      searchSpaceId,
      route: ROUTE,
      headers,
      body: request,
    });
    const answer = await this.embeddings.embed({
      asking: { caller, searchSpaceId, model, session: toSession(headers), claim },
      headers,
      request,
      phases,
      signal: toClientSignal(reply.raw),
    });
    void reply.headers(toServedHeaders(answer));
    return toEmbeddingsAnswer(answer, request.encoding_format ?? 'float');
  }
}

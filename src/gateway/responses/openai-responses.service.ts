import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { AppConfig } from '../../config/app-config.js';
import { toFingerprint } from '../../generations/domain/fingerprint.js';
import { toRepetition } from '../../generations/domain/idempotency.js';
import type { RequestContext } from '../../http/request-context.js';
import { toDomainError } from '../../http/to-domain-error.js';
import type { TextAsking } from '../../inference/call-draft.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import { ResponsesService } from '../../inference/responses.service.js';
import { AccessService } from '../../rbac/access.service.js';
import { toRepeatClaim } from '../to-repeat-claim.js';
import { assertSelfContained } from './assert-self-contained.js';
import { findImageTool, type ImageTool } from './image-tool.js';
import { tellPictureItems } from './picture-call.js';
import { PictureRoundsService } from './picture-rounds.service.js';
import { ResponsesSink } from './responses-sink.js';
import { toResponsesSession } from './to-responses-session.js';

const ROUTE = 'POST /v1/responses';

export type ResponsesHeaders = Record<string, string | string[] | undefined>;

export interface OpenaiResponsesRequest {
  context: RequestContext;
  headers: ResponsesHeaders;
  /** As it came. */
  body: ResponsesRequest;
  reply: FastifyReply;
}

/** OpenAI's Responses API. */
@Injectable()
export class OpenaiResponsesService {
  constructor(
    private readonly config: AppConfig,
    private readonly access: AccessService,
    private readonly responses: ResponsesService,
    private readonly rounds: PictureRoundsService,
  ) {}

  async respond(asked: OpenaiResponsesRequest): Promise<void> {
    const { context, body, reply } = asked;
    assertSelfContained(body);
    const tool = findImageTool(body);
    const asking = toAsking(asked);
    if (tool) await this.assertPictures(asking);
    const isStream = body.stream === true;
    const sink = new ResponsesSink(reply, context, isStream, this.config.inference.pingS);
    try {
      await this.answer(asked, asking, tool, sink);
    } catch (error) {
      if (sink.fail(toDomainError(error))) return;
      throw error;
    }
    sink.end();
  }

  private async answer(
    { context: { phases }, headers, body }: OpenaiResponsesRequest,
    asking: TextAsking,
    tool: ImageTool | null,
    sink: ResponsesSink,
  ): Promise<void> {
    const request = tellPictureItems(body);
    if (!tool) return this.responses.respond({ asking, request, phases }, sink);
    await this.rounds.answer(
      {
        asking,
        request,
        tool,
        route: ROUTE,
        fingerprint: toFingerprint({ ...body, search_space_id: asking.searchSpaceId }),
        repetition: toRepetition(headers),
        phases,
      },
      sink,
    );
  }

  /** Whoever lets a model make pictures must be one who may make them. */
  private async assertPictures({ caller, searchSpaceId }: TextAsking): Promise<void> {
    await this.access.assertPermission(caller, searchSpaceId, 'image_generations:create', [
      'images.generate',
    ]);
  }
}

function toAsking({ context, headers, body }: OpenaiResponsesRequest): TextAsking {
  const { caller, spaceId } = context;
  assert(caller && spaceId, 'a response was asked for without a caller or a space');
  return {
    caller,
    searchSpaceId: spaceId,
    model: typeof body.model === 'string' ? body.model : null,
    session: toResponsesSession(headers, body),
    claim: toRepeatClaim({
      callerId: caller.id,
      searchSpaceId: spaceId,
      route: ROUTE,
      headers,
      body,
    }),
  };
}

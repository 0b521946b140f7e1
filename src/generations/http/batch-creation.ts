import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { AppConfig } from '../../config/app-config.js';
import { PublicUrl } from '../../http/public-url.js';
import type { RequestContext } from '../../http/request-context.js';
import { CreateBatchService } from '../batches/create-batch.service.js';
import { toFingerprint } from '../domain/fingerprint.js';
import { toRepetition } from '../domain/idempotency.js';
import { toPreference } from '../domain/prefer.js';
import { GenerationLinks } from '../generation-links.js';
import { type BatchDto, toBatchResponse } from './batch.dto.js';
import type { CreateBatchDto } from './create-batch.dto.js';
import type { RequestHeaders } from './native-creation.js';
import { toGenerationRequest } from './to-generation-request.js';

export interface BatchRequest {
  context: RequestContext;
  headers: RequestHeaders;
  body: CreateBatchDto;
  reply: FastifyReply;
}

const ROUTE = 'POST /api/v1/image-generations/batch';
/** When to ask after generations that have not ended. */
const RETRY_AFTER_S = 2;
const CREATED = 201;
const ACCEPTED = 202;
const MULTI_STATUS = 207;

/** `POST /image-generations/batch`: 201 when all were made, 202 when some have not ended, 207 when some failed. */
@Injectable()
export class BatchCreation {
  constructor(
    private readonly config: AppConfig,
    private readonly batches: CreateBatchService,
    private readonly links: GenerationLinks,
    private readonly publicUrl: PublicUrl,
  ) {}

  async answer({ context, headers, body, reply }: BatchRequest): Promise<BatchDto> {
    const { caller, spaceId, phases } = context;
    assert(caller && spaceId, 'a batch was asked for without a caller or a space');
    const prefer = Array.isArray(headers.prefer) ? headers.prefer.join(',') : headers.prefer;
    const { waitS, applied } = toPreference(prefer, this.config.generations.syncWaitS);
    const { batch, views, isReplay } = await this.batches.create(
      body.requests.map((request) => toGenerationRequest(request, spaceId)),
      {
        caller,
        route: ROUTE,
        fingerprint: toFingerprint({ ...body, search_space_id: spaceId }),
        repetition: toRepetition(headers),
        isRepeatable: false,
      },
      { waitS, phases },
    );
    const answer = toBatchResponse(batch, views, this.links);
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    if (applied) void reply.header('Preference-Applied', applied);
    void reply.header('Location', this.toLocation(batch.id)).status(toStatus(answer));
    if (answer.pending > 0) void reply.header('Retry-After', String(RETRY_AFTER_S));
    return answer;
  }

  private toLocation(id: string): string {
    return this.publicUrl.to(`/api/v1/image-generations/batches/${id}`);
  }
}

function toStatus({ pending, failed }: BatchDto): number {
  if (pending > 0) return ACCEPTED;
  return failed > 0 ? MULTI_STATUS : CREATED;
}

import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { AppConfig } from '../../config/app-config.js';
import type { RequestContext } from '../../http/request-context.js';
import { PublicUrl } from '../../http/public-url.js';
import { CreateGenerationService } from '../create-generation.service.js';
import { DeliveryMarks } from '../delivery-marks.js';
import { toFingerprint } from '../domain/fingerprint.js';
import { isConcluded } from '../domain/generation.js';
import { toRepetition } from '../domain/idempotency.js';
import { toPreference } from '../domain/prefer.js';
import { toSession } from '../domain/session.js';
import { GenerationLinks } from '../generation-links.js';
import { assertDelivered } from '../assert-delivered.js';
import type { CreateGenerationDto } from './create-generation.dto.js';
import type { GenerationDto } from './generation.dto.js';
import { toGenerationRequest } from './to-generation-request.js';
import { toGenerationResponse } from './to-generation-response.js';

export type RequestHeaders = Record<string, string | string[] | undefined>;

export interface NativeRequest {
  context: RequestContext;
  headers: RequestHeaders;
  body: CreateGenerationDto;
  reply: FastifyReply;
  /** Where it came in, if not at the main door: the scope of idempotency keys. */
  route?: string;
}

const ROUTE = 'POST /api/v1/image-generations';
/** When to ask after a generation that has not ended. */
const RETRY_AFTER_S = 2;
const CREATED = 201;
const ACCEPTED = 202;

/** `POST /image-generations`: from its headers and body to 201, 202 or the failure's own status. */
@Injectable()
export class NativeCreation {
  constructor(
    private readonly config: AppConfig,
    private readonly generations: CreateGenerationService,
    private readonly links: GenerationLinks,
    private readonly publicUrl: PublicUrl,
    private readonly marks: DeliveryMarks,
  ) {}

  async answer({
    context,
    headers,
    body,
    reply,
    route = ROUTE,
  }: NativeRequest): Promise<GenerationDto> {
    const { caller, spaceId, phases } = context;
    assert(caller && spaceId, 'a generation was asked for without a caller or a space');
    const prefer = Array.isArray(headers.prefer) ? headers.prefer.join(',') : headers.prefer;
    const preference = toPreference(prefer, this.config.generations.syncWaitS);
    const repetition = toRepetition(headers);
    const isRepeatable = headers['x-stainless-lang'] !== undefined && repetition.key === null;
    const { view, isReplay } = await this.generations.create(
      { ...toGenerationRequest(body, spaceId), session: toSession(headers) },
      {
        caller,
        route,
        fingerprint: toFingerprint({ ...body, search_space_id: spaceId }),
        repetition,
        isRepeatable,
      },
      { preference, phases },
    );
    const { generation } = view;
    const record = toGenerationResponse(view, this.links);
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    if (preference.applied) void reply.header('Preference-Applied', preference.applied);
    void reply.header('Location', this.publicUrl.to(`/api/v1/image-generations/${generation.id}`));
    if (!isConcluded(generation.status)) {
      void reply.status(ACCEPTED).header('Retry-After', String(RETRY_AFTER_S));
      return record;
    }
    if (isRepeatable) this.marks.markWhenSent(generation.id, reply);
    assertDelivered(view, record);
    void reply.status(CREATED);
    return record;
  }
}

import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { CreateGenerationService } from '../generations/create-generation.service.js';
import { DeliveryMarks } from '../generations/delivery-marks.js';
import { toFingerprint } from '../generations/domain/fingerprint.js';
import { isConcluded } from '../generations/domain/generation.js';
import { toRepetition } from '../generations/domain/idempotency.js';
import { toSession } from '../generations/domain/session.js';
import { assertDelivered } from '../generations/assert-delivered.js';
import { GenerationLinks } from '../generations/generation-links.js';
import type { GenerationView } from '../generations/generation-view.js';
import type { RequestContext } from '../http/request-context.js';
import { MediaService } from '../media/media.service.js';
import type { CreateImageDto } from './create-image.dto.js';
import type { ImagesAnswerDto } from './images-answer.dto.js';
import { toGenerationRequest, toResponseFormat } from './to-generation-request.js';
import { toBase64Answer, toLinksAnswer } from './to-images-answer.js';

export type RequestHeaders = Record<string, string | string[] | undefined>;

export interface OpenaiImagesRequest {
  context: RequestContext;
  headers: RequestHeaders;
  body: CreateImageDto;
  reply: FastifyReply;
}

const ROUTE = 'POST /v1/images/generations';

/** OpenAI's image route over the same generations as the native one. */
@Injectable()
export class OpenaiImagesService {
  constructor(
    private readonly config: AppConfig,
    private readonly generations: CreateGenerationService,
    private readonly media: MediaService,
    private readonly links: GenerationLinks,
    private readonly marks: DeliveryMarks,
  ) {}

  /** The answer's body: an object, or a stream of JSON text. */
  async generate(request: OpenaiImagesRequest): Promise<ImagesAnswerDto | Readable> {
    const { body, reply } = request;
    const { view, isReplay } = await this.create(request);
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    void reply.header('x-generation-id', view.generation.id);
    if (!isConcluded(view.generation.status)) throw toLate(view);
    this.marks.markWhenSent(view.generation.id, reply);
    assertDelivered(view, { id: view.generation.id });
    return toResponseFormat(body) === 'url'
      ? toLinksAnswer(view, this.links)
      : toBase64Answer(view, this.media);
  }

  /** OpenAI's clients send no Idempotency-Key; any of them may repeat itself after a dropped connection. */
  private create({ context, headers, body }: OpenaiImagesRequest) {
    const { caller, spaceId, phases } = context;
    assert(caller && spaceId, 'pictures were asked for without a caller or a space');
    return this.generations.create(
      { ...toGenerationRequest(body, spaceId), session: toSession(headers) },
      {
        caller,
        route: ROUTE,
        fingerprint: toFingerprint({ ...body, search_space_id: spaceId }),
        repetition: toRepetition(headers),
        isRepeatable: true,
      },
      { preference: { waitS: this.config.generations.syncWaitS, applied: null }, phases },
    );
  }
}

/** The run goes on; a client that repeats itself attaches to it. */
function toLate({ generation }: GenerationView): DomainError {
  return new DomainError(
    'idempotency.in_progress',
    'The pictures are not ready yet. Send the request again to wait on, or see ' +
      'GET /api/v1/image-generations/{generation_id}.',
    { retryAfterS: 1, details: { generation_id: generation.id } },
  );
}

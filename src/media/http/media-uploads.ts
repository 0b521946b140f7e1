import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { toIdempotencyKey } from '../library/idempotency-key.js';
import { UploadPicturesService } from '../library/upload-pictures.service.js';
import type { UploadedMediaDto } from './media.dto.js';
import { MediaViews } from './media-views.js';
import { UploadForms } from './upload-forms.js';

const FORM_TYPE = 'multipart/form-data';

/** `POST /media`: from its form to 201. */
@Injectable()
export class MediaUploads {
  constructor(
    private readonly forms: UploadForms,
    private readonly uploads: UploadPicturesService,
    private readonly views: MediaViews,
  ) {}

  /** @throws DomainError as UploadForms.read, UploadPicturesService.keep */
  async answer(
    caller: Caller,
    { raw, headers }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<UploadedMediaDto> {
    const idempotencyKey = toIdempotencyKey(headers['idempotency-key']);
    await this.forms.assertNamed(caller, headers);
    if (!(headers['content-type'] ?? '').toLowerCase().startsWith(FORM_TYPE)) {
      throw new DomainError(
        'request.media_type_unsupported',
        'Send Content-Type: multipart/form-data with the pictures as files.',
      );
    }
    const form = await this.forms.read(caller, raw, idempotencyKey);
    const { assets, isReplay } = await this.uploads.keep({ ...form, caller, idempotencyKey });
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    return { data: await this.views.toDtos(assets) };
  }
}

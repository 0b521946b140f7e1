import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { AppConfig } from '../../config/app-config.js';
import type { FormField } from '../../http/read-form.js';
import {
  type SimilarPicture,
  SimilarPicturesService,
} from '../analysis/similar-pictures.service.js';
import { DISTANCE_MAX } from '../domain/perceptual-hash.js';
import { MediaService } from '../media.service.js';
import { FORM_TYPE, readOneFile } from './read-one-file.js';
import { DISTANCE_DEFAULT } from './similar.dto.js';

const FIELDS: ReadonlySet<string> = new Set(['search_space_id', 'media_id', 'max_distance']);
const WHOLE_NUMBER = /^\d{1,2}$/;

/** Reads what pictures are to be like: one file of a form, which is not kept, or a stored picture. */
@Injectable()
export class SimilarRequests {
  constructor(
    private readonly config: AppConfig,
    private readonly media: MediaService,
    private readonly similar: SimilarPicturesService,
  ) {}

  /** @throws DomainError naming the field; as SimilarPicturesService.hash */
  answer(searchSpaceId: string, { headers, raw, body }: FastifyRequest): Promise<SimilarPicture[]> {
    const isForm = (headers['content-type'] ?? '').toLowerCase().startsWith(FORM_TYPE);
    return isForm
      ? this.findLikeFile(searchSpaceId, raw)
      : this.findLikeStored(searchSpaceId, body);
  }

  private async findLikeFile(
    searchSpaceId: string,
    raw: FastifyRequest['raw'],
  ): Promise<SimilarPicture[]> {
    const { taken: hash, fields } = await readOneFile(raw, this.config.http, (bytes) =>
      this.similar.hash(bytes),
    );
    return this.similar.listNear(searchSpaceId, hash, readFields(fields));
  }

  private async findLikeStored(searchSpaceId: string, body: unknown): Promise<SimilarPicture[]> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw DomainError.invalid('body', 'must be a form with one file, or an object with media_id');
    }
    for (const name of Object.keys(body)) {
      if (!FIELDS.has(name)) throw DomainError.invalid(name, 'is not a field of this request');
    }
    const { media_id: id, max_distance: distance = DISTANCE_DEFAULT } = body as Record<
      string,
      unknown
    >;
    if (typeof id !== 'string') throw DomainError.invalid('media_id', 'must be a UUID');
    const distanceMax = assertDistance(distance);
    const asset = isId(id) ? await this.media.findAsset(searchSpaceId, id) : null;
    if (!asset) throw DomainError.notFound('picture');
    return this.similar.list(asset, distanceMax);
  }
}

function readFields(fields: readonly FormField[]): number {
  const [first, second] = fields;
  if (first && first.name !== 'max_distance') {
    throw DomainError.invalid(first.name, 'is not a field of this form');
  }
  if (second) throw DomainError.invalid(second.name, 'is not a field of this form, or given twice');
  if (!first) return DISTANCE_DEFAULT;
  return assertDistance(WHOLE_NUMBER.test(first.value) ? Number(first.value) : null);
}

function assertDistance(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= DISTANCE_MAX) {
    return value as number;
  }
  throw DomainError.invalid('max_distance', `must be a whole number from 0 to ${DISTANCE_MAX}`);
}

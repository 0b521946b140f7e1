import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { type PictureVerdict, VerifyPictureService } from '../provenance/verify-picture.service.js';
import { FORM_TYPE, readOneFile } from './read-one-file.js';
import type { PictureVerdictDto } from './verify.dto.js';

const FIELDS: ReadonlySet<string> = new Set(['search_space_id', 'media_id', 'url']);
const URL_CHARACTERS_MAX = 2_000;

/** Reads what is to be verified: one file of a form, a stored picture, or an address. */
@Injectable()
export class VerifyRequests {
  constructor(
    private readonly config: AppConfig,
    private readonly pictures: VerifyPictureService,
  ) {}

  /** @throws DomainError naming the field */
  async answer(searchSpaceId: string, request: FastifyRequest): Promise<PictureVerdictDto> {
    const isForm = (request.headers['content-type'] ?? '').toLowerCase().startsWith(FORM_TYPE);
    const verdict = isForm
      ? await this.verifyForm(searchSpaceId, request)
      : await this.verifyNamed(searchSpaceId, request.body);
    return toDto(verdict);
  }

  private async verifyForm(
    searchSpaceId: string,
    { raw }: FastifyRequest,
  ): Promise<PictureVerdict> {
    const { taken, fields } = await readOneFile(raw, this.config.http, (bytes) =>
      this.pictures.verify(searchSpaceId, bytes),
    );
    const [field] = fields;
    if (field) throw DomainError.invalid(field.name, 'is not a field of this form');
    return taken;
  }

  private verifyNamed(searchSpaceId: string, body: unknown): Promise<PictureVerdict> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw DomainError.invalid('body', 'must be an object with media_id or url');
    }
    for (const name of Object.keys(body)) {
      if (!FIELDS.has(name)) throw DomainError.invalid(name, 'is not a field of this request');
    }
    const { media_id: mediaId, url } = body as Record<string, unknown>;
    if ((mediaId === undefined) === (url === undefined)) {
      throw DomainError.invalid('media_id', 'or url must be given, and not both');
    }
    if (mediaId !== undefined) {
      if (typeof mediaId !== 'string') throw DomainError.invalid('media_id', 'must be a text');
      return this.pictures.verifyStored(searchSpaceId, mediaId);
    }
    if (typeof url !== 'string' || url.length > URL_CHARACTERS_MAX) {
      throw DomainError.invalid(
        'url',
        `must be a text of at most ${URL_CHARACTERS_MAX} characters`,
      );
    }
    return this.pictures.verifyAt(searchSpaceId, url);
  }
}

function toDto(verdict: PictureVerdict): PictureVerdictDto {
  const { inspection, manifest } = verdict;
  return {
    format: inspection.format,
    width: inspection.widthPx,
    height: inspection.heightPx,
    bytes: inspection.sizeBytes,
    sha256: inspection.sha256,
    known_in_space: verdict.isKnown,
    digital_source_type: verdict.digitalSourceType,
    generator: verdict.generator,
    generation_id: verdict.generationId,
    pixels_equal: verdict.hasSamePixels,
    c2pa: {
      present: manifest.isPresent,
      valid: manifest.isValid ?? null,
      signer: manifest.signer ?? null,
      error: manifest.error ?? null,
    },
  };
}

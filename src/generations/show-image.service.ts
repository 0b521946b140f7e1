import type { StoredBytes } from '../media/domain/media-storage.strategy.js';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { MediaService } from '../media/media.service.js';
import { isNotModified, toImageHeaders } from '../media/to-image-headers.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import { GenerationLinks } from './generation-links.js';

export interface ShownImage {
  headers: Record<string, string>;
  /** Null: the client has it already. */
  stream: StoredBytes['stream'] | null;
}

const INDEX_FORM = /^\d{1,3}$/;

/** Serves the pictures of signed links. */
@Injectable()
export class ShowImageService {
  constructor(
    private readonly clock: Clock,
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly links: GenerationLinks,
  ) {}

  /**
   * @throws DomainError `request.invalid` for an index that is none (400), `request.not_found` for a
   * missing row or index (404), `media.link_invalid` for a token that does not open it (403).
   */
  async open(
    id: string,
    query: Record<string, unknown>,
    ifNoneMatch: string | undefined,
  ): Promise<ShownImage> {
    const index = toIndex(query.index);
    if (typeof query.token !== 'string') throw DomainError.invalid('token', 'is missing');
    const generation = isId(id) ? await this.repository.find(id) : null;
    if (!generation) throw DomainError.notFound('picture');
    const assets = await this.media.findAssets([generation.id]);
    const asset = assets.find((one) => one.index === index);
    if (!asset) throw DomainError.notFound('picture');
    const expiresAt = this.links.verify(query.token, generation, index);
    const headers = toImageHeaders(asset, { expiresAt, now: this.clock.now() });
    if (isNotModified(ifNoneMatch, asset)) {
      const { 'content-length': _length, ...rest } = headers;
      return { headers: rest, stream: null };
    }
    const { stream } = await this.media.openAsset(asset);
    return { headers, stream };
  }
}

function toIndex(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'string' || !INDEX_FORM.test(value)) {
    throw DomainError.invalid('index', 'must be a whole number from 0');
  }
  return Number(value);
}

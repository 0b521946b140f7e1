import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { MediaService } from '../media/media.service.js';
import type { ServedPicture } from '../media/serving/served-picture.js';
import { ServedPictures } from '../media/serving/served-pictures.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import { GenerationLinks } from './generation-links.js';

const INDEX_FORM = /^\d{1,3}$/;

/** Finds the pictures of signed links. */
@Injectable()
export class ShowImageService {
  constructor(
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly links: GenerationLinks,
    private readonly pictures: ServedPictures,
  ) {}

  /**
   * @throws DomainError `request.invalid` for an index that is none (400), `request.not_found` for a
   * missing row or index (404), `media.link_invalid` for a token that does not open it (403).
   */
  async open(id: string, query: Record<string, unknown>): Promise<ServedPicture> {
    const index = toIndex(query.index);
    if (typeof query.token !== 'string') throw DomainError.invalid('token', 'is missing');
    const generation = isId(id) ? await this.repository.find(id) : null;
    if (!generation) throw DomainError.notFound('picture');
    const assets = await this.media.findAssets([generation.id]);
    const asset = assets.find((one) => one.index === index);
    if (!asset) throw DomainError.notFound('picture');
    const expiresAt = this.links.verify(query.token, generation, asset);
    return this.pictures.ofAsset(asset, expiresAt);
  }
}

function toIndex(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'string' || !INDEX_FORM.test(value)) {
    throw DomainError.invalid('index', 'must be a whole number from 0');
  }
  return Number(value);
}

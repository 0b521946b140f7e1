import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../http/public-url.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import { MediaLinks } from '../media/media-links.js';
import { AssetLinks } from '../media/serving/asset-links.js';
import type { Generation } from './domain/generation.js';

/** Of which picture of a generation. */
type Place = Pick<MediaAsset, 'index' | 'linksVersion'>;

const THUMBNAIL_PX = 256;
const THUMBNAIL = { widthPx: THUMBNAIL_PX, heightPx: THUMBNAIL_PX, format: 'webp' } as const;

/** Signed links to the pictures of a generation. */
@Injectable()
export class GenerationLinks {
  constructor(
    private readonly links: MediaLinks,
    private readonly assets: AssetLinks,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** An absolute URL that shows one picture until it expires. */
  toUrl(generation: Generation, place: Place): string {
    const token = this.links.sign(toLink(generation, place));
    return this.publicUrl.to(
      `/api/v1/image-generations/${generation.id}/image?token=${token}&index=${place.index}`,
    );
  }

  /** The same for a small WebP of it. */
  toThumbnailUrl(asset: MediaAsset): string {
    return this.assets.toLink(asset, THUMBNAIL).url;
  }

  /**
   * @returns when the link expires.
   * @throws DomainError `media.link_invalid`
   */
  verify(token: string, generation: Generation, place: Place): Date {
    return this.links.verify(token, toLink(generation, place));
  }
}

/** Both versions only rise, and so does their sum: raising either ends the links given out before. */
function toLink(generation: Generation, { index, linksVersion = 1 }: Place) {
  return {
    generationId: generation.id,
    searchSpaceId: generation.searchSpaceId,
    index,
    version: generation.linksVersion + linksVersion - 1,
  };
}

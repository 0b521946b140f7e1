import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../http/public-url.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { toTransformQuery, type Transform } from '../domain/transform.js';
import { type AssetLink, MediaLinks } from '../media-links.js';

/** An address that shows a picture to whoever has it. */
export interface PictureLink {
  url: string;
  expiresAt: Date;
}

/** Signed links to single pictures, as they are or as something made of them. */
@Injectable()
export class AssetLinks {
  constructor(
    private readonly links: MediaLinks,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** @param ttlS how long it lives at most; default LINK_TTL_S */
  toLink(asset: MediaAsset, transform: Transform | null = null, ttlS?: number): PictureLink {
    const link = toLink(asset, transform);
    const { token, expiresAt } = this.links.signAsset(link, ttlS);
    const query = link.transform === '' ? '' : `&${link.transform}`;
    const url = this.publicUrl.to(`/api/v1/media/${asset.id}/file?token=${token}${query}`);
    return { url, expiresAt };
  }

  /**
   * @returns when the link expires.
   * @throws DomainError `media.link_invalid`
   */
  verify(token: string, asset: MediaAsset, transform: Transform | null): Date {
    return this.links.verifyAsset(token, toLink(asset, transform));
  }
}

function toLink(asset: MediaAsset, transform: Transform | null): AssetLink {
  return {
    assetId: asset.id,
    searchSpaceId: asset.searchSpaceId,
    version: asset.linksVersion ?? 1,
    transform: transform ? toTransformQuery(transform) : '',
  };
}

import { Injectable } from '@nestjs/common';
import { type MediaAsset, toMediaType } from '../domain/media-asset.js';
import { planTransform, toMadeMediaType } from '../domain/transform-plan.js';
import type { Transform } from '../domain/transform.js';
import { MediaService } from '../media.service.js';
import { toEtag, toFileName } from '../to-image-headers.js';
import type { ServedPicture } from './served-picture.js';
import { TransformPicturesService } from './transform-pictures.service.js';

/** Stored pictures as PictureSender takes them. */
@Injectable()
export class ServedPictures {
  constructor(
    private readonly media: MediaService,
    private readonly transforms: TransformPicturesService,
  ) {}

  /** As it is stored. @param expiresAt end of the link; null = seen by right, and asked for every time */
  ofAsset(asset: MediaAsset, expiresAt: Date | null): ServedPicture {
    return {
      etag: toEtag(asset),
      mediaType: toMediaType(asset.format),
      fileName: toFileName(asset),
      expiresAt,
      prepare: async () => ({
        sizeBytes: asset.sizeBytes,
        open: async (range) => (await this.media.openAsset(asset, range)).stream,
      }),
    };
  }

  /**
   * As something that is made of it when it is asked for.
   * @throws DomainError `request.invalid` for what this picture cannot be made into
   */
  ofTransform(asset: MediaAsset, transform: Transform, expiresAt: Date | null): ServedPicture {
    const plan = planTransform(asset, transform);
    return {
      etag: `"${this.transforms.toName(asset, plan)}"`,
      mediaType: toMadeMediaType(plan.format),
      fileName: toFileName(asset, plan.format),
      expiresAt,
      prepare: () => this.transforms.make(asset, plan),
    };
  }
}

import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { MediaAnalyses } from '../domain/media-analyses.port.js';
import { mediaUnreadable } from '../domain/media.errors.js';
import { MediaLibrary } from '../domain/media-library.port.js';
import { toNearBands } from '../domain/perceptual-hash.js';
import { MediaIntake } from '../media-intake.js';
import { AnalysePicturesService } from './analyse-pictures.service.js';

export const SIMILAR_MAX = 50;
/** Pictures that were sent and are whole at once in this process; what comes of all may take as much as so many. */
const HELD_MAX = 4;
const RETRY_AFTER_S = 2;

export interface SimilarPicture {
  asset: MediaAsset;
  distance: number;
}

/** Finds pictures of a space that look like one of them, or like one that was sent. */
@Injectable()
export class SimilarPicturesService {
  /** Those that are whole: who sends slowly keeps nobody else waiting. */
  private held = 0;
  private heldBytes = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly analyses: MediaAnalyses,
    private readonly library: MediaLibrary,
    private readonly pictures: AnalysePicturesService,
  ) {}

  /** Nearest first, without the picture itself; none while it was not looked at. */
  async list(asset: MediaAsset, distanceMax: number): Promise<SimilarPicture[]> {
    const hash = await this.analyses.findHash(asset);
    const near = await this.listNear(asset.searchSpaceId, hash, distanceMax, SIMILAR_MAX + 1);
    return near.filter((one) => one.asset.id !== asset.id).slice(0, SIMILAR_MAX);
  }

  /** Nearest first. @param hash null = there is nothing to tell it by, so nothing is like it */
  async listNear(
    searchSpaceId: string,
    hash: bigint | null,
    distanceMax: number,
    limit = SIMILAR_MAX,
  ): Promise<SimilarPicture[]> {
    if (hash === null) return [];
    const near = { hash, bands: toNearBands(hash, distanceMax), distanceMax };
    const hits = await this.analyses.listSimilar(searchSpaceId, near, limit);
    const found = await this.library.findAll(hits.map(({ assetId }) => assetId));
    const byId = new Map(found.map((one) => [one.id, one]));
    return hits.flatMap(({ assetId, distance }) => {
      const asset = byId.get(assetId);
      return asset ? [{ asset, distance }] : [];
    });
  }

  /**
   * Of a picture that is not stored: it passes the intake of all others before a pixel of it is decoded.
   * @returns null = there is nothing to tell it by
   * @throws DomainError `media.…` for what is no picture, `request.busy`, and what the source throws
   */
  async hash(source: AsyncIterable<Uint8Array>): Promise<bigint | null> {
    const chunks: Uint8Array[] = [];
    try {
      await this.take(source, chunks);
      return await this.look(Buffer.concat(chunks));
    } finally {
      this.heldBytes -= toBytes(chunks);
    }
  }

  private async look(bytes: Buffer): Promise<bigint | null> {
    if (this.held >= HELD_MAX) throw busy();
    this.held += 1;
    try {
      const looks = await this.pictures.lookAt(bytes).catch((cause: unknown) => {
        throw new DomainError('media.unreadable', mediaUnreadable('it cannot be decoded').message, {
          cause,
        });
      });
      return looks.hash;
    } finally {
      this.held -= 1;
    }
  }

  private async take(source: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): Promise<void> {
    const { fileLimitBytes: bytesMax, pixelsMax } = this.config.media;
    const intake = new MediaIntake({ bytesMax, pixelsMax }, { kind: 'clean' });
    for await (const chunk of intake.pass(source)) {
      if (this.heldBytes + chunk.byteLength > HELD_MAX * bytesMax) throw busy();
      chunks.push(chunk);
      this.heldBytes += chunk.byteLength;
    }
  }
}

function toBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function busy(): DomainError {
  return new DomainError(
    'request.busy',
    'Too many pictures are being looked for. Ask again shortly.',
    { retryAfterS: RETRY_AFTER_S },
  );
}

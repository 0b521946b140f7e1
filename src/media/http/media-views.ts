import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../http/public-url.js';
import { type Appearance, MediaAnalyses } from '../domain/media-analyses.port.js';
import type { MediaAsset } from '../domain/media-asset.js';
import type { LibraryFilter } from '../domain/media-library.port.js';
import type { ListMediaDto, MediaDto } from './media.dto.js';

/** Pictures as callers see them. */
@Injectable()
export class MediaViews {
  constructor(
    private readonly publicUrl: PublicUrl,
    private readonly analyses: MediaAnalyses,
  ) {}

  /** With what is known of how they look, all in one question. */
  async toDtos(assets: readonly MediaAsset[]): Promise<MediaDto[]> {
    const appearances = await this.analyses.findAppearances(assets);
    const known = new Map(appearances.map((one) => [toName(one), one]));
    return assets.map((asset) => this.toMediaDto(asset, known.get(toName(asset))));
  }

  async toDto(asset: MediaAsset): Promise<MediaDto> {
    const [appearance] = await this.analyses.findAppearances([asset]);
    return this.toMediaDto(asset, appearance);
  }

  private toMediaDto(asset: MediaAsset, appearance: Appearance | undefined): MediaDto {
    return {
      id: asset.id,
      search_space_id: asset.searchSpaceId,
      role: asset.role,
      generation_id: asset.generationId,
      collection_id: asset.collectionId ?? null,
      width: asset.widthPx,
      height: asset.heightPx,
      format: asset.format,
      bytes: asset.sizeBytes,
      sha256: asset.sha256,
      thumbhash: appearance?.thumbhash ?? null,
      dominant_colour: appearance?.colour ?? null,
      file_name: asset.fileName ?? null,
      created_by: asset.createdBy ?? null,
      created_at: asset.createdAt.toISOString(),
      url: this.publicUrl.to(`/api/v1/media/${asset.id}/content`),
    };
  }
}

function toName({ searchSpaceId, sha256 }: { searchSpaceId: string; sha256: string }): string {
  return `${searchSpaceId}/${sha256}`;
}

export function toLibraryFilter(searchSpaceId: string, query: ListMediaDto): LibraryFilter {
  return {
    searchSpaceId,
    role: query.role ?? null,
    format: query.format ?? null,
    generationId: query.generation_id ?? null,
    collectionId: query.collection_id ?? null,
    createdBy: query.created_by ?? null,
    from: query.from === undefined ? null : new Date(query.from),
    to: query.to === undefined ? null : new Date(query.to),
  };
}

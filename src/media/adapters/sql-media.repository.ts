import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { AssetRole, ImageFormat, MediaAsset } from '../domain/media-asset.js';
import { MediaRepository } from '../domain/media.repository.port.js';
import { type IncomingName, toStorageKey } from '../domain/storage-key.js';

export interface AssetRow {
  id: string;
  search_space_id: string;
  generation_id: string | null;
  attempt_id: string | null;
  role: AssetRole;
  index: number;
  sha256: string;
  format: ImageFormat;
  width_px: number;
  height_px: number;
  size_bytes: string;
  seed: string | null;
  source_asset_id: string | null;
  links_version: number;
  created_at: Date;
  /** Undefined where nobody asked how it looks. */
  thumbhash?: string | null;
}

export const ASSET_COLUMNS = `id, search_space_id, generation_id, attempt_id, role, index, sha256, format, width_px, height_px,
  size_bytes, seed, source_asset_id, links_version, created_at`;

/** Prepared statements on the pool: recording stands on the path of every generation. */
@Injectable()
export class SqlMediaRepository extends MediaRepository {
  constructor(private readonly sql: Sql) {
    super();
  }

  async record(assets: readonly MediaAsset[]): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      'media_record',
      'SELECT id FROM media_record($1) AS added (id)',
      [JSON.stringify(assets.map(toMember))],
    );
    return rows.map(({ id }) => id);
  }

  async findByGenerations(
    generationIds: readonly string[],
    role: AssetRole,
  ): Promise<MediaAsset[]> {
    const rows = await this.sql.query<AssetRow>(
      'media_find_by_generations',
      `SELECT ${ASSET_COLUMNS},
              (SELECT thumbhash FROM media_analyses AS looks
                WHERE looks.search_space_id = a.search_space_id AND looks.sha256 = a.sha256) AS thumbhash
         FROM media_assets AS a WHERE generation_id = ANY ($1::uuid[]) AND role = $2
        ORDER BY generation_id, index, attempt_id`,
      [generationIds, role],
    );
    return rows.map(toAsset);
  }

  async findByAttempt(attemptId: string): Promise<MediaAsset[]> {
    const rows = await this.sql.query<AssetRow>(
      'media_find_by_attempt',
      `SELECT ${ASSET_COLUMNS} FROM media_assets WHERE attempt_id = $1 ORDER BY role, index`,
      [attemptId],
    );
    return rows.map(toAsset);
  }

  async findInSpace(searchSpaceId: string, assetId: string): Promise<MediaAsset | null> {
    const [row] = await this.sql.query<AssetRow>(
      'media_find_in_space',
      `SELECT ${ASSET_COLUMNS} FROM media_assets WHERE id = $1 AND search_space_id = $2`,
      [assetId, searchSpaceId],
    );
    return row ? toAsset(row) : null;
  }

  async findByIncomingName({ ownerId, role, index }: IncomingName): Promise<MediaAsset | null> {
    const [row] = await this.sql.query<AssetRow>(
      'media_find_by_incoming',
      `SELECT ${ASSET_COLUMNS} FROM media_assets
        WHERE (attempt_id = $1 OR (generation_id = $1 AND attempt_id IS NULL) OR (id = $1 AND role = 'upload'))
          AND role = $2 AND index = $3`,
      [ownerId, role, index],
    );
    return row ? toAsset(row) : null;
  }
}

/** As the database functions take it. */
export function toMember(asset: MediaAsset): Record<string, unknown> {
  return {
    id: asset.id,
    search_space_id: asset.searchSpaceId,
    generation_id: asset.generationId,
    attempt_id: asset.attemptId,
    role: asset.role,
    index: asset.index,
    sha256: asset.sha256,
    format: asset.format,
    storage_key: toStorageKey(asset),
    width_px: asset.widthPx,
    height_px: asset.heightPx,
    size_bytes: asset.sizeBytes,
    seed: asset.seed,
    source_asset_id: asset.sourceAssetId ?? null,
    given_sha256: asset.givenSha256 ?? null,
    created_at: asset.createdAt.toISOString(),
  };
}

export function toAsset(row: AssetRow): MediaAsset {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    generationId: row.generation_id,
    attemptId: row.attempt_id,
    role: row.role,
    index: row.index,
    sha256: row.sha256,
    format: row.format,
    widthPx: row.width_px,
    heightPx: row.height_px,
    sizeBytes: Number(row.size_bytes),
    seed: row.seed === null ? null : Number(row.seed),
    sourceAssetId: row.source_asset_id,
    linksVersion: row.links_version,
    createdAt: row.created_at,
    ...(row.thumbhash !== undefined && { thumbhash: row.thumbhash }),
  };
}

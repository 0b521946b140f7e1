import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { LinkedAssets } from '../domain/linked-assets.port.js';
import type { MediaAsset, ReleasedBlob } from '../domain/media-asset.js';
import { ASSET_COLUMNS, type AssetRow, toAsset } from './sql-media.repository.js';

const LIST_USED = `
  SELECT blob.search_space_id, blob.sha256
    FROM unnest($1::uuid[], $2::text[]) AS asked (search_space_id, sha256)
    JOIN media_blobs AS blob USING (search_space_id, sha256)
   WHERE blob.refs > 0`;

@Injectable()
export class SqlLinkedAssets extends LinkedAssets {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(assetId: string): Promise<MediaAsset | null> {
    const [row] = await this.sql.query<AssetRow>(
      'media_find_linked',
      `SELECT ${ASSET_COLUMNS} FROM media_assets WHERE id = $1`,
      [assetId],
    );
    return row ? toAsset(row) : null;
  }

  async listUsed(blobs: readonly ReleasedBlob[]): Promise<ReleasedBlob[]> {
    const rows = await this.sql.query<{ search_space_id: string; sha256: string }>(
      'media_list_used_blobs',
      LIST_USED,
      [blobs.map(({ searchSpaceId }) => searchSpaceId), blobs.map(({ sha256 }) => sha256)],
    );
    return rows.map((row) => ({ searchSpaceId: row.search_space_id, sha256: row.sha256 }));
  }
}

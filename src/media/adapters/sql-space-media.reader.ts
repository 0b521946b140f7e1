import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { ReleasedBlob } from '../domain/media-asset.js';
import { SpaceMediaReader } from '../domain/space-media.reader.port.js';

/** Along the key of the blobs; assets have no index by space, so they are asked for only when a blob is still used. */
const LIST_ASSETS = `
  SELECT id FROM media_assets
   WHERE search_space_id = $1 AND EXISTS (
         SELECT FROM media_blobs WHERE search_space_id = $1 AND refs > 0)
   LIMIT $2`;

@Injectable()
export class SqlSpaceMediaReader extends SpaceMediaReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listUnused(searchSpaceId: string, limit: number): Promise<ReleasedBlob[]> {
    const rows = await this.sql.query<{ sha256: string }>(
      'media_list_unused_of_space',
      'SELECT sha256 FROM media_blobs WHERE search_space_id = $1 AND refs = 0 ORDER BY sha256 LIMIT $2',
      [searchSpaceId, limit],
    );
    return rows.map(({ sha256 }) => ({ searchSpaceId, sha256 }));
  }

  async listAssetIds(searchSpaceId: string, limit: number): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>('media_list_assets_of_space', LIST_ASSETS, [
      searchSpaceId,
      limit,
    ]);
    return rows.map(({ id }) => id);
  }
}

import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { MediaAsset, ReleasedBlob } from '../domain/media-asset.js';
import { MediaInventory, type NamedBlob } from '../domain/media-inventory.port.js';
import { ASSET_COLUMNS, type AssetRow, toAsset } from './sql-media.repository.js';

interface BlobRow {
  search_space_id: string;
  sha256: string;
  storage_key: string;
  size_bytes: string;
  refs: number;
  created_at: Date;
}

const COLUMNS = 'search_space_id, sha256, storage_key, size_bytes, refs, created_at';
const FLOOR = { searchSpaceId: '00000000-0000-0000-0000-000000000000', sha256: '' };

/** Along the primary key: a storage key begins with the space and goes on with the hash, so both have one order. */
const LIST = `
  SELECT ${COLUMNS} FROM media_blobs WHERE (search_space_id, sha256) > ($1::uuid, $2)
   ORDER BY search_space_id, sha256 LIMIT $3`;

@Injectable()
export class SqlMediaInventory extends MediaInventory {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listBlobs(after: ReleasedBlob | null, limit: number): Promise<NamedBlob[]> {
    const { searchSpaceId, sha256 } = after ?? FLOOR;
    const rows = await this.sql.query<BlobRow>('media_inventory_list', LIST, [
      searchSpaceId,
      sha256,
      limit,
    ]);
    return rows.map(toBlob);
  }

  async findBlob({ searchSpaceId, sha256 }: ReleasedBlob): Promise<NamedBlob | null> {
    const [row] = await this.sql.query<BlobRow>(
      'media_inventory_find',
      `SELECT ${COLUMNS} FROM media_blobs WHERE search_space_id = $1 AND sha256 = $2`,
      [searchSpaceId, sha256],
    );
    return row ? toBlob(row) : null;
  }

  async listAssets({ searchSpaceId, sha256 }: ReleasedBlob, limit: number): Promise<MediaAsset[]> {
    const rows = await this.sql.query<AssetRow>(
      'media_inventory_assets',
      `SELECT ${ASSET_COLUMNS} FROM media_assets WHERE search_space_id = $1 AND sha256 = $2
        ORDER BY id LIMIT $3`,
      [searchSpaceId, sha256, limit],
    );
    return rows.map(toAsset);
  }
}

function toBlob(row: BlobRow): NamedBlob {
  return {
    searchSpaceId: row.search_space_id,
    sha256: row.sha256,
    storageKey: row.storage_key,
    sizeBytes: Number(row.size_bytes),
    refs: row.refs,
    createdAt: row.created_at,
  };
}

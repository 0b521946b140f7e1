import type { EntityManager } from 'typeorm';
import { AssetLinksRepository } from '../domain/linked-assets.port.js';

export class TypeormAssetLinksRepository extends AssetLinksRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async raiseVersion(searchSpaceId: string, assetId: string): Promise<number | null> {
    // TypeORM answers an UPDATE with [rows, count].
    const [[row]] = await this.manager.query<[{ links_version: number }[], number]>(
      `UPDATE media_assets SET links_version = links_version + 1
        WHERE id = $1 AND search_space_id = $2 RETURNING links_version`,
      [assetId, searchSpaceId],
    );
    return row?.links_version ?? null;
  }
}

import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids.js';
import type { Outbox } from '../../persistence/outbox.port.js';
import { BLOB_RELEASED, type ReleasedBlob } from '../domain/media-asset.js';
import { MediaReleases } from '../domain/media-releases.port.js';

interface UnusedRow {
  unused_space_id: string;
  unused_sha256: string;
}

const RELEASE = 'SELECT unused_space_id, unused_sha256 FROM media_release';

/** Letting go of pictures inside one transaction; the outbox makes sure that the bytes follow. */
export class TypeormMediaReleases extends MediaReleases {
  constructor(
    private readonly manager: EntityManager,
    private readonly outbox: Outbox,
  ) {
    super();
  }

  async releaseGeneration(generationId: string): Promise<ReleasedBlob[]> {
    const rows: UnusedRow[] = await this.manager.query(
      `${RELEASE}(ARRAY(SELECT id FROM media_assets WHERE generation_id = $1))`,
      [generationId],
    );
    return this.announce(rows);
  }

  async releaseAssets(assetIds: readonly string[]): Promise<ReleasedBlob[]> {
    const rows: UnusedRow[] = await this.manager.query(`${RELEASE}($1::uuid[])`, [assetIds]);
    return this.announce(rows);
  }

  async lockUnused({ searchSpaceId, sha256 }: ReleasedBlob): Promise<string | null> {
    const rows: { storage_key: string }[] = await this.manager.query(
      `SELECT storage_key FROM media_blobs
        WHERE search_space_id = $1 AND sha256 = $2 AND refs = 0 FOR UPDATE`,
      [searchSpaceId, sha256],
    );
    return rows[0]?.storage_key ?? null;
  }

  async forget({ searchSpaceId, sha256 }: ReleasedBlob): Promise<void> {
    await this.manager.query(
      'DELETE FROM media_blobs WHERE search_space_id = $1 AND sha256 = $2 AND refs = 0',
      [searchSpaceId, sha256],
    );
  }

  private async announce(rows: readonly UnusedRow[]): Promise<ReleasedBlob[]> {
    const blobs = rows.map((row) => ({
      searchSpaceId: row.unused_space_id,
      sha256: row.unused_sha256,
    }));
    const events = blobs.map(({ searchSpaceId, sha256 }) => ({
      id: newId(),
      kind: BLOB_RELEASED,
      searchSpaceId,
      payload: { sha256 },
    }));
    if (events.length > 0) await this.outbox.append(...events);
    return blobs;
  }
}

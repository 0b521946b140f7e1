import type { EntityManager } from 'typeorm';
import { StorageQuotas } from '../domain/storage-stats.store.port.js';

const SET = `
  INSERT INTO storage_quotas (search_space_id, max_bytes, updated_by, updated_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (search_space_id) DO UPDATE SET max_bytes = excluded.max_bytes,
    updated_by = excluded.updated_by, updated_at = excluded.updated_at`;

export class TypeormStorageQuotas extends StorageQuotas {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async set(
    searchSpaceId: string,
    maxBytes: number | null,
    by: string,
    now: Date,
  ): Promise<number | null | undefined> {
    const spaces = await this.manager.query<object[]>(
      `SELECT FROM search_spaces WHERE id = $1 AND state = 'active' FOR UPDATE`,
      [searchSpaceId],
    );
    if (spaces.length === 0) return undefined;
    const [row] = await this.manager.query<{ max_bytes: string }[]>(
      'SELECT max_bytes FROM storage_quotas WHERE search_space_id = $1',
      [searchSpaceId],
    );
    if (maxBytes !== null) await this.manager.query(SET, [searchSpaceId, maxBytes, by, now]);
    else
      await this.manager.query('DELETE FROM storage_quotas WHERE search_space_id = $1', [
        searchSpaceId,
      ]);
    return row ? Number(row.max_bytes) : null;
  }
}

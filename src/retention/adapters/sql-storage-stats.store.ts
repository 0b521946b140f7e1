import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { CollectionSum, StorageStats, StorageSum } from '../domain/storage-stats.js';
import { StorageStatsStore } from '../domain/storage-stats.store.port.js';

/** What was added up and what was not yet, of one moment. */
const SUMS = `
  SELECT kind, role, format, sum(pictures) AS pictures, sum(bytes) AS bytes FROM (
    SELECT kind, role, format, pictures, bytes FROM storage_sums
     WHERE search_space_id = $1 AND kind IN ('asset', 'blob')
    UNION ALL
    SELECT kind, role, format, pictures, bytes FROM storage_changes
     WHERE search_space_id = $1 AND kind IN ('asset', 'blob')) AS both_kinds
   GROUP BY kind, role, format HAVING sum(pictures) <> 0 ORDER BY kind, role, format`;

const USED = `
  SELECT coalesce(sum(bytes), 0) AS bytes FROM (
    SELECT bytes FROM storage_sums WHERE search_space_id = $1 AND kind = 'blob'
    UNION ALL
    SELECT bytes FROM storage_changes WHERE search_space_id = $1 AND kind = 'blob') AS both_kinds`;

const TIMES = `
  SELECT (SELECT created_at FROM generations WHERE search_space_id = $1 ORDER BY id LIMIT 1) AS oldest_at,
         (SELECT created_at FROM generations WHERE search_space_id = $1 ORDER BY id DESC LIMIT 1) AS newest_at`;

const LIST = `
  SELECT DISTINCT search_space_id AS id FROM storage_sums
   WHERE $1::uuid IS NULL OR search_space_id < $1 ORDER BY search_space_id DESC LIMIT $2`;

/** Sums of a page of collections; what was not yet added up is little, and read once. */
const COLLECTIONS = `
  WITH page AS (
    SELECT id, name FROM collections
     WHERE search_space_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
  ), changed AS (
    SELECT role, sum(pictures) AS pictures, sum(bytes) AS bytes FROM storage_changes
     WHERE search_space_id = $1 AND kind = 'collection' GROUP BY role
  )
  SELECT p.id, p.name, coalesce(k.pictures, 0) + coalesce(c.pictures, 0) AS pictures,
         coalesce(k.bytes, 0) + coalesce(c.bytes, 0) AS bytes
    FROM page p
    LEFT JOIN storage_sums k ON k.search_space_id = $1 AND k.kind = 'collection' AND k.role = p.id::text
         AND k.format = ''
    LEFT JOIN changed c ON c.role = p.id::text
   ORDER BY p.id DESC`;

interface CollectionRow {
  id: string;
  name: string;
  pictures: string;
  bytes: string;
}

interface SumRow {
  kind: 'asset' | 'blob';
  role: string;
  format: string;
  pictures: string;
  bytes: string;
}

@Injectable()
export class SqlStorageStatsStore extends StorageStatsStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(searchSpaceId: string): Promise<StorageStats> {
    const rows = await this.sql.query<SumRow>('storage_sums_of_space', SUMS, [searchSpaceId]);
    const [times] = await this.sql.query<{ oldest_at: Date | null; newest_at: Date | null }>(
      'storage_times_of_space',
      TIMES,
      [searchSpaceId],
    );
    const assets = rows.filter(({ kind }) => kind === 'asset');
    return {
      searchSpaceId,
      stored: addUp(rows.filter(({ kind }) => kind === 'blob')),
      logical: addUp(assets),
      byRole: groupBy(assets, ({ role }) => role),
      byFormat: groupBy(assets, ({ format }) => format),
      oldestAt: times?.oldest_at ?? null,
      newestAt: times?.newest_at ?? null,
    };
  }

  async findUsedBytes(searchSpaceId: string): Promise<number> {
    const [row] = await this.sql.query<{ bytes: string }>('storage_used_bytes', USED, [
      searchSpaceId,
    ]);
    return Number(row?.bytes ?? 0);
  }

  async listSpaces({ limit, after }: PageRequest): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>('storage_list_spaces', LIST, [
      after,
      limit + 1,
    ]);
    return rows.map(({ id }) => id);
  }

  async listCollections(
    searchSpaceId: string,
    { limit, after }: PageRequest,
  ): Promise<CollectionSum[]> {
    const values = [searchSpaceId, after, limit + 1];
    const rows = await this.sql.query<CollectionRow>('storage_collections', COLLECTIONS, values);
    return rows.map(({ id, name, pictures, bytes }) => ({
      id,
      name,
      pictures: Number(pictures),
      bytes: Number(bytes),
    }));
  }

  async findQuota(searchSpaceId: string): Promise<number | null> {
    const [row] = await this.sql.query<{ max_bytes: string }>(
      'storage_find_quota',
      'SELECT max_bytes FROM storage_quotas WHERE search_space_id = $1',
      [searchSpaceId],
    );
    return row ? Number(row.max_bytes) : null;
  }

  async fold(
    limit: number,
    houseMaxBytes: number | null,
  ): Promise<{ folded: number; told: number }> {
    const [row] = await this.sql.query<{ folded: string; told: number }>(
      'storage_fold_watched',
      'SELECT folded, told FROM storage_fold_watched($1, $2)',
      [limit, houseMaxBytes],
    );
    return { folded: Number(row?.folded ?? 0), told: row?.told ?? 0 };
  }

  async watch(searchSpaceIds: readonly string[], houseMaxBytes: number | null): Promise<number> {
    const [row] = await this.sql.query<{ told: number }>(
      'storage_watch_quotas',
      'SELECT storage_watch_quotas($1::uuid[], $2) AS told',
      [searchSpaceIds, houseMaxBytes],
    );
    return row?.told ?? 0;
  }

  async dropChanges(searchSpaceId: string): Promise<number> {
    const rows = await this.sql.query(
      'storage_drop_changes',
      'DELETE FROM storage_changes WHERE search_space_id = $1 RETURNING id',
      [searchSpaceId],
    );
    return rows.length;
  }
}

function groupBy(rows: readonly SumRow[], toKey: (row: SumRow) => string): Map<string, StorageSum> {
  const keys = [...new Set(rows.map(toKey))];
  return new Map(keys.map((key) => [key, addUp(rows.filter((row) => toKey(row) === key))]));
}

function addUp(rows: readonly SumRow[]): StorageSum {
  return {
    pictures: rows.reduce((sum, row) => sum + Number(row.pictures), 0),
    bytes: rows.reduce((sum, row) => sum + Number(row.bytes), 0),
  };
}

import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import {
  type Cleanup,
  type CleanupFilters,
  type CleanupWork,
  type ClearedRole,
  PLANNED_MAX,
  PLANS_MAX,
} from '../domain/cleanup.js';
import { CleanupsStore, type UnusedBlob } from '../domain/cleanups.store.port.js';
import { CLEANUP_COLUMNS, type CleanupRow, toCleanup } from './cleanup-row.js';

/** One more than a plan may name is looked for, so that it is known whether there is more. */
const PLAN = `
  WITH found AS (
    SELECT g.id, g.search_space_id,
           legal_hold_on(g.search_space_id, g.id, g.collection_id, g.created_by, g.created_at) IS NOT NULL AS is_held,
           row_number() OVER (ORDER BY g.id) AS place
      FROM generations g
     WHERE ($2::uuid IS NULL OR g.search_space_id = $2) AND g.status = ANY ($3::text[])
       AND g.created_at < $4 AND ($5::uuid IS NULL OR g.id > $5)
       AND NOT ($6 AND EXISTS (SELECT FROM generation_favourites f WHERE f.generation_id = g.id))
     ORDER BY g.id LIMIT ${PLANNED_MAX} + 1
  ), chosen AS (
    SELECT id, search_space_id FROM found WHERE place <= ${PLANNED_MAX} AND NOT is_held
  ), used AS (
    SELECT a.search_space_id, a.sha256, count(*) AS uses
      FROM chosen JOIN media_assets a ON a.generation_id = chosen.id
     WHERE a.role = ANY ($7::text[]) GROUP BY a.search_space_id, a.sha256
  ), dropped AS (
    DELETE FROM storage_cleanups WHERE state = 'planned' AND id IN (
      SELECT id FROM storage_cleanups
       WHERE (search_space_id = $2 OR ($2 IS NULL AND search_space_id IS NULL)) AND state = 'planned'
       ORDER BY id DESC OFFSET ${PLANS_MAX - 1})
  ), named AS (
    INSERT INTO storage_cleanups AS made (id, search_space_id, filters, state, generations, pictures, bytes, held_back,
      next_after, asked_by, created_at)
    SELECT $1, $2, $8, 'planned', (SELECT count(*) FROM chosen),
           coalesce((SELECT sum(uses) FROM used), 0),
           coalesce((SELECT sum(b.size_bytes) FROM used JOIN media_blobs b USING (search_space_id, sha256)
                      WHERE used.uses >= b.refs), 0),
           (SELECT count(*) FROM found WHERE place <= ${PLANNED_MAX} AND is_held),
           CASE WHEN (SELECT count(*) FROM found) > ${PLANNED_MAX}
             THEN (SELECT id FROM found WHERE place = ${PLANNED_MAX}) END,
           $9, $10
    RETURNING *
  ), listed AS (
    INSERT INTO storage_cleanup_items (cleanup_id, generation_id, search_space_id)
    SELECT named.id, chosen.id, chosen.search_space_id FROM named CROSS JOIN chosen
  )
  SELECT ${CLEANUP_COLUMNS} FROM named`;

const LIST_RUNNING = `
  SELECT id, search_space_id, filters FROM storage_cleanups WHERE state = 'running' ORDER BY id LIMIT $1`;

const LIST_UNUSED = `
  SELECT search_space_id, sha256 FROM media_blobs
   WHERE refs = 0 AND ($1::uuid IS NULL OR search_space_id = $1)
     AND created_at < now() - interval '1 day'
   ORDER BY search_space_id, sha256 LIMIT $2`;

const FORGET = `
  DELETE FROM storage_cleanups WHERE id IN (
    SELECT id FROM storage_cleanups
     WHERE (state = 'planned' AND created_at < now() - make_interval(secs => $1))
        OR (state = 'done' AND created_at < now() - make_interval(secs => $2))
     ORDER BY created_at LIMIT $3)
  RETURNING id`;

interface KeptFilters {
  roles: ClearedRole[];
  includes_orphans: boolean;
}

/** As the system: favourites of all users count. */
@Injectable()
export class SqlCleanupsStore extends CleanupsStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async plan(id: string, filters: CleanupFilters, askedBy: string, now: Date): Promise<Cleanup> {
    const kept = {
      made_before: filters.madeBefore.toISOString(),
      statuses: filters.statuses,
      roles: filters.roles,
      keeps_favourites: filters.keepsFavourites,
      includes_orphans: filters.includesOrphans,
    };
    const [row] = await this.sql.query<CleanupRow>('storage_cleanups_plan', PLAN, [
      id,
      filters.searchSpaceId,
      filters.statuses,
      filters.madeBefore,
      filters.after,
      filters.keepsFavourites,
      toCountedRoles(filters.roles),
      JSON.stringify(kept),
      askedBy,
      now,
    ]);
    return toCleanup(row!);
  }

  async find(id: string): Promise<Cleanup | null> {
    const [row] = await this.sql.query<CleanupRow>(
      'storage_cleanups_find',
      `SELECT ${CLEANUP_COLUMNS} FROM storage_cleanups WHERE id = $1`,
      [id],
    );
    return row ? toCleanup(row) : null;
  }

  async listRunning(limit: number): Promise<CleanupWork[]> {
    const rows = await this.sql.query<{
      id: string;
      search_space_id: string | null;
      filters: KeptFilters;
    }>('storage_cleanups_running', LIST_RUNNING, [limit]);
    return rows.map(({ id, search_space_id: searchSpaceId, filters }) => ({
      id,
      searchSpaceId,
      roles: filters.roles,
      includesOrphans: filters.includes_orphans,
    }));
  }

  async listUnused(searchSpaceId: string | null, limit: number): Promise<UnusedBlob[]> {
    const rows = await this.sql.query<{ search_space_id: string; sha256: string }>(
      'storage_cleanups_unused',
      LIST_UNUSED,
      [searchSpaceId, limit],
    );
    return rows.map((row) => ({ searchSpaceId: row.search_space_id, sha256: row.sha256 }));
  }

  async forget(plannedS: number, doneS: number, limit: number): Promise<number> {
    const rows = await this.sql.query('storage_cleanups_forget', FORGET, [plannedS, doneS, limit]);
    return rows.length;
  }
}

/** A generation that goes whole takes all its pictures with it. */
function toCountedRoles(roles: readonly ClearedRole[]): string[] {
  return roles.includes('output') ? ['output', 'input', 'mask'] : [...roles];
}

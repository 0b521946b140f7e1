import type { EntityManager } from 'typeorm';
import { HeldRows } from '../domain/held-rows.port.js';

const lockSpacesOf = (table: string): string => `
  SELECT count(pg_advisory_xact_lock_shared(legal_hold_lock(space))) FROM (
    SELECT DISTINCT search_space_id AS space FROM ${table} WHERE id = ANY ($1::uuid[]) ORDER BY 1) AS named`;

const FREE_GENERATIONS = `
  SELECT g.id FROM generations g
   WHERE g.id = ANY ($1::uuid[]) AND g.status NOT IN ('queued', 'running')
     AND legal_hold_on(g.search_space_id, g.id, g.collection_id, g.created_by, g.created_at) IS NULL
   ORDER BY g.id`;

const FREE_ASSETS = `
  SELECT a.id FROM media_assets a LEFT JOIN generations g ON g.id = a.generation_id
   WHERE a.id = ANY ($1::uuid[]) AND coalesce(g.status NOT IN ('queued', 'running'), true)
     AND legal_hold_on(a.search_space_id, g.id, coalesce(g.collection_id, (to_jsonb(a) ->> 'collection_id')::uuid),
           coalesce(g.created_by, (to_jsonb(a) ->> 'created_by')::uuid),
           coalesce(g.created_at, a.created_at)) IS NULL
   ORDER BY a.id`;

export class TypeormHeldRows extends HeldRows {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockFreeGenerations(ids: readonly string[]): Promise<string[]> {
    return this.lockFree('generations', FREE_GENERATIONS, ids);
  }

  async lockFreeAssets(ids: readonly string[]): Promise<string[]> {
    return this.lockFree('media_assets', FREE_ASSETS, ids);
  }

  async lockFreeSpace(searchSpaceId: string): Promise<boolean> {
    await this.manager.query('SELECT pg_advisory_xact_lock_shared(legal_hold_lock($1))', [
      searchSpaceId,
    ]);
    const rows = await this.manager.query<object[]>(
      'SELECT id FROM legal_holds WHERE search_space_id = $1 AND lifted_at IS NULL LIMIT 1',
      [searchSpaceId],
    );
    return rows.length === 0;
  }

  private async lockFree(table: string, list: string, ids: readonly string[]): Promise<string[]> {
    await this.manager.query(lockSpacesOf(table), [ids]);
    const rows = await this.manager.query<{ id: string }[]>(list, [ids]);
    return rows.map(({ id }) => id);
  }
}

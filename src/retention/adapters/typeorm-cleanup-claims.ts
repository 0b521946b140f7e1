import type { EntityManager } from 'typeorm';
import { CleanupClaims } from '../domain/cleanups.store.port.js';

const BEGIN = `
  UPDATE storage_cleanups SET state = 'running', started_by = $2
   WHERE id = $1 AND state = 'planned' AND created_at > now() - make_interval(secs => $3)
  RETURNING id`;

const TAKE = `
  DELETE FROM storage_cleanup_items WHERE cleanup_id = $1 AND generation_id IN (
    SELECT generation_id FROM storage_cleanup_items WHERE cleanup_id = $1
     ORDER BY generation_id LIMIT $2 FOR UPDATE SKIP LOCKED)
  RETURNING generation_id`;

const LIST_ASSETS = `
  SELECT id FROM media_assets WHERE generation_id = ANY ($1::uuid[]) AND role = ANY ($2::text[])`;

const COUNT = `
  UPDATE storage_cleanups SET done_generations = done_generations + $2, done_pictures = done_pictures + $3,
         passed_over = passed_over + $4
   WHERE id = $1`;

const FINISH = `
  UPDATE storage_cleanups c SET state = 'done', finished_at = now()
   WHERE c.id = $1 AND c.state = 'running'
     AND NOT EXISTS (SELECT FROM storage_cleanup_items i WHERE i.cleanup_id = c.id)
  RETURNING id`;

export class TypeormCleanupClaims extends CleanupClaims {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async begin(id: string, by: string, plannedWithinS: number): Promise<boolean> {
    return (await this.change(BEGIN, [id, by, plannedWithinS])).length > 0;
  }

  async take(id: string, limit: number): Promise<string[]> {
    const rows = await this.change<{ generation_id: string }>(TAKE, [id, limit]);
    return rows.map(({ generation_id: generationId }) => generationId).toSorted();
  }

  async listAssets(generationIds: readonly string[], roles: readonly string[]): Promise<string[]> {
    const rows = await this.manager.query<{ id: string }[]>(LIST_ASSETS, [generationIds, roles]);
    return rows.map(({ id }) => id);
  }

  async count(
    id: string,
    done: { generations: number; pictures: number; passedOver: number },
  ): Promise<void> {
    await this.manager.query(COUNT, [id, done.generations, done.pictures, done.passedOver]);
  }

  async finish(id: string): Promise<boolean> {
    return (await this.change(FINISH, [id])).length > 0;
  }

  private async change<R extends object>(statement: string, values: unknown[]): Promise<R[]> {
    const [rows] = await this.manager.query<[R[], number]>(statement, values);
    return rows;
  }
}

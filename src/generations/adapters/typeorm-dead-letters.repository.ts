import type { EntityManager } from 'typeorm';
import { DeadLettersRepository } from '../domain/dead-letters.repository.port.js';

const TAKE = `
WITH taken AS (
  UPDATE dead_letters d SET retry_at = now(),
    retry_id = CASE WHEN EXISTS (SELECT FROM generations g WHERE g.id = d.retry_id) THEN $2
      ELSE coalesce(d.retry_id, $2) END
  WHERE id = $1 AND (retry_at IS NULL OR retry_at < now() - interval '2 minutes'
    AND NOT EXISTS (SELECT FROM generations g WHERE g.id = d.retry_id))
  RETURNING retry_id
)
SELECT retry_id FROM taken`;

const GIVE_BACK = `
UPDATE dead_letters SET retry_at = NULL WHERE id = $1 AND retry_id = $2`;

const REMOVE = `WITH gone AS (DELETE FROM dead_letters WHERE id = $1 RETURNING id) SELECT id FROM gone`;

export class TypeormDeadLettersRepository extends DeadLettersRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async take(id: string, retryId: string): Promise<string | null> {
    const [taken] = await this.manager.query<{ retry_id: string }[]>(TAKE, [id, retryId]);
    return taken?.retry_id ?? null;
  }

  async giveBack(id: string, retryId: string): Promise<void> {
    await this.manager.query(GIVE_BACK, [id, retryId]);
  }

  async remove(id: string): Promise<boolean> {
    return (await this.manager.query<object[]>(REMOVE, [id])).length > 0;
  }
}

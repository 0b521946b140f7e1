import type { EntityManager } from 'typeorm';
import type { Resolution } from '../domain/reconciliation.js';
import { ReconciliationRepository } from '../domain/reconciliation.repository.port.js';

const RESOLVE = `
  UPDATE reconciliation_items SET resolved_at = now(), resolved_by = $2, note = $3
   WHERE id = $1 AND resolved_at IS NULL RETURNING id`;

export class TypeormReconciliationRepository extends ReconciliationRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async resolve({ itemId, actor, note }: Resolution): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(RESOLVE, [itemId, actor, note]);
    return rows.length > 0;
  }
}

import type { EntityManager } from 'typeorm';
import { findConstraint } from '../../persistence/sql-error.js';
import type { LegalHold } from '../domain/legal-hold.js';
import { LegalHoldsRepository } from '../domain/legal-holds.reader.port.js';

const ADD = `
  INSERT INTO legal_holds (id, search_space_id, reason, scope, collection_id, user_id, generation_ids,
    made_from, made_to, placed_by, placed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

const STRANGERS = `
  SELECT ($2::uuid IS NOT NULL AND NOT EXISTS (
           SELECT FROM collections WHERE id = $2 AND search_space_id = $1))
      OR EXISTS (SELECT FROM unnest($3::uuid[]) AS named (id) WHERE NOT EXISTS (
           SELECT FROM generations g WHERE g.id = named.id AND g.search_space_id = $1)) AS has_strangers`;

const LIFT = `
  UPDATE legal_holds SET lifted_by = $2, lifted_at = $3, lift_reason = $4
   WHERE id = $1 AND lifted_at IS NULL RETURNING id`;

export class TypeormLegalHoldsRepository extends LegalHoldsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(hold: LegalHold): Promise<boolean> {
    try {
      await this.manager.query(ADD, [
        hold.id,
        hold.searchSpaceId,
        hold.reason,
        hold.scope,
        hold.collectionId,
        hold.userId,
        hold.generationIds,
        hold.madeFrom,
        hold.madeTo,
        hold.placedBy,
        hold.placedAt,
      ]);
      return true;
    } catch (error) {
      if (findConstraint(error) === 'search_space_is_active') return false;
      throw error;
    }
  }

  async hasStrangers(hold: LegalHold): Promise<boolean> {
    const [row] = await this.manager.query<{ has_strangers: boolean }[]>(STRANGERS, [
      hold.searchSpaceId,
      hold.collectionId,
      hold.generationIds ?? [],
    ]);
    return row?.has_strangers ?? true;
  }

  async lift(id: string, { by, at, reason }: NonNullable<LegalHold['lifted']>): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(LIFT, [id, by, at, reason]);
    return rows.length > 0;
  }
}

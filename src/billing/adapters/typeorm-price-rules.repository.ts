import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import { findConstraint } from '../../persistence/sql-error.js';
import type { PriceRule } from '../domain/price-rule.js';
import { PriceRulesRepository } from '../domain/price-rules.repository.port.js';
import { type RuleRow, toRule } from './pricing-rows.js';

const INSERT = `
  INSERT INTO price_rules (id, scope, user_id, route_name, space_id, multiplier_bp, note, created_by, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

export class TypeormPriceRulesRepository extends PriceRulesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(): Promise<number> {
    await this.manager.query('SELECT revision FROM price_state FOR UPDATE');
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM price_rules',
    );
    return row?.count ?? 0;
  }

  async add(rule: PriceRule): Promise<void> {
    const { id, scope, userId, routeName, searchSpaceId, multiplierBp, note } = rule;
    const values = [id, scope, userId, routeName, searchSpaceId, multiplierBp, note];
    await this.manager
      .query(INSERT, [...values, rule.createdBy, rule.createdAt])
      .catch(refuseKnown);
  }

  async find(id: string): Promise<PriceRule | null> {
    const [row] = await this.manager.query<{ rule: RuleRow }[]>(
      'SELECT to_jsonb(r) AS rule FROM price_rules r WHERE r.id = $1 FOR UPDATE',
      [id],
    );
    return row ? toRule(row.rule) : null;
  }

  async update({
    id,
    multiplierBp,
    note,
  }: Pick<PriceRule, 'id' | 'multiplierBp' | 'note'>): Promise<void> {
    await this.manager.query('UPDATE price_rules SET multiplier_bp = $2, note = $3 WHERE id = $1', [
      id,
      multiplierBp,
      note,
    ]);
  }

  async remove(id: string): Promise<void> {
    await this.manager.query('DELETE FROM price_rules WHERE id = $1', [id]);
  }
}

function refuseKnown(error: unknown): never {
  switch (findConstraint(error)) {
    case 'price_rules_user_id_fkey':
      throw DomainError.invalid('user_id', 'is no user');
    case 'price_rules_space_id_fkey':
      throw DomainError.invalid('search_space_id', 'is no search space');
    case 'price_rules_one_of_a_kind':
      throw new DomainError(
        'request.conflict',
        'There is a multiplier for exactly this already. Change that one.',
      );
    default:
      throw error;
  }
}

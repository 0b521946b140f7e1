import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import { findConstraint } from '../../persistence/sql-error.js';
import type { Route } from '../domain/route.js';
import { RoutesRepository } from '../domain/routes.repository.port.js';
import { type RouteRow, toRoute, toTargetRows } from './route-row.js';

const INSERT = `
  INSERT INTO routes (id, search_space_id, name, targets, enable_fallback, is_restricting, note,
                      created_by, created_at, updated_at)
  VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10)`;

const UPDATE = `
  UPDATE routes SET targets = $2::jsonb, enable_fallback = $3, is_restricting = $4, note = $5, updated_at = $6
   WHERE id = $1`;

export class TypeormRoutesRepository extends RoutesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(): Promise<Route[]> {
    await this.manager.query('SELECT revision FROM routing_state FOR UPDATE');
    const rows = await this.manager.query<{ route: RouteRow }[]>(
      'SELECT to_jsonb(r) AS route FROM routes r ORDER BY r.id',
    );
    return rows.map(({ route }) => toRoute(route));
  }

  async add(route: Route): Promise<void> {
    const { id, searchSpaceId, name, targets, enableFallback, isRestricting, note } = route;
    const { createdBy, createdAt, updatedAt } = route;
    const values = [id, searchSpaceId, name, toTargetRows(targets), enableFallback, isRestricting];
    await this.manager
      .query(INSERT, [...values, note, createdBy, createdAt, updatedAt])
      .catch(refuseKnown);
  }

  async update(route: Route): Promise<void> {
    const { id, targets, enableFallback, isRestricting, note, updatedAt } = route;
    const values = [id, toTargetRows(targets), enableFallback, isRestricting, note, updatedAt];
    await this.manager.query(UPDATE, values);
  }

  async remove(id: string): Promise<void> {
    await this.manager.query('DELETE FROM routes WHERE id = $1', [id]);
  }
}

function refuseKnown(error: unknown): never {
  switch (findConstraint(error)) {
    case 'routes_search_space_id_fkey':
      throw DomainError.invalid('search_space_id', 'is no search space');
    case 'routes_one_of_a_name':
      throw new DomainError(
        'request.conflict',
        'There is a route of this name already. Change that one.',
      );
    default:
      throw error;
  }
}

import type { EntityManager } from 'typeorm';
import { GroupMappingsRepository } from '../domain/group-mappings.repository.port.js';
import type { GroupMapping } from '../domain/sign-in.js';
import { type MappingRow, SELECT_MAPPINGS, toMapping } from './mapping-row.js';

/** Moves no epoch: a mapping changes nobody's rights before their next sign-in. */
export class TypeormGroupMappingsRepository extends GroupMappingsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(mapping: GroupMapping): Promise<boolean> {
    const rows = await this.manager.query<{ id: string }[]>(
      `INSERT INTO group_mappings (id, search_space_id, provider_id, group_name, role_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ON CONSTRAINT group_mappings_group_key DO NOTHING RETURNING id`,
      [
        mapping.id,
        mapping.searchSpaceId,
        mapping.providerId,
        mapping.group,
        mapping.roleId,
        mapping.createdAt,
      ],
    );
    return rows.length === 1;
  }

  async count(searchSpaceId: string): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM group_mappings WHERE search_space_id = $1',
      [searchSpaceId],
    );
    return row?.count ?? 0;
  }

  async changeRole(id: string, roleId: string): Promise<void> {
    await this.manager.query('UPDATE group_mappings SET role_id = $2 WHERE id = $1', [id, roleId]);
  }

  async lock(searchSpaceId: string, id: string): Promise<GroupMapping | null> {
    const [row] = await this.manager.query<MappingRow[]>(
      `${SELECT_MAPPINGS} WHERE g.search_space_id = $1 AND g.id = $2 FOR UPDATE OF g`,
      [searchSpaceId, id],
    );
    return row ? toMapping(row) : null;
  }

  async remove(id: string): Promise<void> {
    await this.manager.query('DELETE FROM group_mappings WHERE id = $1', [id]);
  }
}

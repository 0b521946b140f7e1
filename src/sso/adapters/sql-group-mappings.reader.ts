import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import { GroupMappingsReader } from '../domain/group-mappings.reader.port.js';
import type { GroupMapping } from '../domain/sign-in.js';
import { type MappingRow, SELECT_MAPPINGS, toMapping } from './mapping-row.js';

@Injectable()
export class SqlGroupMappingsReader extends GroupMappingsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(searchSpaceId: string, { limit, after }: PageRequest): Promise<GroupMapping[]> {
    const rows = await this.sql.query<MappingRow>(
      'sso_list_group_mappings',
      `${SELECT_MAPPINGS} WHERE g.search_space_id = $1 AND ($2::uuid IS NULL OR g.id < $2)
       ORDER BY g.id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toMapping);
  }

  async find(searchSpaceId: string, id: string): Promise<GroupMapping | null> {
    const [row] = await this.sql.query<MappingRow>(
      'sso_find_group_mapping',
      `${SELECT_MAPPINGS} WHERE g.search_space_id = $1 AND g.id = $2`,
      [searchSpaceId, id],
    );
    return row ? toMapping(row) : null;
  }
}

import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Space } from '../domain/space.js';
import { SpacesReader } from '../domain/spaces.reader.port.js';

interface SpaceRow {
  id: string;
  name: string;
  description: string;
  api_access_enabled: boolean;
  created_at: Date;
}

const COLUMNS = 's.id, s.name, s.description, s.api_access_enabled, s.created_at';

@Injectable()
export class SqlSpacesReader extends SpacesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findById(id: string): Promise<Space | null> {
    const [row] = await this.sql.query<SpaceRow>(
      'spaces_find',
      `SELECT ${COLUMNS} FROM search_spaces s WHERE s.id = $1 AND s.state = 'active'`,
      [id],
    );
    return row ? toSpace(row) : null;
  }

  /** Joins the memberships, the rbac room's table: a page of spaces is cut by who is a member. */
  async listOfUser(userId: string, { limit, after }: PageRequest): Promise<Space[]> {
    const rows = await this.sql.query<SpaceRow>(
      'spaces_list_of_user',
      `SELECT ${COLUMNS} FROM search_spaces s
       JOIN memberships m ON m.search_space_id = s.id AND m.user_id = $1
       WHERE s.state = 'active' AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3`,
      [userId, after, limit + 1],
    );
    return rows.map(toSpace);
  }

  async isDeletingFor(userId: string, id: string): Promise<boolean> {
    const rows = await this.sql.query(
      'spaces_is_deleting_for',
      `SELECT s.id FROM search_spaces s
       JOIN memberships m ON m.search_space_id = s.id AND m.user_id = $1
       WHERE s.id = $2 AND s.state <> 'active'`,
      [userId, id],
    );
    return rows.length > 0;
  }

  async listDeleting(markedForS: number, limit: number): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      'spaces_list_deleting',
      `SELECT id FROM search_spaces
       WHERE state <> 'active' AND deletion_requested_at <= now() - make_interval(secs => $1)
       ORDER BY deletion_requested_at LIMIT $2`,
      [markedForS, limit],
    );
    return rows.map(({ id }) => id);
  }
}

function toSpace(row: SpaceRow): Space {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isApiAccessEnabled: row.api_access_enabled,
    createdAt: row.created_at,
  };
}

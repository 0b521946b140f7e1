import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { LegalHold } from '../domain/legal-hold.js';
import { LegalHoldsReader } from '../domain/legal-holds.reader.port.js';
import { HOLD_COLUMNS, type LegalHoldRow, toLegalHold } from './legal-hold-row.js';

@Injectable()
export class SqlLegalHoldsReader extends LegalHoldsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<LegalHold | null> {
    const [row] = await this.sql.query<LegalHoldRow>(
      'legal_holds_find',
      `SELECT ${HOLD_COLUMNS} FROM legal_holds WHERE id = $1`,
      [id],
    );
    return row ? toLegalHold(row) : null;
  }

  async list(searchSpaceId: string | null, { limit, after }: PageRequest): Promise<LegalHold[]> {
    const rows = await this.sql.query<LegalHoldRow>(
      'legal_holds_list',
      `SELECT ${HOLD_COLUMNS} FROM legal_holds
        WHERE ($1::uuid IS NULL OR search_space_id = $1) AND ($2::uuid IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toLegalHold);
  }
}

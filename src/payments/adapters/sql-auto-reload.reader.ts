import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { AutoReloadRule } from '../domain/auto-reload.js';
import { AutoReloadReader } from '../domain/auto-reload.reader.port.js';
import { AUTO_RELOAD_COLUMNS, type AutoReloadRow, toAutoReloadRule } from './auto-reload-row.js';

const FIND = `SELECT ${AUTO_RELOAD_COLUMNS} FROM auto_reload_rules r WHERE r.search_space_id = $1`;

@Injectable()
export class SqlAutoReloadReader extends AutoReloadReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findOfSpace(searchSpaceId: string): Promise<AutoReloadRule | null> {
    const [row] = await this.sql.query<AutoReloadRow>('auto_reload_find', FIND, [searchSpaceId]);
    return row ? toAutoReloadRule(row) : null;
  }
}

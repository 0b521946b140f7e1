import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { KeyUsageWriter } from '../domain/key-usage.writer.port.js';

@Injectable()
export class SqlKeyUsageWriter extends KeyUsageWriter {
  constructor(private readonly sql: Sql) {
    super();
  }

  async write(uses: ReadonlyMap<string, Date>): Promise<void> {
    await this.sql.query(
      'auth_write_key_usage',
      `UPDATE api_keys k SET last_used_at = used.at
       FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
       WHERE k.id = used.id AND (k.last_used_at IS NULL OR k.last_used_at < used.at)`,
      [[...uses.keys()], [...uses.values()]],
    );
  }
}

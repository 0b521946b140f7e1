import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { HoldsReader, type OverdueHold } from '../domain/holds.reader.port.js';

const LIST_OVERDUE = `
  SELECT id, reference, expires_at FROM holds
   WHERE state = 'held' AND expires_at <= now() ORDER BY expires_at LIMIT $1`;

interface HoldRow {
  id: string;
  reference: string | null;
  expires_at: Date;
}

@Injectable()
export class SqlHoldsReader extends HoldsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listOverdue(limit: number): Promise<OverdueHold[]> {
    const rows = await this.sql.query<HoldRow>('holds_overdue', LIST_OVERDUE, [limit]);
    return rows.map(({ id, reference, expires_at: expiresAt }) => ({ id, reference, expiresAt }));
  }
}

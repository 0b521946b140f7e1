import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { HoldsReader, type OverdueHold } from '../domain/holds.reader.port.js';

const LIST_OVERDUE = `
  SELECT id, reference, expires_at FROM holds
   WHERE state = 'held' AND expires_at <= now() ORDER BY expires_at LIMIT $1`;

const FIND_REFERENCES = `
  SELECT id, reference FROM holds WHERE id = ANY ($1::uuid[]) AND reference IS NOT NULL`;

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

  async findReferences(holdIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.sql.query<{ id: string; reference: string }>(
      'holds_references',
      FIND_REFERENCES,
      [holdIds],
    );
    return new Map(rows.map(({ id, reference }) => [id, reference]));
  }
}

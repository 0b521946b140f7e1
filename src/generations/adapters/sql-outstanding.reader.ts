import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { OutstandingReader, type OutstandingPictures } from '../domain/outstanding.reader.port.js';

/**
 * What runs, and what has ended and waits in the outbox to be reported: one statement, so that a generation that ends
 * meanwhile is in one of the two. A report that was given up is waited for no longer.
 */
const LIST = `
  (SELECT id AS generation_id, n AS pictures FROM generations
    WHERE caller_id = $1 AND status IN ('queued', 'running') LIMIT $3)
  UNION ALL
  (SELECT (payload ->> 'generation_id')::uuid, (payload ->> 'images')::integer FROM outbox_events
    WHERE kind = 'generation.concluded' AND payload ->> 'created_by' = $2::text
      AND dead_at IS NULL AND NOT 'delegated.usage' = ANY (delivered_to) LIMIT $3)`;

@Injectable()
export class SqlOutstandingReader extends OutstandingReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(callerId: string, userId: string, limit: number): Promise<OutstandingPictures[]> {
    const rows = await this.sql.query<{ generation_id: string; pictures: number }>(
      'generations_list_outstanding',
      LIST,
      [callerId, userId, limit],
    );
    return rows.map((row) => ({ generationId: row.generation_id, pictures: row.pictures }));
  }
}

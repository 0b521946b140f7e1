import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { GenerationStatus } from '../domain/generation.js';
import { type QueuePlace, QueueReader } from '../domain/queue.reader.port.js';

/**
 * What waits is counted once for all that are asked after, over the rows that wait and no others. Of the other spaces as
 * many go before as they have waiting, but no more than one for each of the own: workers go round.
 */
const PLACES = `
WITH asked AS MATERIALIZED (
  SELECT id, search_space_id, status FROM generations WHERE id = ANY ($1::uuid[])
), spaces AS MATERIALIZED (
  SELECT DISTINCT search_space_id FROM asked WHERE status = 'queued'
), ranked AS (
  SELECT q.id, row_number() OVER (PARTITION BY q.search_space_id ORDER BY q.priority, q.id) - 1 AS ahead
  FROM generations q WHERE q.status = 'queued' AND q.search_space_id IN (SELECT search_space_id FROM spaces)
), crowds AS MATERIALIZED (
  SELECT search_space_id, count(*) AS count FROM generations
  WHERE status = 'queued' AND EXISTS (SELECT FROM spaces) GROUP BY 1
), pace AS MATERIALIZED (
  SELECT s.search_space_id, (
    SELECT avg((t.timings_ms ->> 'upstream')::double precision) FROM (
      SELECT g.status, g.timings_ms FROM generations g
      WHERE g.search_space_id = s.search_space_id ORDER BY g.id DESC LIMIT 100) t
    WHERE t.status = 'succeeded') AS run_ms
  FROM spaces s
)
SELECT a.id, a.status, r.ahead::integer AS ahead, p.run_ms,
  CASE WHEN r.ahead IS NOT NULL THEN r.ahead + 1 + coalesce((
    SELECT sum(least(c.count, r.ahead + 1)) FROM crowds c
    WHERE c.search_space_id <> a.search_space_id), 0) END::integer AS position
FROM asked a LEFT JOIN ranked r ON r.id = a.id LEFT JOIN pace p ON p.search_space_id = a.search_space_id`;

interface Row {
  id: string;
  status: GenerationStatus;
  ahead: number | null;
  position: number | null;
  run_ms: number | null;
}

@Injectable()
export class SqlQueueReader extends QueueReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(generationIds: readonly string[]): Promise<QueuePlace[]> {
    const rows = await this.sql.query<Row>('generations_places', PLACES, [[...generationIds]]);
    return rows.map(({ id, status, ahead, position, run_ms }) => ({
      id,
      status,
      aheadInSpace: ahead,
      position,
      runMs: ahead === null ? null : run_ms,
    }));
  }
}

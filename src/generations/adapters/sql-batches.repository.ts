import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Batch, BatchFault } from '../domain/batch.js';
import { BatchesRepository } from '../domain/batches.repository.port.js';

interface BatchRow {
  id: string;
  search_space_id: string;
  created_by: string;
  caller_id: string;
  idempotency_key: string | null;
  fingerprint: string;
  generation_ids: string[];
  faults: (BatchFault | null)[];
  created_at: Date;
  closed_at: Date | null;
}

interface ForgetRow {
  last: string | null;
  looked: number;
}

@Injectable()
export class SqlBatchesRepository extends BatchesRepository {
  constructor(private readonly sql: Sql) {
    super();
  }

  async claim(batch: Batch, keyTtlS: number): Promise<Batch | null> {
    const { callerId, key } = batch;
    if (key !== null) {
      await this.sql.query('generations_lapse_batch_key', LAPSE_KEY, [callerId, key, keyTtlS]);
    }
    const kept = await this.sql.query('generations_claim_batch', CLAIM, [
      batch.id,
      batch.searchSpaceId,
      batch.createdBy,
      callerId,
      key,
      batch.fingerprint,
      [...batch.generationIds],
      JSON.stringify(batch.faults),
      batch.createdAt,
    ]);
    return kept.length > 0 ? null : this.findByKey(callerId, key);
  }

  async find(id: string): Promise<Batch | null> {
    const [row] = await this.sql.query<BatchRow>('generations_find_batch', FIND, [id]);
    return row ? toBatch(row) : null;
  }

  async close({ id, generationIds, faults, closedAt }: Batch): Promise<void> {
    const values = [id, [...generationIds], JSON.stringify(faults), closedAt];
    await this.sql.query('generations_close_batch', CLOSE, values);
  }

  async remove(id: string): Promise<void> {
    await this.sql.query('generations_remove_batch', REMOVE, [id]);
  }

  async forget(after: string | null, olderThanS: number, most: number): Promise<string | null> {
    const values = [after, olderThanS, most];
    const [row] = await this.sql.query<ForgetRow>('generations_forget_batches', FORGET, values);
    return row && row.looked === most ? row.last : null;
  }

  private async findByKey(callerId: string, key: string | null): Promise<Batch> {
    const values = [callerId, key];
    const [row] = await this.sql.query<BatchRow>('generations_batch_of_key', FIND_BY_KEY, values);
    // Freed between the two statements, by a batch of which nothing was admitted.
    if (!row) throw new DomainError('request.busy', 'The batch before just ended. Send it again.');
    return toBatch(row);
  }
}

function toBatch(row: BatchRow): Batch {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    createdBy: row.created_by,
    callerId: row.caller_id,
    key: row.idempotency_key,
    fingerprint: row.fingerprint,
    generationIds: row.generation_ids,
    faults: row.faults,
    createdAt: row.created_at,
    closedAt: row.closed_at,
  };
}

const COLUMNS = `id, search_space_id, created_by, caller_id, idempotency_key, fingerprint, generation_ids, faults,
  created_at, closed_at`;

const LAPSE_KEY = `
  UPDATE generation_batches SET idempotency_key = NULL
   WHERE caller_id = $1 AND idempotency_key = $2 AND created_at < now() - make_interval(secs => $3)`;

const CLAIM = `
  INSERT INTO generation_batches (id, search_space_id, created_by, caller_id, idempotency_key, fingerprint,
    generation_ids, faults, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7::uuid[], $8::jsonb, $9)
  ON CONFLICT (caller_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING id`;

const FIND = `SELECT ${COLUMNS} FROM generation_batches WHERE id = $1`;

const FIND_BY_KEY = `
  SELECT ${COLUMNS} FROM generation_batches WHERE caller_id = $1 AND idempotency_key = $2`;

const CLOSE = `
  UPDATE generation_batches SET generation_ids = $2::uuid[], faults = $3::jsonb, closed_at = $4
   WHERE id = $1`;

const REMOVE = 'DELETE FROM generation_batches WHERE id = $1';

/** By steps along the ids: however many batches there are, one statement looks at few of them. */
const FORGET = `
  WITH looked AS (
    SELECT id, created_at, generation_ids FROM generation_batches
     WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $3
  ), gone AS (
    DELETE FROM generation_batches WHERE id IN (
      SELECT l.id FROM looked l
       WHERE l.created_at < now() - make_interval(secs => $2)
         AND NOT EXISTS (SELECT FROM generations g WHERE g.id = ANY (l.generation_ids)))
    RETURNING id)
  SELECT (SELECT id FROM looked ORDER BY id DESC LIMIT 1) AS last,
         (SELECT count(*)::int FROM looked) AS looked,
         (SELECT count(*)::int FROM gone) AS gone`;

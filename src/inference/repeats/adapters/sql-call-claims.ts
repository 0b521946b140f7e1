import { Injectable } from '@nestjs/common';
import { Sql } from '../../../persistence/sql.port.js';
import { CallClaims, type ClaimedCall } from '../call-claims.port.js';

const FIND = `
  SELECT state, coalesce(extract(epoch FROM now() - concluded_at) * 1000, 0)::float8 AS ago_ms
    FROM holds WHERE id = $1`;

/** The hold is looked at again: it may not be concluded by whoever asked before. */
const RELEASE = `
  DELETE FROM idempotency_keys k WHERE k.generation_id = $1
     AND NOT EXISTS (SELECT FROM holds h WHERE h.id = $1 AND h.state IN ('held', 'posted'))`;

/** A key is claimed for the hold of its call: whether that is posted, voided or expired tells how the call ended. */
@Injectable()
export class SqlCallClaims extends CallClaims {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(holdId: string): Promise<ClaimedCall> {
    const rows = await this.sql.query<{ state: string; ago_ms: number }>('claims_find', FIND, [
      holdId,
    ]);
    const [hold] = rows;
    if (hold?.state === 'held') return { state: 'running', concludedAgoMs: 0 };
    const state = hold?.state === 'posted' ? 'paid' : 'free';
    return { state, concludedAgoMs: hold?.ago_ms ?? 0 };
  }

  async release(holdId: string): Promise<void> {
    await this.sql.query('claims_release', RELEASE, [holdId]);
  }
}

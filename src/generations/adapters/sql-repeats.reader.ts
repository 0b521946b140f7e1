import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { type RepeatQuestion, RepeatsReader } from '../domain/repeats.reader.port.js';

const FIND_KEY = `
  SELECT generation_id AS id FROM idempotency_keys
  WHERE caller_id = $1 AND route = $2 AND key = $3 AND expires_at > now()`;

/** The rule of the admission itself, which writes nothing where there is no key. */
const FIND_ATTACHABLE = `
  SELECT (generations_claim($1::jsonb, ARRAY[NULL::jsonb]))[1] ->> 'generation_id' AS id`;

@Injectable()
export class SqlRepeatsReader extends RepeatsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(question: RepeatQuestion): Promise<string | null> {
    const { callerId, route, key, fingerprint } = question;
    if (key !== null) {
      const [row] = await this.sql.query<{ id: string }>('generations_find_key', FIND_KEY, [
        callerId,
        route,
        key,
      ]);
      return row?.id ?? null;
    }
    const claim = {
      caller_id: callerId,
      route,
      key,
      fingerprint,
      attach_within_s: question.attachWithinS,
      lost_within_s: question.lostWithinS,
    };
    const [row] = await this.sql.query<{ id: string | null }>(
      'generations_find_attachable',
      FIND_ATTACHABLE,
      [JSON.stringify([{ claim }])],
    );
    return row?.id ?? null;
  }
}

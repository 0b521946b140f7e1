import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { type PolicyOfSpace, RetentionStore } from '../domain/retention.store.port.js';
import type { RetentionPolicy, RetentionRule } from '../domain/retention-policy.js';
import { POLICY_COLUMNS, type PolicyRow, toPolicy } from './policy-row.js';

const LIST_SPACES = `
  SELECT s.id FROM search_spaces s
   WHERE s.state = 'active' AND ($1::uuid IS NULL OR s.id > $1)
     AND (NOT $3 OR EXISTS (SELECT FROM retention_policies p WHERE p.search_space_id = s.id))
   ORDER BY s.id LIMIT $2`;

/** $1 space, $2 made before, $3 after, $4 limit, $5 of this collection, $6 of none of these, $7 favourites stay. */
const GENERATION_IN_REACH = `
       g.search_space_id = $1 AND g.created_at < $2
   AND CASE WHEN $5::uuid IS NULL THEN coalesce(g.collection_id <> ALL ($6::uuid[]), true)
            ELSE g.collection_id = $5 END
   AND NOT ($7 AND EXISTS (SELECT FROM generation_favourites f WHERE f.generation_id = g.id))
   AND legal_hold_on(g.search_space_id, g.id, g.collection_id, g.created_by, g.created_at) IS NULL`;

const listGenerations = (statuses: string): string => `
  SELECT g.id FROM generations g
   WHERE ${GENERATION_IN_REACH} AND g.status IN (${statuses}) AND ($3::uuid IS NULL OR g.id > $3)
   ORDER BY g.id LIMIT $4`;

const STATEMENTS: Readonly<Record<RetentionRule['what'], string>> = {
  generations: listGenerations(`'succeeded', 'partially_succeeded'`),
  failed: listGenerations(`'failed', 'canceled'`),
  inputs: `
  SELECT a.id FROM media_assets a JOIN generations g ON g.id = a.generation_id
   WHERE ${GENERATION_IN_REACH} AND g.status NOT IN ('queued', 'running')
     AND a.role IN ('input', 'mask') AND ($3::uuid IS NULL OR a.id > $3)
   ORDER BY a.id LIMIT $4`,
  uploads: `
  SELECT a.id FROM media_assets a
   WHERE a.search_space_id = $1 AND a.generation_id IS NULL AND a.created_at < $2
     AND ($3::uuid IS NULL OR a.id > $3)
     AND $5::uuid IS NULL AND cardinality($6::uuid[]) >= 0 AND $7::boolean IS NOT NULL
     AND legal_hold_on(a.search_space_id, NULL, (to_jsonb(a) ->> 'collection_id')::uuid,
           (to_jsonb(a) ->> 'created_by')::uuid, a.created_at) IS NULL
   ORDER BY a.id LIMIT $4`,
};

const TAKE = `
  UPDATE retention_lease SET owner = $1, held_until = now() + make_interval(secs => $2)
   WHERE (owner = $1 AND held_until > now()) OR (held_until <= now() AND next_round_at <= now())
  RETURNING owner`;

const END = `
  UPDATE retention_lease SET owner = NULL, held_until = '-infinity',
         next_round_at = now() + make_interval(secs => $2)
   WHERE owner = $1 RETURNING is_only`;

@Injectable()
export class SqlRetentionStore extends RetentionStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findPolicy(searchSpaceId: string): Promise<RetentionPolicy | null> {
    const rows = await this.sql.query<PolicyRow>(
      'retention_find_policy',
      `SELECT ${POLICY_COLUMNS} FROM retention_policies WHERE search_space_id = $1 ORDER BY collection_id`,
      [searchSpaceId],
    );
    return toPolicy(rows);
  }

  async listSpaces(
    after: string | null,
    limit: number,
    ownOnly: boolean,
  ): Promise<PolicyOfSpace[]> {
    const spaces = await this.sql.query<{ id: string }>('retention_list_spaces', LIST_SPACES, [
      after,
      limit,
      ownOnly,
    ]);
    return Promise.all(
      spaces.map(async ({ id }) => ({ searchSpaceId: id, policy: await this.findPolicy(id) })),
    );
  }

  async listExpired(
    searchSpaceId: string,
    rule: RetentionRule,
    madeBefore: Date,
    after: string | null,
    limit: number,
  ): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      `retention_expired_${rule.what}`,
      STATEMENTS[rule.what],
      [
        searchSpaceId,
        madeBefore,
        after,
        limit,
        rule.collectionId,
        rule.exceptCollectionIds,
        rule.keepsFavourites,
      ],
    );
    return rows.map(({ id }) => id);
  }

  async takeTurn(owner: string, leaseS: number): Promise<boolean> {
    const rows = await this.sql.query('retention_take_turn', TAKE, [owner, leaseS]);
    return rows.length > 0;
  }

  async endTurn(owner: string, nextInS: number): Promise<void> {
    await this.sql.query('retention_end_turn', END, [owner, nextInS]);
  }
}

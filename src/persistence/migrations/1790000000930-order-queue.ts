import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** 0 goes first within its space, 1 is the rule, 2 waits for both. */
const TABLES = [
  `ALTER TABLE generations
    ADD COLUMN priority integer NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN retried_from uuid`,
  `CREATE INDEX generations_queued_by_priority ON generations (search_space_id, priority, id)
    WHERE status = 'queued'`,
  `CREATE INDEX generations_queued_until ON generations (deadline_at)
    WHERE status = 'queued' AND deadline_at IS NOT NULL`,
];

/**
 * Before money. Refuses what would wait in a queue that is full: of its space, or of all. Batches that are admitted at
 * the same moment do not see each other, so the bound may be passed by their members.
 */
const BOUND = `
CREATE FUNCTION generations_bound(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  member record;
  waiting_space integer;
  waiting_all integer;
  current_space uuid;
BEGIN
  FOR member IN
    SELECT e.i::int AS i, q.search_space_id, q.space_max, q.all_max
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
      jsonb_to_record(e.m -> 'queue') AS q(search_space_id uuid, waits boolean, space_max integer,
        all_max integer)
    WHERE verdicts[e.i::int] IS NULL AND q.waits
    ORDER BY q.search_space_id, e.i
  LOOP
    IF waiting_all IS NULL THEN
      SELECT count(*) INTO waiting_all FROM (
        SELECT FROM generations WHERE status = 'queued' LIMIT member.all_max) AS waiting;
    END IF;
    IF current_space IS DISTINCT FROM member.search_space_id THEN
      current_space := member.search_space_id;
      SELECT count(*) INTO waiting_space FROM (
        SELECT FROM generations WHERE status = 'queued' AND search_space_id = current_space
        LIMIT member.space_max) AS waiting;
    END IF;
    IF waiting_space >= member.space_max THEN
      verdicts[member.i] := jsonb_build_object('code', 'queue_full', 'scope', 'space',
        'most', member.space_max);
    ELSIF waiting_all >= member.all_max THEN
      verdicts[member.i] := jsonb_build_object('code', 'queue_full', 'scope', 'all',
        'most', member.all_max);
    ELSE
      waiting_space := waiting_space + 1;
      waiting_all := waiting_all + 1;
    END IF;
  END LOOP;
  RETURN verdicts;
END $$`;

/** After the rows of generations: their place in the order, their deadline and what they repeat, where that is not the rule. */
const RANK = `
CREATE FUNCTION generations_rank(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
BEGIN
  UPDATE generations g SET priority = q.priority, deadline_at = q.deadline_at,
    retried_from = q.retried_from
  FROM (SELECT e.i::int AS i, r.* FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'queue') AS r(generation_id uuid, priority integer,
      deadline_at timestamptz, retried_from uuid)
    WHERE e.m ? 'queue' AND NOT settlement_refused(verdicts[e.i::int])) q
  WHERE g.id = q.generation_id
    AND (q.priority <> 1 OR q.deadline_at IS NOT NULL OR q.retried_from IS NOT NULL);
  RETURN verdicts;
END $$`;

const UNDO = [
  'DROP FUNCTION generations_rank(jsonb, jsonb[])',
  'DROP FUNCTION generations_bound(jsonb, jsonb[])',
  'DROP INDEX generations_queued_until',
  'DROP INDEX generations_queued_by_priority',
  `ALTER TABLE generations DROP COLUMN priority, DROP COLUMN deadline_at, DROP COLUMN retried_from`,
];

/** What waits has a priority within its space and may have a deadline; how much may wait is bounded. */
export class OrderQueue1790000000930 implements MigrationInterface {
  readonly name = 'OrderQueue1790000000930';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, BOUND, RANK]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

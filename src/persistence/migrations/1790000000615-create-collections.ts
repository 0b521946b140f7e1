import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** A space's end in its row, collections inside a space, and wallets that can be closed. */
export class CreateCollections1790000000615 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...SPACE_STATE, ...COLLECTIONS, ...BARRIERS, ADMIT, COLLECT]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/** deleting: marked, may be taken back while its job has not begun. removing: on its way out. */
const SPACE_STATE = [
  `ALTER TABLE search_spaces
    ADD COLUMN state text NOT NULL DEFAULT 'active',
    ADD COLUMN deletion_requested_at timestamptz,
    ADD CONSTRAINT search_spaces_state_check CHECK (state IN ('active', 'deleting', 'removing')),
    ADD CONSTRAINT search_spaces_deletion_check
      CHECK ((state = 'active') = (deletion_requested_at IS NULL))`,
  `CREATE INDEX search_spaces_deleting_idx ON search_spaces (deletion_requested_at)
    WHERE state <> 'active'`,
  // A closed wallet stays in the books and moves no more: whatever would fill it fails on the constraint.
  `ALTER TABLE accounts
    ADD COLUMN closed_at timestamptz,
    ADD CONSTRAINT accounts_closed_empty
      CHECK (closed_at IS NULL OR (available_micros = 0 AND held_micros = 0))`,
];

const COLLECTIONS = [
  `CREATE TABLE collections (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT collections_space_name_key UNIQUE (search_space_id, name),
    CONSTRAINT collections_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT collections_description_check CHECK (char_length(description) <= 500)
  )`,
  `CREATE INDEX collections_space_idx ON collections (search_space_id, id)`,
  `ALTER TABLE generations
    ADD COLUMN collection_id uuid REFERENCES collections (id) ON DELETE SET NULL`,
  `CREATE INDEX generations_by_collection ON generations (collection_id, id DESC)
    WHERE collection_id IS NOT NULL`,
];

/**
 * Nobody comes into a space that is being deleted, whatever a process still believes of it. The lock makes the mark
 * wait for those who came before it. Asks as the owner of the tables, who sees every space.
 */
const BARRIERS = [
  `CREATE FUNCTION search_spaces_assert_active() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    PERFORM 1 FROM search_spaces
      WHERE id = NEW.search_space_id AND state = 'active' FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the search space is missing or is being deleted'
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'search_space_is_active';
    END IF;
    RETURN NEW;
  END $$`,
  ...['memberships', 'api_keys', 'collections'].map(
    (table) => `CREATE TRIGGER ${table}_of_active_space BEFORE INSERT ON ${table}
      FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
  ),
];

/**
 * Before money: a member of a space that is missing or being deleted is refused. The lock is shared by all
 * admissions; the mark waits for those that came before it, so that after it there is none to come.
 */
const ADMIT = `
  CREATE FUNCTION spaces_admit(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  DECLARE
    spaces uuid[];
    open_spaces uuid[];
  BEGIN
    spaces := ARRAY(
      SELECT coalesce((e.m -> 'hold' ->> 'search_space_id')::uuid,
                      (e.m -> 'generation' ->> 'search_space_id')::uuid,
                      (SELECT a.search_space_id FROM accounts a
                        WHERE a.id = (e.m -> 'hold' ->> 'account_id')::uuid))
        FROM jsonb_array_elements(batch) WITH ORDINALITY AS e (m, i) ORDER BY e.i);
    open_spaces := ARRAY(
      SELECT s.id FROM search_spaces s
       WHERE s.id = ANY (spaces) AND s.state = 'active' ORDER BY s.id FOR SHARE);
    FOR i IN 1 .. cardinality(spaces) LOOP
      IF spaces[i] IS NOT NULL AND verdicts[i] IS NULL AND spaces[i] <> ALL (open_spaces) THEN
        verdicts[i] := '{"code": "spaces.closed"}';
      END IF;
    END LOOP;
    RETURN verdicts;
  END $$`;

/** After the rows of generations: their collection, unless it was deleted a moment ago. */
const COLLECT = `
  CREATE FUNCTION generations_collect(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  DECLARE
    member record;
  BEGIN
    FOR member IN
      SELECT (e.m -> 'generation' ->> 'id')::uuid AS generation_id,
             (e.m -> 'generation' ->> 'collection_id')::uuid AS collection_id
        FROM jsonb_array_elements(batch) WITH ORDINALITY AS e (m, i)
       WHERE e.m -> 'generation' ->> 'collection_id' IS NOT NULL
         AND NOT settlement_refused(verdicts[e.i::int])
       ORDER BY 2
    LOOP
      PERFORM 1 FROM collections WHERE id = member.collection_id FOR KEY SHARE;
      IF FOUND THEN
        UPDATE generations SET collection_id = member.collection_id
         WHERE id = member.generation_id;
      END IF;
    END LOOP;
    RETURN verdicts;
  END $$`;

const UNDO = [
  'DROP FUNCTION generations_collect(jsonb, jsonb[])',
  'DROP FUNCTION spaces_admit(jsonb, jsonb[])',
  'DROP TRIGGER api_keys_of_active_space ON api_keys',
  'DROP TRIGGER memberships_of_active_space ON memberships',
  'DROP INDEX generations_by_collection',
  'ALTER TABLE generations DROP COLUMN collection_id',
  'DROP TABLE collections',
  'DROP FUNCTION search_spaces_assert_active()',
  'ALTER TABLE accounts DROP COLUMN closed_at',
  `ALTER TABLE search_spaces DROP CONSTRAINT search_spaces_deletion_check,
    DROP COLUMN deletion_requested_at, DROP COLUMN state`,
];

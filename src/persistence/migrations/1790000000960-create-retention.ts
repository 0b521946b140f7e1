import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long spaces keep pictures, what must not be deleted by anybody, and clearings that were shown before. */
export class CreateRetention1790000000960 implements MigrationInterface {
  readonly name = 'CreateRetention1790000000960';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...HOLDS, ...GUARDS, ...PROTECTION]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

const DAYS = 'integer CHECK (%s BETWEEN 1 AND 36500)';
const days = (column: string): string => `${column} ${DAYS.replace('%s', column)}`;

/**
 * Without a collection: the space's own. Null days = for ever. generation_ids of a hold, and those of a clearing's
 * items, may be of generations that are gone.
 */
const TABLES = [
  `CREATE TABLE retention_policies (
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    collection_id uuid REFERENCES collections (id) ON DELETE CASCADE,
    ${days('generations_days')},
    ${days('failed_days')},
    ${days('inputs_days')},
    ${days('uploads_days')},
    keeps_favourites boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT retention_policies_key UNIQUE NULLS NOT DISTINCT (search_space_id, collection_id)
  )`,
  'CREATE INDEX retention_policies_by_collection ON retention_policies (collection_id)',
  `CREATE TABLE retention_lease (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    owner uuid,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    next_round_at timestamptz NOT NULL DEFAULT '-infinity'
  )`,
  'INSERT INTO retention_lease DEFAULT VALUES',
  `CREATE TABLE legal_holds (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    scope text NOT NULL,
    collection_id uuid,
    user_id uuid,
    generation_ids uuid[],
    made_from timestamptz,
    made_to timestamptz,
    placed_by uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    lifted_by uuid,
    lifted_at timestamptz,
    lift_reason text CHECK (char_length(lift_reason) BETWEEN 1 AND 1000),
    CONSTRAINT legal_holds_scope CHECK (
      scope IN ('space', 'collection', 'generations', 'user')
      AND (scope = 'collection') = (collection_id IS NOT NULL)
      AND (scope = 'user') = (user_id IS NOT NULL)
      AND (scope = 'generations') = (generation_ids IS NOT NULL)
      AND (generation_ids IS NULL OR cardinality(generation_ids) BETWEEN 1 AND 1000)),
    CONSTRAINT legal_holds_lifted CHECK (
      (lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL))
  )`,
  'CREATE INDEX legal_holds_by_space ON legal_holds (search_space_id, id DESC)',
  `CREATE INDEX legal_holds_in_force ON legal_holds (search_space_id) WHERE lifted_at IS NULL`,
  `CREATE TABLE storage_cleanups (
    id uuid PRIMARY KEY,
    search_space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    filters jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'running', 'done')),
    generations integer NOT NULL,
    pictures integer NOT NULL,
    bytes bigint NOT NULL,
    held_back integer NOT NULL,
    next_after uuid,
    done_generations integer NOT NULL DEFAULT 0,
    done_pictures integer NOT NULL DEFAULT 0,
    passed_over integer NOT NULL DEFAULT 0,
    asked_by uuid NOT NULL,
    started_by uuid,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT storage_cleanups_finished CHECK ((state = 'done') = (finished_at IS NOT NULL))
  )`,
  'CREATE INDEX storage_cleanups_by_space ON storage_cleanups (search_space_id)',
  `CREATE INDEX storage_cleanups_running ON storage_cleanups (id) WHERE state = 'running'`,
  'CREATE INDEX storage_cleanups_by_age ON storage_cleanups (created_at)',
  `CREATE TABLE storage_cleanup_items (
    cleanup_id uuid NOT NULL REFERENCES storage_cleanups (id) ON DELETE CASCADE,
    generation_id uuid NOT NULL,
    search_space_id uuid NOT NULL,
    PRIMARY KEY (cleanup_id, generation_id)
  )`,
];

/**
 * Who deletes shares a lock on the space's holds, and who places one has it alone: a deletion is over before the hold
 * is there, or finds it. A hold is a record: it is lifted once, and not changed.
 */
const HOLDS = [
  `CREATE FUNCTION legal_hold_lock(space uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended('legal_holds:' || space::text, 0)
  $$`,
  `CREATE FUNCTION legal_hold_on(space uuid, generation uuid, collection uuid, maker uuid, made timestamptz)
  RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT h.id FROM legal_holds h
     WHERE h.search_space_id = space AND h.lifted_at IS NULL
       AND (h.made_from IS NULL OR made >= h.made_from) AND (h.made_to IS NULL OR made < h.made_to)
       AND CASE h.scope
             WHEN 'space' THEN true
             WHEN 'collection' THEN h.collection_id = collection
             WHEN 'user' THEN h.user_id = coalesce(maker, h.user_id)
             ELSE generation = ANY (h.generation_ids)
           END
     ORDER BY h.id LIMIT 1
  $$`,
  `CREATE FUNCTION legal_holds_keep() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' THEN
      PERFORM pg_advisory_xact_lock(legal_hold_lock(NEW.search_space_id));
      RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
      IF OLD.lifted_at IS NOT NULL THEN RETURN OLD; END IF;
    ELSIF OLD.lifted_at IS NULL
       AND to_jsonb(NEW) - ARRAY['lifted_at', 'lifted_by', 'lift_reason']
         = to_jsonb(OLD) - ARRAY['lifted_at', 'lifted_by', 'lift_reason'] THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a legal hold is a record: it can be lifted once, and not changed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_holds_immutable';
  END $$`,
  `CREATE TRIGGER legal_holds_keep BEFORE INSERT OR UPDATE OR DELETE ON legal_holds
    FOR EACH ROW EXECUTE FUNCTION legal_holds_keep()`,
  `CREATE TRIGGER legal_holds_of_active_space BEFORE INSERT ON legal_holds
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
  `CREATE TRIGGER retention_policies_of_active_space BEFORE INSERT ON retention_policies
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
];

const REFUSE = `RAISE EXCEPTION 'Legal hold % keeps this. Ask an operator; nothing of it is deleted before the hold is lifted.', hold
        USING ERRCODE = 'AT409', CONSTRAINT = 'legal_hold'`;

/**
 * The one place where holds are enforced: whoever deletes, by whatever way, deletes rows. Pictures of a generation that
 * still runs, or never was, are no record yet: recovery takes back those whose bytes were lost.
 */
const GUARDS = [
  `CREATE FUNCTION generations_assert_free() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    hold uuid;
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(legal_hold_lock(OLD.search_space_id));
    hold := legal_hold_on(OLD.search_space_id, OLD.id, OLD.collection_id, OLD.created_by, OLD.created_at);
    IF hold IS NOT NULL THEN
      ${REFUSE};
    END IF;
    RETURN OLD;
  END $$`,
  `CREATE TRIGGER generations_assert_free BEFORE DELETE ON generations
    FOR EACH ROW EXECUTE FUNCTION generations_assert_free()`,
  `CREATE FUNCTION generations_assert_collected() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    hold uuid;
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(legal_hold_lock(OLD.search_space_id));
    hold := legal_hold_on(OLD.search_space_id, OLD.id, OLD.collection_id, OLD.created_by, OLD.created_at);
    IF hold IS NOT NULL AND EXISTS (SELECT FROM legal_holds WHERE search_space_id = OLD.search_space_id
         AND lifted_at IS NULL AND scope = 'collection' AND collection_id = OLD.collection_id) THEN
      ${REFUSE};
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER generations_assert_collected BEFORE UPDATE OF collection_id ON generations
    FOR EACH ROW WHEN (OLD.collection_id IS NOT NULL AND OLD.collection_id IS DISTINCT FROM NEW.collection_id)
    EXECUTE FUNCTION generations_assert_collected()`,
  `CREATE FUNCTION media_assets_assert_free() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    hold uuid;
    was jsonb := to_jsonb(OLD);
    made generations%ROWTYPE;
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(legal_hold_lock(OLD.search_space_id));
    IF OLD.generation_id IS NULL THEN
      hold := legal_hold_on(OLD.search_space_id, NULL, (was ->> 'collection_id')::uuid,
        (was ->> 'created_by')::uuid, OLD.created_at);
    ELSE
      SELECT * INTO made FROM generations WHERE id = OLD.generation_id;
      IF FOUND AND made.status NOT IN ('queued', 'running') THEN
        hold := legal_hold_on(made.search_space_id, made.id, made.collection_id, made.created_by, made.created_at);
      END IF;
    END IF;
    IF hold IS NOT NULL THEN
      ${REFUSE};
    END IF;
    RETURN OLD;
  END $$`,
  `CREATE TRIGGER media_assets_assert_free BEFORE DELETE ON media_assets
    FOR EACH ROW EXECUTE FUNCTION media_assets_assert_free()`,
  `CREATE FUNCTION search_spaces_assert_free() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    hold uuid := (SELECT id FROM legal_holds
                   WHERE search_space_id = OLD.id AND lifted_at IS NULL ORDER BY id LIMIT 1);
  BEGIN
    IF hold IS NOT NULL THEN
      ${REFUSE};
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER search_spaces_assert_free BEFORE UPDATE OF state ON search_spaces
    FOR EACH ROW WHEN (NEW.state <> 'active') EXECUTE FUNCTION search_spaces_assert_free()`,
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** Holds are placed and lifted by operators, who act as the system. */
const RIGHTS: Readonly<Record<string, string>> = {
  retention_policies: 'SELECT, INSERT, UPDATE, DELETE',
  legal_holds: 'SELECT',
  storage_cleanups: 'SELECT, INSERT, UPDATE, DELETE',
  storage_cleanup_items: 'SELECT, INSERT, UPDATE, DELETE',
};

const PROTECTION = Object.entries(RIGHTS).flatMap(([table, rights]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT ${rights} ON ${table} TO atelier_app`,
]);

const UNDO = [
  'DROP TRIGGER search_spaces_assert_free ON search_spaces',
  'DROP TRIGGER media_assets_assert_free ON media_assets',
  'DROP TRIGGER generations_assert_collected ON generations',
  'DROP TRIGGER generations_assert_free ON generations',
  'DROP FUNCTION search_spaces_assert_free()',
  'DROP FUNCTION media_assets_assert_free()',
  'DROP FUNCTION generations_assert_collected()',
  'DROP FUNCTION generations_assert_free()',
  'DROP TABLE storage_cleanup_items',
  'DROP TABLE storage_cleanups',
  'DROP TABLE legal_holds',
  'DROP FUNCTION legal_holds_keep()',
  'DROP FUNCTION legal_hold_on(uuid, uuid, uuid, uuid, timestamptz)',
  'DROP FUNCTION legal_hold_lock(uuid)',
  'DROP TABLE retention_lease',
  'DROP TABLE retention_policies',
];

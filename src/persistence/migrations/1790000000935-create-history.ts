import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';
import {
  LISTED_PLACES,
  NARROW_SIGNATURE,
  PAGES,
  PAGE_SIGNATURE,
  SEGMENT_PLACES,
  WRITERS,
} from './1790000000935-create-history.functions.js';

/**
 * The history of generations: what each one can be found by, in an index of segments that is written after it has
 * ended; tags, and favourites of users.
 */
export class CreateHistory1790000000935 implements MigrationInterface {
  readonly name = 'CreateHistory1790000000935';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...TABLES,
      ...PROTECTION,
      ...TERMS,
      ...WRITERS,
      ...TRIGGERS,
      ...PAGES,
    ]) {
      await runner.query(statement);
    }
    // What is there already is found by its own rows until the worker has come by.
    await runner.query(`INSERT INTO generation_history (id, search_space_id, created_at)
      SELECT id, search_space_id, created_at FROM generations`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * segment, place: where the row is in the index; null until the generation has ended and a worker came by, and again
 * when what it can be found by has changed; such rows are judged by themselves. No foreign key: it would be checked in
 * every admission, and a trigger removes the rows.
 *
 * A segment holds up to some thousand rows of one space that were made at about the same time, each at a place; its
 * terms say at which places they are. A term of few rows has `places`, one of many has `bits`.
 */
const TABLES = [
  `CREATE TABLE generation_history (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    segment bigint,
    place smallint
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX generation_history_pending ON generation_history (search_space_id, id)
    WHERE segment IS NULL`,
  `CREATE UNIQUE INDEX generation_history_places ON generation_history (segment, place)
    INCLUDE (id, created_at) WHERE segment IS NOT NULL`,
  `CREATE TABLE generation_segments (
    segment bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    search_space_id uuid NOT NULL,
    first_id uuid NOT NULL,
    last_id uuid NOT NULL,
    places integer NOT NULL DEFAULT 0 CHECK (places BETWEEN 0 AND ${SEGMENT_PLACES}),
    is_open boolean NOT NULL DEFAULT true,
    tidied_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE UNIQUE INDEX generation_segments_open ON generation_segments (search_space_id) WHERE is_open`,
  `CREATE INDEX generation_segments_newest ON generation_segments (search_space_id, last_id)`,
  `CREATE INDEX generation_segments_tidied ON generation_segments (tidied_at)`,
  `CREATE TABLE generation_terms (
    segment bigint NOT NULL,
    term text COLLATE "C" NOT NULL,
    places smallint[],
    bits bit(${SEGMENT_PLACES}),
    PRIMARY KEY (segment, term),
    CHECK (coalesce(cardinality(places) BETWEEN 1 AND ${LISTED_PLACES}, bits IS NOT NULL))
  )`,
  `CREATE TABLE generation_tags (
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL,
    tag text COLLATE "C" NOT NULL CHECK (char_length(tag) BETWEEN 1 AND 50),
    PRIMARY KEY (generation_id, tag)
  )`,
  `CREATE INDEX generation_tags_by_space ON generation_tags (search_space_id, tag, generation_id)`,
  `CREATE TABLE generation_favourites (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, generation_id)
  )`,
  `CREATE INDEX generation_favourites_by_generation ON generation_favourites (generation_id)`,
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

const RULES: Readonly<Record<string, string>> = {
  generation_history: OWN_SPACE,
  generation_tags: OWN_SPACE,
  generation_favourites: `${OWN_SPACE} AND user_id = (SELECT atelier_user_id())`,
};

const PROTECTION = [
  ...Object.entries(RULES).flatMap(([table, rule]) => [
    ...protect(table),
    `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${rule})`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO atelier_app`,
  ]),
  // Work for a caller has no use for the index itself.
  ...protect('generation_segments'),
  ...protect('generation_terms'),
];

function protect(table: string): string[] {
  return [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  ];
}

/** All signs of ASCII but the apostrophe, which parts words by itself. */
const PUNCTUATION = String.raw`[!-&(-/:-@\[-\x60{-~]+`;

/**
 * Words are those of a text without its punctuation, in whatever way letters are composed; Chinese and Japanese write
 * none between words, so there each character is one. All other terms begin with `=`, which no word does.
 *
 * Costs are written so that their order as text is that of the numbers, three times: as they are, in 256ths and in
 * 65,536ths. A range is made of the coarsest that fit, so it is some hundred terms at most, however different the costs.
 * With each word goes its first letter, because one letter alone would be a range of a twentieth of all words.
 */
const TERMS = [
  `CREATE FUNCTION generation_words(said text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple'::regconfig, regexp_replace(
      CASE WHEN octet_length(said) = length(said) THEN said
        ELSE regexp_replace(normalize(said, NFKC), '([\\u3040-\\u30ff\\u3400-\\u9fff])', ' \\1 ', 'g') END,
      '${PUNCTUATION}', ' ', 'g'))
  $$`,
  `CREATE FUNCTION generation_facets(g generations) RETURNS text[]
  LANGUAGE sql STABLE AS $$
    SELECT array_remove(ARRAY[
        '=t' || g.status, '=o' || g.operation, '=p' || g.provider, '=m' || g.model, '=u' || g.created_by,
        '=k' || g.api_key_id, '=c' || g.collection_id, '=$0' || lpad(to_hex(g.cost_micros), 16, '0'),
        '=$1' || lpad(to_hex(g.cost_micros >> 8), 16, '0'), '=$2' || lpad(to_hex(g.cost_micros >> 16), 16, '0'),
        CASE WHEN EXISTS (SELECT FROM media_assets m
          WHERE m.generation_id = g.id AND m.role = 'output') THEN '=iyes' ELSE '=ino' END
      ] || ARRAY(SELECT '=g' || t.tag FROM generation_tags t WHERE t.generation_id = g.id), NULL)
  $$`,
  `CREATE FUNCTION generation_said(g generations) RETURNS text
  LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', g.prompt, CASE WHEN g.sent_prompt <> g.prompt THEN g.sent_prompt END)
  $$`,
  `CREATE FUNCTION generation_terms(g generations) RETURNS text[]
  LANGUAGE sql STABLE AS $$
    SELECT generation_facets(g) || w.words || ARRAY(SELECT DISTINCT '=1' || left(u, 1) FROM unnest(w.words) AS u)
      FROM (SELECT tsvector_to_array(generation_words(generation_said(g))) AS words OFFSET 0) w
  $$`,
  `CREATE AGGREGATE generation_bits_of(integer, integer)
    (SFUNC = set_bit, STYPE = bit, INITCOND = '${'0'.repeat(SEGMENT_PLACES)}')`,
];

const TRIGGERS = [
  `CREATE FUNCTION generation_history_add() RETURNS trigger LANGUAGE plpgsql ${PLANS} AS $$
  BEGIN
    INSERT INTO generation_history (id, search_space_id, created_at)
      SELECT id, search_space_id, created_at FROM made;
    INSERT INTO generation_tags (generation_id, search_space_id, tag)
      SELECT m.id, m.search_space_id, t.tag
        FROM made m CROSS JOIN LATERAL jsonb_array_elements_text(m.options -> 'tags') AS t (tag)
       WHERE m.options ? 'tags'
      ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER generations_add_history AFTER INSERT ON generations
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION generation_history_add()`,
  `CREATE FUNCTION generation_history_remove() RETURNS trigger LANGUAGE plpgsql ${PLANS} AS $$
  BEGIN
    DELETE FROM generation_history WHERE id = ANY (ARRAY(SELECT id FROM gone));
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER generations_remove_history AFTER DELETE ON generations
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION generation_history_remove()`,
  `CREATE FUNCTION generation_history_reopen() RETURNS trigger LANGUAGE plpgsql ${PLANS} AS $$
  BEGIN
    UPDATE generation_history SET segment = NULL, place = NULL
     WHERE id = ANY (ARRAY(SELECT generation_id FROM gone WHERE role = 'output'))
       AND segment IS NOT NULL;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER media_assets_reopen_history AFTER DELETE ON media_assets
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION generation_history_reopen()`,
];

const UNDO = [
  `DROP FUNCTION generation_history_newest(${PAGE_SIGNATURE})`,
  `DROP FUNCTION generation_history_oldest(${PAGE_SIGNATURE})`,
  `DROP FUNCTION generation_history_narrow(${NARROW_SIGNATURE})`,
  'DROP TRIGGER media_assets_reopen_history ON media_assets',
  'DROP FUNCTION generation_history_reopen()',
  'DROP TRIGGER generations_remove_history ON generations',
  'DROP FUNCTION generation_history_remove()',
  'DROP TRIGGER generations_add_history ON generations',
  'DROP FUNCTION generation_history_add()',
  'DROP FUNCTION generation_segments_tidy(integer, integer)',
  'DROP FUNCTION generation_history_index(uuid[])',
  'DROP FUNCTION generation_segment_fill(bigint, uuid[])',
  'DROP AGGREGATE generation_bits_of(integer, integer)',
  'DROP FUNCTION generation_terms(generations)',
  'DROP FUNCTION generation_said(generations)',
  'DROP FUNCTION generation_facets(generations)',
  'DROP FUNCTION generation_words(text)',
  'DROP TABLE generation_favourites',
  'DROP TABLE generation_tags',
  'DROP TABLE generation_terms',
  'DROP TABLE generation_segments',
  'DROP TABLE generation_history',
];

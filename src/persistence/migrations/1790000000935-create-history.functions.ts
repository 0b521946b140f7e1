import { PLANS } from './1790000000300-create-billing.functions.js';

/** Places of a segment: the bits of a term. Rows that are written later and in no order have places as well. */
export const SEGMENT_PLACES = 4_096;
/** A term of more rows than this is kept as bits, of fewer as numbers. */
export const LISTED_PLACES = 64;
/** Rows that are in no segment yet and are looked at one by one, besides those that run. */
const PENDING_MAX = 500;
/** So many segments are looked at in one go: few at first, because most pages are full soon. */
const SPANS_FIRST = 2;
const SPANS_MAX = 256;
/** So many of a batch or of favourites are looked at in one go; once some are found, as many as the rest should take. */
const AMONG_FIRST = 128;
const AMONG_MAX = 2_048;
/** How much more is looked at the next time, up to the most. */
const GROWTH = 4;
/** With more hits in a segment its rows are read in one go. */
const PICKED_MAX = 64;

export const NARROW_SIGNATURE = 'bigint[], bit[], text[], text[], integer[]';
export const PAGE_SIGNATURE =
  'uuid[], text[], text[], integer[], bigint, bigint, uuid, uuid, timestamptz, timestamptz, boolean, uuid, uuid[], integer';

/** Look-ups of keys one after the other, whatever the planner thinks of the tables. */
const LOOKUPS = `${PLANS} SET enable_bitmapscan = off SET random_page_cost = 0.1`;
const BITS = `bit(${SEGMENT_PLACES})`;

/** A function in SQL would be called anew for each term, which costs more than the work. */
const toBits = (places: string): string =>
  `(SELECT generation_bits_of(u.place, 1) FROM unnest(${places}) AS u (place))`;

interface Direction {
  name: string;
  order: 'DESC' | 'ASC';
  /** The end of a segment that the list comes upon first. */
  edge: 'last_id' | 'first_id';
  /** How a row that precedes all of a segment compares with its edge. */
  precedes: '>' | '<';
}

const WITHIN = 'h.id < below AND h.id > above AND h.created_at >= since AND h.created_at < until';

/** A row by itself, as the index would; its words last, because to tell them apart costs most. */
const IS_MEANT = `
  (cost_low IS NULL OR g.cost_micros BETWEEN cost_low AND cost_high)
  AND generation_facets(g) @> facets AND (either = '{}' OR generation_facets(g) && either)
  AND CASE WHEN said IS NULL THEN true
    WHEN octet_length(generation_said(g)) = length(generation_said(g))
      AND EXISTS (SELECT FROM unnest(beginnings) AS b (word)
        WHERE strpos(lower(generation_said(g)), b.word) = 0) THEN false
    ELSE generation_words(generation_said(g)) @@ said END`;

/**
 * Of these segments those that have rows with a term of each group, and which; both in the order they came in. A group
 * (from 1 on) is one or more ranges of terms, their ends included; what it costs is in proportion to the terms there
 * are in it, so those of many come last. \`within\` are the places that are meant at all; null means all.
 *
 * Each group is one statement for all segments: a statement for each of them would cost several times its look-up.
 */
const NARROW = `
CREATE FUNCTION generation_history_narrow(segments bigint[], within bit[], lows text[], highs text[], groups integer[],
  OUT kept bigint[], OUT masks bit[])
LANGUAGE plpgsql STABLE ${LOOKUPS} AS $$
DECLARE
  nothing ${BITS} := repeat('0', ${SEGMENT_PLACES})::${BITS};
BEGIN
  kept := segments;
  masks := coalesce(within, array_fill(~nothing, ARRAY[cardinality(segments)]));
  FOR n IN 1 .. (SELECT max(u) FROM unnest(groups) AS u) LOOP
    EXIT WHEN cardinality(kept) = 0;
    SELECT coalesce(array_agg(s.segment ORDER BY s.nth), '{}'), coalesce(array_agg(hits.bits ORDER BY s.nth), '{}')
      INTO kept, masks
      FROM unnest(kept, masks) WITH ORDINALITY AS s (segment, mask, nth)
     CROSS JOIN LATERAL (
        SELECT coalesce(bit_or(t.bits) & s.mask, nothing)
                 | generation_bits_of(u.place, 1) FILTER (WHERE get_bit(s.mask, u.place) = 1) AS bits
          FROM unnest(lows, highs, groups) AS r (low, high, of_group)
         CROSS JOIN LATERAL (
            SELECT i.places, i.bits FROM generation_terms i
             WHERE i.segment = s.segment AND i.term >= r.low AND i.term <= r.high OFFSET 0) t
          LEFT JOIN LATERAL unnest(t.places) AS u (place) ON true
         WHERE r.of_group = n
        OFFSET 0) hits
     WHERE hits.bits <> nothing;
  END LOOP;
END $$`;

/** The rows behind bits: what lies between two ones, as text, says where they are. */
const PICK = (segments: string, bits: string): string => `
  SELECT h.id FROM unnest(${segments}, ${bits}) AS k (segment, mask)
   CROSS JOIN LATERAL (
      SELECT (sum(length(o.zeros) + 1) OVER (ORDER BY o.nth))::smallint - 1 AS place
        FROM string_to_table(k.mask::text, '1') WITH ORDINALITY AS o (zeros, nth)) p
   CROSS JOIN LATERAL (
      SELECT i.id, i.created_at FROM generation_history i WHERE i.segment = k.segment AND i.place = p.place OFFSET 0) h
   WHERE ${WITHIN}`;

/**
 * One page of ids between two others, in the order of ids, of rows that have a term of each group; \`cost_low\` and
 * \`cost_high\` say once more what a group of costs says, for rows that are not in the index.
 *
 * Segments are gone through from the edge of the list on, until no later one can hold a row that comes before those
 * found. In each, the bits of the terms are laid over each other: some look-ups, however many rows have them. Nothing
 * depends on what the planner guesses.
 */
const PAGE = ({ name, order, edge, precedes }: Direction): string => `
CREATE FUNCTION generation_history_${name}(spaces uuid[], lows text[], highs text[], groups integer[], cost_low bigint,
  cost_high bigint, below uuid, above uuid, since timestamptz, until timestamptz, may_run boolean, favourite_of uuid,
  among uuid[], want integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE ${LOOKUPS} AS $$
DECLARE
  is_all boolean := coalesce(cardinality(lows), 0) = 0;
  found uuid[] := '{}';
  spans bigint[];
  edges uuid[];
  kept bigint[];
  masks ${BITS}[];
  part record;
  next integer := 1;
  step integer;
  facets text[] := ARRAY(SELECT min(c.low) FROM unnest(lows, groups) AS c (low, of_group)
    WHERE c.low LIKE '=%' AND c.low !~ '^=[1$]' GROUP BY c.of_group HAVING count(*) = 1);
  either text[] := ARRAY(SELECT unnest(array_agg(c.low)) FROM unnest(lows, groups) AS c (low, of_group)
    WHERE c.low LIKE '=%' AND c.low !~ '^=[1$]' GROUP BY c.of_group HAVING count(*) > 1);
  beginnings text[] := ARRAY(SELECT regexp_replace(u, '^=1', '') FROM unnest(lows) AS u
    WHERE u NOT LIKE '=%' OR u LIKE '=1%');
  said tsquery := (SELECT string_agg('''' || replace(replace(w.word, '\\', '\\\\'), '''', '''''') || '''' || w.kind, ' & ')::tsquery
    FROM (SELECT regexp_replace(c.low, '^=1', '') AS word,
                 CASE WHEN c.low LIKE '=1%' OR c.low <> c.high THEN ':*' ELSE '' END AS kind
            FROM unnest(lows, highs) AS c (low, high)
           WHERE c.low NOT LIKE '=%' OR c.low LIKE '=1%') w);
BEGIN
  IF is_all AND favourite_of IS NOT NULL AND among IS NULL THEN
    RETURN QUERY SELECT h.id FROM generation_favourites f JOIN generation_history h ON h.id = f.generation_id
      WHERE f.user_id = favourite_of AND f.generation_id < below AND f.generation_id > above
        AND h.search_space_id = ANY (spaces) AND ${WITHIN}
      ORDER BY f.generation_id ${order} LIMIT want;
    RETURN;
  END IF;
  IF favourite_of IS NOT NULL THEN
    among := ARRAY(SELECT f.generation_id FROM generation_favourites f
      WHERE f.user_id = favourite_of AND f.generation_id < below AND f.generation_id > above
        AND f.search_space_id = ANY (spaces) AND (among IS NULL OR f.generation_id = ANY (among)));
  END IF;
  IF among IS NOT NULL THEN
    among := ARRAY(SELECT u FROM unnest(among) AS u WHERE u < below AND u > above ORDER BY u ${order});
    step := ${AMONG_FIRST};
    WHILE next <= cardinality(among) AND cardinality(found) < want LOOP
      SELECT array_agg(h.id) AS ids, array_agg(h.segment) AS segments, array_agg(h.place) AS places INTO part
        FROM generation_history h
       WHERE h.id = ANY (among[next : next + step - 1]) AND h.search_space_id = ANY (spaces) AND ${WITHIN};
      IF is_all THEN
        found := found || part.ids;
      ELSE
        SELECT coalesce(array_agg(m.segment), '{}'), coalesce(array_agg(m.mask), '{}') INTO kept, masks FROM (
          SELECT u.segment, generation_bits_of(u.place, 1) AS mask FROM unnest(part.segments, part.places) AS u (segment, place)
           WHERE u.segment IS NOT NULL GROUP BY u.segment) m;
        SELECT n.kept, n.masks INTO kept, masks FROM generation_history_narrow(kept, masks, lows, highs, groups) n;
        found := found || ARRAY(${PICK('kept', 'masks')}) || ARRAY(
          SELECT g.id FROM generations g
           WHERE g.id = ANY (ARRAY(SELECT u.id FROM unnest(part.ids, part.segments) AS u (id, segment) WHERE u.segment IS NULL))
             AND ${IS_MEANT});
      END IF;
      next := next + step;
      step := CASE WHEN found = '{}' THEN least(step * ${GROWTH}, ${AMONG_MAX})
        ELSE least(greatest(next * (want - cardinality(found)) / cardinality(found), ${AMONG_FIRST}), ${AMONG_MAX}) END;
    END LOOP;
    RETURN QUERY SELECT u FROM unnest(found) AS u ORDER BY u ${order} LIMIT want;
    RETURN;
  END IF;
  IF is_all AND since = '-infinity' AND until = 'infinity' THEN
    RETURN QUERY SELECT w.id FROM unnest(spaces) AS s (space) CROSS JOIN LATERAL (
        SELECT g.id FROM generations g
         WHERE g.search_space_id = s.space AND g.id < below AND g.id > above
         ORDER BY g.id ${order} LIMIT want) w
      ORDER BY w.id ${order} LIMIT want;
    RETURN;
  END IF;
  IF is_all THEN
    RETURN QUERY SELECT w.id FROM unnest(spaces) AS s (space) CROSS JOIN LATERAL (
        SELECT g.id FROM generations g
         WHERE g.search_space_id = s.space AND g.id < below AND g.id > above
           AND g.created_at >= since AND g.created_at < until
         ORDER BY g.id ${order} LIMIT want) w
      ORDER BY w.id ${order} LIMIT want;
    RETURN;
  END IF;

  found := ARRAY(
    SELECT h.id FROM (SELECT w.* FROM (
        (SELECT p.id, p.created_at FROM unnest(spaces) AS s (space) CROSS JOIN LATERAL (
            SELECT i.id, i.created_at FROM generation_history i
             WHERE i.segment IS NULL AND (i.search_space_id, i.id) < (s.space, below)
               AND (i.search_space_id, i.id) > (s.space, above)
             ORDER BY i.search_space_id ${order}, i.id ${order} LIMIT ${PENDING_MAX}) p
          ORDER BY p.id ${order} LIMIT ${PENDING_MAX})
        UNION
        (SELECT r.id, r.created_at
           FROM (SELECT * FROM generations WHERE status = 'running' OFFSET 0) r
          WHERE may_run AND r.search_space_id = ANY (spaces) AND r.id < below AND r.id > above
          LIMIT ${PENDING_MAX})) w
        ORDER BY w.id ${order} OFFSET 0) h
      JOIN generations g ON g.id = h.id
     WHERE ${WITHIN} AND ${IS_MEANT}
     ORDER BY h.id ${order} LIMIT want);

  SELECT array_agg(o.segment ORDER BY o.${edge} ${order}), array_agg(o.${edge} ORDER BY o.${edge} ${order})
    INTO spans, edges
    FROM generation_segments o
   WHERE o.search_space_id = ANY (spaces) AND o.first_id < below AND o.last_id > above;
  step := ${SPANS_FIRST};
  WHILE next <= cardinality(spans) LOOP
    EXIT WHEN cardinality(found) >= want AND found[want] ${precedes} edges[next];
    SELECT n.kept, n.masks INTO kept, masks
      FROM generation_history_narrow(spans[next : next + step - 1], NULL, lows, highs, groups) n;
    FOR n IN 1 .. cardinality(kept) LOOP
      EXIT WHEN cardinality(found) >= want AND found[want] ${precedes} edges[array_position(spans, kept[n])];
      IF bit_count(masks[n]) > ${PICKED_MAX} THEN
        found := ARRAY(SELECT w.id FROM (
          SELECT unnest(found) AS id
           UNION ALL
          SELECT h.id FROM (SELECT o.id, o.place, o.created_at FROM generation_history o
              WHERE o.segment = kept[n] OFFSET 0) h
           WHERE get_bit(masks[n], h.place) = 1 AND ${WITHIN}) w
          ORDER BY w.id ${order} LIMIT want);
      ELSE
        found := ARRAY(SELECT w.id FROM (SELECT unnest(found) AS id UNION ALL ${PICK('kept[n : n]', 'masks[n : n]')}) w
          ORDER BY w.id ${order} LIMIT want);
      END IF;
    END LOOP;
    next := next + step;
    step := least(step * ${GROWTH}, ${SPANS_MAX});
  END LOOP;
  RETURN QUERY SELECT u FROM unnest(found) AS u;
END $$`;

export const PAGES = [
  NARROW,
  PAGE({ name: 'newest', order: 'DESC', edge: 'last_id', precedes: '>' }),
  PAGE({ name: 'oldest', order: 'ASC', edge: 'first_id', precedes: '<' }),
];

/** Writes rows of one space, in the order of their ids, into a segment that has room for them and is locked. */
const PLACE = `
CREATE FUNCTION generation_segment_fill(into_segment bigint, ids uuid[]) RETURNS void
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  taken integer;
BEGIN
  UPDATE generation_segments
     SET places = places + cardinality(ids), first_id = least(first_id, ids[1]),
         last_id = greatest(last_id, ids[cardinality(ids)]),
         is_open = is_open AND places + cardinality(ids) < ${SEGMENT_PLACES}
   WHERE segment = into_segment
   RETURNING places - cardinality(ids) INTO taken;
  UPDATE generation_history h SET segment = into_segment, place = taken + u.nth - 1
    FROM unnest(ids) WITH ORDINALITY AS u (id, nth) WHERE h.id = u.id;
  INSERT INTO generation_terms AS t (segment, term, places, bits)
    SELECT into_segment, n.term, CASE WHEN cardinality(n.places) <= ${LISTED_PLACES} THEN n.places END,
           CASE WHEN cardinality(n.places) > ${LISTED_PLACES} THEN ${toBits('n.places')} END
      FROM (SELECT w.term, array_agg((taken + u.nth - 1)::smallint) AS places
              FROM unnest(ids) WITH ORDINALITY AS u (id, nth) JOIN generations g ON g.id = u.id
             CROSS JOIN LATERAL unnest(generation_terms(g)) AS w (term)
             GROUP BY w.term ORDER BY w.term) n
  ON CONFLICT (segment, term) DO UPDATE
     SET places = CASE WHEN cardinality(t.places) + cardinality(excluded.places) <= ${LISTED_PLACES}
           THEN t.places || excluded.places END,
         bits = CASE WHEN cardinality(t.places) + cardinality(excluded.places) <= ${LISTED_PLACES} THEN NULL
           ELSE coalesce(t.bits, ${toBits('t.places')})
             | coalesce(excluded.bits, ${toBits('excluded.places')}) END;
END $$`;

/**
 * Takes into the index what has ended of these. Their rows are locked first: what is read after that was committed
 * before whoever had them let go. Then the open segment of each space, in the order of spaces.
 */
const INDEX = `
CREATE FUNCTION generation_history_index(wanted uuid[]) RETURNS integer
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  member record;
  target record;
  batch uuid[];
  left_over uuid[];
  indexed integer := 0;
BEGIN
  PERFORM 1 FROM generation_history
    WHERE id = ANY (wanted) AND segment IS NULL ORDER BY id FOR UPDATE;
  FOR member IN
    SELECT h.search_space_id AS space, array_agg(h.id ORDER BY h.id) AS ids
      FROM generation_history h JOIN generations g ON g.id = h.id
     WHERE h.id = ANY (wanted) AND h.segment IS NULL AND g.status NOT IN ('queued', 'running')
     GROUP BY h.search_space_id ORDER BY h.search_space_id
  LOOP
    left_over := member.ids;
    WHILE cardinality(left_over) > 0 LOOP
      INSERT INTO generation_segments (search_space_id, first_id, last_id)
        VALUES (member.space, left_over[1], left_over[1])
        ON CONFLICT (search_space_id) WHERE is_open DO NOTHING;
      SELECT s.segment, s.places INTO target FROM generation_segments s
        WHERE s.search_space_id = member.space AND s.is_open FOR UPDATE;
      -- Filled up by another one meanwhile: the next one is opened.
      CONTINUE WHEN NOT FOUND;
      batch := left_over[: ${SEGMENT_PLACES} - target.places];
      left_over := left_over[${SEGMENT_PLACES} - target.places + 1 :];
      PERFORM generation_segment_fill(target.segment, batch);
      indexed := indexed + cardinality(batch);
    END LOOP;
  END LOOP;
  RETURN indexed;
END $$`;

/**
 * Of so many segments that were not looked at for longest, writes some anew from which rows have gone, so that their words
 * do not stay. Answers how many.
 */
const TIDY = `
CREATE FUNCTION generation_segments_tidy(looked_at integer, written_max integer) RETURNS integer
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  old record;
  kept uuid[];
  fresh bigint;
  written integer := 0;
BEGIN
  FOR old IN
    SELECT s.segment, s.places AS places, s.search_space_id,
           (SELECT count(*) FROM generation_history h WHERE h.segment = s.segment) AS live
      FROM (SELECT * FROM generation_segments ORDER BY tidied_at LIMIT looked_at) s
  LOOP
    IF old.live < old.places THEN
      CONTINUE WHEN written >= written_max;
      kept := ARRAY(SELECT id FROM generation_history WHERE segment = old.segment ORDER BY id FOR UPDATE);
      SELECT s.segment, s.places, s.search_space_id, s.is_open INTO old FROM generation_segments s
        WHERE s.segment = old.segment FOR UPDATE;
      CONTINUE WHEN NOT FOUND;
      -- Those that came meanwhile are not locked; they stay out until the next round.
      CONTINUE WHEN EXISTS (SELECT FROM generation_history h WHERE h.segment = old.segment AND h.id <> ALL (kept));
      kept := ARRAY(SELECT id FROM generation_history WHERE segment = old.segment ORDER BY id);
      UPDATE generation_history SET segment = NULL, place = NULL WHERE segment = old.segment;
      DELETE FROM generation_terms WHERE segment = old.segment;
      DELETE FROM generation_segments WHERE segment = old.segment;
      written := written + 1;
      IF cardinality(kept) > 0 THEN
        INSERT INTO generation_segments (search_space_id, first_id, last_id, is_open)
          VALUES (old.search_space_id, kept[1], kept[1], old.is_open) RETURNING segment INTO fresh;
        PERFORM generation_segment_fill(fresh, kept);
      END IF;
    ELSE
      UPDATE generation_segments SET tidied_at = now() WHERE segment = old.segment;
    END IF;
  END LOOP;
  RETURN written;
END $$`;

export const WRITERS = [PLACE, INDEX, TIDY];

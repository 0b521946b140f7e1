import { PLANS } from './1790000000300-create-billing.functions.js';
import { toRollUp } from './1790000000820-roll-up-usage.tables.js';

/** They reach every space's rows for whoever may call them. */
export const AS_OWNER = 'SECURITY DEFINER SET search_path = public, pg_temp';

/**
 * member.usage: the columns of usage_records; charged_micros and shortfall_micros come from the settlement's verdict.
 * An attempt that has its row already is passed over. What is written is noted for the roll-ups, in one row a batch.
 */
const RECORD_USAGE = `
  CREATE OR REPLACE FUNCTION billing_record_usage(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${AS_OWNER} ${PLANS} AS $$
  DECLARE
    ids uuid[];
    replayed uuid[];
  BEGIN
    SELECT array_agg((x.member -> 'usage' ->> 'id')::uuid) INTO ids
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)
     WHERE jsonb_typeof(x.member -> 'usage') = 'object' AND NOT settlement_refused(verdicts[x.position]);
    IF ids IS NULL THEN
      RETURN verdicts;
    END IF;
    replayed := ARRAY(SELECT k.attempt_id FROM usage_keys k WHERE k.attempt_id = ANY (ids));
    IF replayed <> '{}' THEN
      ids := ARRAY(SELECT i.id FROM unnest(ids) AS i (id) WHERE i.id <> ALL (replayed));
    END IF;
    IF ids = '{}' THEN
      RETURN verdicts;
    END IF;
    INSERT INTO usage_keys (attempt_id) SELECT i.id FROM unnest(ids) AS i (id) ORDER BY i.id;
    INSERT INTO usage_records (id, search_space_id, collection_id, user_id, api_key_id,
      generation_id, provider, connection, model, requested_model, operation, kind, tier, outcome,
      images_requested, images_delivered, input_tokens, cached_input_tokens, image_input_tokens,
      cached_image_input_tokens, output_tokens, image_output_tokens, price_version_id,
      multiplier_bp, list_cost_micros, charged_micros, shortfall_micros, latency_ms, is_estimated)
    SELECT u.id, u.search_space_id, u.collection_id, u.user_id, u.api_key_id,
      u.generation_id, u.provider, left(u.connection, 200), u.model, left(u.requested_model, 200),
      u.operation, u.kind, u.tier, u.outcome,
      coalesce(u.images_requested, 0), coalesce(u.images_delivered, 0),
      coalesce(u.input_tokens, 0), coalesce(u.cached_input_tokens, 0),
      coalesce(u.image_input_tokens, 0), coalesce(u.cached_image_input_tokens, 0),
      coalesce(u.output_tokens, 0), coalesce(u.image_output_tokens, 0), u.price_version_id,
      coalesce(u.multiplier_bp, 10000), coalesce(u.list_cost_micros, 0),
      coalesce((verdicts[x.position] ->> 'posted_micros')::bigint, 0),
      coalesce((verdicts[x.position] ->> 'shortfall_micros')::bigint, 0),
      u.latency_ms, coalesce(u.is_estimated, false)
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::usage_records, x.member -> 'usage') AS u
     WHERE jsonb_typeof(x.member -> 'usage') = 'object'
       AND NOT settlement_refused(verdicts[x.position]) AND u.id <> ALL (replayed);
    INSERT INTO usage_batches (attempt_ids) VALUES (ids);
    RETURN verdicts;
  END $$;
`;

/**
 * Adds the rows of some waiting batches to the roll-ups and takes the batches away, in one transaction: whatever ends
 * it in between, each row is added once. Answers how many rows; fewer than rows_max = nothing is left to take.
 * waits: stay until the batches in other hands are done, at most 2 s for each (else 55P03). Nobody holds sums while
 * waiting for a batch, so nobody waits in a circle.
 */
const ROLL_UP = `
  CREATE FUNCTION billing_roll_up_usage(rows_max int, waits boolean) RETURNS int
  LANGUAGE plpgsql ${AS_OWNER} ${PLANS} AS $$
  DECLARE
    batch record;
    batch_ids bigint[] := '{}';
    ids uuid[] := '{}';
  BEGIN
    IF waits THEN
      PERFORM set_config('lock_timeout', '2s', true);
      FOR batch IN SELECT b.id, b.attempt_ids FROM usage_batches b ORDER BY b.id LIMIT rows_max FOR UPDATE LOOP
        batch_ids := batch_ids || batch.id;
        ids := ids || batch.attempt_ids;
        EXIT WHEN cardinality(ids) >= rows_max;
      END LOOP;
    ELSE
      FOR batch IN SELECT b.id, b.attempt_ids FROM usage_batches b ORDER BY b.id LIMIT rows_max
        FOR UPDATE SKIP LOCKED LOOP
        batch_ids := batch_ids || batch.id;
        ids := ids || batch.attempt_ids;
        EXIT WHEN cardinality(ids) >= rows_max;
      END LOOP;
    END IF;
    IF ids = '{}' THEN
      RETURN 0;
    END IF;
    DELETE FROM usage_batches b WHERE b.id = ANY (batch_ids);
    ${toRollUp('unnest(ids) AS i (id) JOIN usage_records u ON u.id = i.id')};
    RETURN cardinality(ids);
  END $$;
`;

/** Whether a usage row in this range of ids still waits to be rolled up. */
const IS_WAITING = `
  CREATE FUNCTION billing_usage_waits(lower uuid, upper uuid) RETURNS boolean
  LANGUAGE sql STABLE ${AS_OWNER} AS $$
    SELECT EXISTS (SELECT FROM usage_batches b CROSS JOIN LATERAL unnest(b.attempt_ids) AS i (id)
                    WHERE i.id >= lower AND i.id < upper)
  $$;
`;

/**
 * Drops the oldest month of usage rows that ended before the moment; answers its name, null when there is none.
 * Writers stand still while it waits for its lock, so it waits lock_wait_ms at most (then 55P03; try again), and it
 * looks at what else it needs before it asks. A month of which rows are not rolled up yet is refused (55006).
 */
const DROP_MONTH = `
  CREATE FUNCTION billing_drop_usage_month(before timestamptz, lock_wait_ms int) RETURNS text
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  DECLARE
    month record;
  BEGIN
    SELECT m.name, billing_month_floor(m.starts) AS lower,
           billing_month_floor(m.starts + interval '1 month') AS upper INTO month
      FROM (SELECT c.relname::text AS name, to_date(right(c.relname, 7), 'YYYY_MM')::timestamp AS starts
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'usage_records'::regclass
               AND c.relname ~ '^usage_records_[0-9]{4}_[0-9]{2}$') m
     WHERE (m.starts + interval '1 month') AT TIME ZONE 'UTC' <= before
     ORDER BY m.starts LIMIT 1;
    IF NOT FOUND OR NOT pg_try_advisory_xact_lock(hashtext('billing_make_usage_partitions')) THEN
      RETURN NULL;
    END IF;
    IF NOT billing_usage_waits(month.lower, month.upper) THEN
      PERFORM set_config('lock_timeout', lock_wait_ms::text, true);
      LOCK TABLE ONLY usage_records IN ACCESS EXCLUSIVE MODE;
      -- Again: whoever was writing has committed since.
      IF NOT billing_usage_waits(month.lower, month.upper) THEN
        EXECUTE format('DROP TABLE IF EXISTS %I', month.name);
        RETURN month.name;
      END IF;
    END IF;
    RAISE EXCEPTION '% is not rolled up yet', month.name USING ERRCODE = 'object_in_use';
  END $$;
`;

/**
 * Makes the missing partitions from last month to that many months ahead; answers how many. Many processes may call
 * it at once. Only a month that is missing takes the table's lock. Rows that came before their month move into it.
 */
const MAKE_PARTITIONS = `
  CREATE OR REPLACE FUNCTION billing_make_usage_partitions(months_ahead int) RETURNS int
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  DECLARE
    month timestamp;
    partition text;
    lower_id uuid;
    upper_id uuid;
    made int := 0;
  BEGIN
    FOR i IN -1 .. months_ahead LOOP
      month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i);
      partition := 'usage_records_' || to_char(month, 'YYYY_MM');
      IF to_regclass(partition) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('billing_make_usage_partitions'));
        IF to_regclass(partition) IS NULL THEN
          lower_id := billing_month_floor(month);
          upper_id := billing_month_floor(month + interval '1 month');
          EXECUTE format('CREATE TABLE %I (LIKE usage_records INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            partition);
          LOCK TABLE usage_records_unplaced IN ACCESS EXCLUSIVE MODE;
          EXECUTE format('WITH moved AS (DELETE FROM usage_records_unplaced WHERE id >= %L AND id < %L RETURNING *)
            INSERT INTO %I SELECT * FROM moved', lower_id, upper_id, partition);
          EXECUTE format('ALTER TABLE usage_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            partition, lower_id, upper_id);
          made := made + 1;
        END IF;
      END IF;
    END LOOP;
    RETURN made;
  END $$;
`;

export const USAGE_FUNCTIONS = [RECORD_USAGE, ROLL_UP, IS_WAITING, DROP_MONTH, MAKE_PARTITIONS];

export const USAGE_FUNCTION_NAMES = [
  'billing_drop_usage_month(timestamptz, integer)',
  'billing_usage_waits(uuid, uuid)',
  'billing_roll_up_usage(integer, boolean)',
];

/**
 * The batch functions: `(batch, verdicts) → verdicts`, one element a member. A member whose verdict refuses it is
 * left alone by every function after the one that refused. A verdict with `ok: true` reports and does not refuse.
 *
 * Their statements are planned once a connection, maybe while a table is still empty: whatever reads a whole table is
 * therefore priced out (a lookup by key is right at every size), and nothing is planned anew for each batch. Compiling
 * plans would cost more than it saves.
 */
export const PLANS = [
  'SET plan_cache_mode = force_generic_plan',
  ...['seqscan', 'hashjoin', 'mergejoin'].map((way) => `SET enable_${way} = off`),
  'SET jit = off',
].join(' ');

const REFUSED = `
  CREATE FUNCTION settlement_refused(verdict jsonb) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT verdict IS NOT NULL AND (verdict -> 'ok') IS DISTINCT FROM 'true'::jsonb
  $$;
`;

/**
 * member.hold: {id, transaction_id, account_id | search_space_id, amount_micros, price_version_id?, reference?,
 * actor?, expires_in_s | expires_at}. Wallets are locked in id order, then members are admitted in the order they
 * arrived: one that does not fit is refused alone. A hold of 0 moves nothing and makes no ledger transaction.
 */
const HOLD = `
  CREATE FUNCTION billing_hold(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  DECLARE
    results jsonb[] := verdicts;
    positions int[];
    hold_ids uuid[];
    account_ids uuid[];
    amounts bigint[];
    known_states text[];
    wallet_ids uuid[];
    wallet_available bigint[];
    wallet_held bigint[];
    admitted int[] := '{}';
    wallet int;
  BEGIN
    SELECT array_agg(e.position::int), array_agg((e.hold ->> 'id')::uuid),
           array_agg(coalesce((e.hold ->> 'account_id')::uuid, (
             SELECT a.id FROM accounts a WHERE a.kind = 'wallet'
                AND a.search_space_id = (e.hold ->> 'search_space_id')::uuid))),
           array_agg((e.hold ->> 'amount_micros')::bigint),
           array_agg((SELECT h.state FROM holds h WHERE h.id = (e.hold ->> 'id')::uuid))
      INTO positions, hold_ids, account_ids, amounts, known_states
      FROM (SELECT x.position, x.member -> 'hold' AS hold
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)) e
     WHERE jsonb_typeof(e.hold) = 'object' AND NOT settlement_refused(verdicts[e.position]);
    IF positions IS NULL THEN
      RETURN verdicts;
    END IF;

    SELECT array_agg(l.id), array_agg(l.available_micros), array_agg(l.held_micros)
      INTO wallet_ids, wallet_available, wallet_held
      FROM (SELECT a.id, a.available_micros, a.held_micros FROM accounts a
             WHERE a.id = ANY (account_ids) ORDER BY a.id FOR NO KEY UPDATE) l;

    FOR i IN 1 .. cardinality(positions) LOOP
      wallet := array_position(wallet_ids, account_ids[i]);
      IF known_states[i] IS NOT NULL THEN
        results[positions[i]] := jsonb_build_object('code', 'billing.hold_exists',
          'state', known_states[i]);
      ELSIF wallet IS NULL OR amounts[i] > wallet_available[wallet] THEN
        results[positions[i]] := jsonb_build_object('code', 'billing.insufficient_balance',
          'account_id', account_ids[i], 'required_micros', amounts[i],
          'remaining_micros', coalesce(wallet_available[wallet], 0),
          'balance_micros', coalesce(wallet_available[wallet] + wallet_held[wallet], 0));
      ELSE
        wallet_available[wallet] := wallet_available[wallet] - amounts[i];
        wallet_held[wallet] := wallet_held[wallet] + amounts[i];
        admitted := admitted || i;
      END IF;
    END LOOP;
    IF admitted = '{}' THEN
      RETURN results;
    END IF;

    UPDATE accounts a SET available_micros = w.available, held_micros = w.held
      FROM unnest(wallet_ids, wallet_available, wallet_held) AS w (id, available, held)
     WHERE a.id = w.id AND a.held_micros <> w.held;

    WITH fresh AS MATERIALIZED (
      SELECT hold_ids[i] AS id, account_ids[i] AS account_id, amounts[i] AS amount_micros,
             batch -> (positions[i] - 1) -> 'hold' AS hold
        FROM unnest(admitted) AS i
    ), held AS (
      INSERT INTO holds (id, account_id, amount_micros, price_version_id, reference, expires_at)
      SELECT f.id, f.account_id, f.amount_micros, (f.hold ->> 'price_version_id')::uuid,
             f.hold ->> 'reference',
             coalesce((f.hold ->> 'expires_at')::timestamptz,
                      now() + make_interval(secs => (f.hold ->> 'expires_in_s')::int))
        FROM fresh f
    ), noted AS (
      INSERT INTO ledger_transactions (id, kind, hold_id, reference, actor)
      SELECT (f.hold ->> 'transaction_id')::uuid, 'hold', f.id, f.hold ->> 'reference',
             f.hold ->> 'actor'
        FROM fresh f WHERE f.amount_micros <> 0
    )
    INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
    SELECT f.account_id, (f.hold ->> 'transaction_id')::uuid, e.bucket, e.sign * f.amount_micros
      FROM fresh f CROSS JOIN (VALUES ('available', -1), ('held', 1)) AS e (bucket, sign)
     WHERE f.amount_micros <> 0;
    RETURN results;
  END $$;
`;

/**
 * member.settle: {hold_id, transaction_id, action: post | void | expire, amount_micros? (post; all of the hold when
 * absent), actor?, review? (why a person must look at it), attempt_id?}. Accounts are locked in id order before the
 * holds are read, so whoever holds the account's lock sees the holds as they are. The first conclusion counts; any
 * further one reports it: {code: already}. A post takes what the hold lacks from what is available, and reports what
 * was not there; after an expiry it takes all of it so.
 */
const SETTLE = `
  CREATE FUNCTION billing_settle(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  DECLARE
    results jsonb[] := verdicts;
    positions int[];
    hold_ids uuid[];
    transaction_ids uuid[];
    actions text[];
    asked bigint[];
    account_ids uuid[];
    amounts bigint[];
    first_states text[];
    states text[];
    posted bigint[];
    shortfalls bigint[];
    conclusions uuid[];
    due boolean[];
    wallet_ids uuid[];
    wallet_available bigint[];
    wallet_held bigint[];
    wallet_spent bigint[];
    concluded int[] := '{}';
    firsts int[] := '{}';
    released bigint[] := '{}';
    returned bigint[] := '{}';
    k int;
    wallet int;
    held bigint;
    owed bigint;
    paid bigint;
    missing int;
    needs_review boolean;
  BEGIN
    SELECT array_agg(e.position::int), array_agg((e.settle ->> 'hold_id')::uuid),
           array_agg((e.settle ->> 'transaction_id')::uuid), array_agg(e.settle ->> 'action'),
           array_agg((e.settle ->> 'amount_micros')::bigint), bool_or(e.settle ? 'review')
      INTO positions, hold_ids, transaction_ids, actions, asked, needs_review
      FROM (SELECT x.position, x.member -> 'settle' AS settle
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)) e
     WHERE jsonb_typeof(e.settle) = 'object' AND NOT settlement_refused(verdicts[e.position]);
    IF positions IS NULL THEN
      RETURN verdicts;
    END IF;

    SELECT array_agg(l.id), array_agg(l.available_micros), array_agg(l.held_micros),
           array_agg(l.spent_micros)
      INTO wallet_ids, wallet_available, wallet_held, wallet_spent
      FROM (SELECT a.id, a.available_micros, a.held_micros, a.spent_micros FROM accounts a
             WHERE a.id = ANY (ARRAY(SELECT h.account_id FROM holds h WHERE h.id = ANY (hold_ids)))
             ORDER BY a.id FOR NO KEY UPDATE) l;

    SELECT array_agg(h.account_id ORDER BY m.n), array_agg(h.amount_micros ORDER BY m.n),
           array_agg(h.state ORDER BY m.n), array_agg(h.posted_micros ORDER BY m.n),
           array_agg(h.shortfall_micros ORDER BY m.n), array_agg(h.conclusion_id ORDER BY m.n),
           array_agg(h.expires_at <= now() ORDER BY m.n)
      INTO account_ids, amounts, first_states, posted, shortfalls, conclusions, due
      FROM unnest(hold_ids) WITH ORDINALITY AS m (id, n) LEFT JOIN holds h ON h.id = m.id;
    states := first_states;

    FOR i IN 1 .. cardinality(positions) LOOP
      -- The first member with this hold keeps its state for all of the batch.
      k := array_position(hold_ids, hold_ids[i]);
      IF states[k] IS NULL THEN
        results[positions[i]] := '{"code": "billing.hold_missing"}';
      ELSIF actions[i] = 'expire' AND states[k] = 'held' AND NOT due[k] THEN
        results[positions[i]] := '{"code": "billing.hold_not_due"}';
      ELSIF states[k] = 'held' OR (states[k] = 'expired' AND actions[i] = 'post') THEN
        wallet := array_position(wallet_ids, account_ids[k]);
        held := CASE states[k] WHEN 'held' THEN amounts[k] ELSE 0 END;
        owed := CASE actions[i] WHEN 'post' THEN coalesce(asked[i], amounts[k]) ELSE 0 END;
        paid := least(owed, held + wallet_available[wallet]);
        concluded := concluded || i;
        firsts := firsts || k;
        released := released || held;
        returned := returned || (held - paid);
        wallet_available[wallet] := wallet_available[wallet] + held - paid;
        wallet_held[wallet] := wallet_held[wallet] - held;
        wallet_spent[wallet] := wallet_spent[wallet] + paid;
        states[k] := CASE actions[i]
          WHEN 'post' THEN 'posted' WHEN 'void' THEN 'voided' WHEN 'expire' THEN 'expired' END;
        posted[k] := paid;
        shortfalls[k] := owed - paid;
        conclusions[k] := transaction_ids[i];
        needs_review := needs_review OR owed > paid;
        results[positions[i]] := jsonb_build_object('ok', true, 'state', states[k],
          'posted_micros', paid, 'shortfall_micros', owed - paid);
      ELSE
        results[positions[i]] := jsonb_build_object('code', 'already', 'state', states[k],
          'posted_micros', posted[k], 'shortfall_micros', shortfalls[k],
          'replayed', coalesce(conclusions[k] = transaction_ids[i], false));
      END IF;
    END LOOP;
    IF concluded = '{}' THEN
      RETURN results;
    END IF;

    UPDATE accounts a SET available_micros = w.available, held_micros = w.held, spent_micros = w.spent
      FROM unnest(wallet_ids, wallet_available, wallet_held, wallet_spent)
           AS w (id, available, held, spent)
     WHERE a.id = w.id AND (a.held_micros <> w.held OR a.spent_micros <> w.spent);

    WITH done AS MATERIALIZED (
      SELECT hold_ids[c.i] AS hold_id, transaction_ids[c.i] AS transaction_id,
             account_ids[c.k] AS account_id, actions[c.i] AS action, c.from_held, c.to_available,
             batch -> (positions[c.i] - 1) -> 'settle' ->> 'actor' AS actor
        FROM unnest(concluded, firsts, released, returned) AS c (i, k, from_held, to_available)
    ), noted AS (
      INSERT INTO ledger_transactions (id, kind, hold_id, actor)
      SELECT d.transaction_id, d.action, d.hold_id, d.actor
        FROM done d WHERE d.from_held <> 0 OR d.to_available <> 0
    ), entered AS (
      INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
      SELECT d.account_id, d.transaction_id, e.bucket, e.amount_micros
        FROM done d
       CROSS JOIN LATERAL (VALUES ('held', -d.from_held), ('available', d.to_available),
               ('spent', d.from_held - d.to_available)) AS e (bucket, amount_micros)
       WHERE e.amount_micros <> 0
    ), ended AS (
      UPDATE holds h
         SET state = states[u.k], posted_micros = posted[u.k], shortfall_micros = shortfalls[u.k],
             concluded_at = now(), conclusion_id = conclusions[u.k]
        FROM (SELECT DISTINCT f.k FROM unnest(firsts) AS f (k)) u
       WHERE h.id = hold_ids[u.k] AND h.state = first_states[u.k]
      RETURNING h.id
    )
    SELECT count(*) - (SELECT count(DISTINCT f.k) FROM unnest(firsts) AS f (k))
      INTO missing FROM ended;
    IF missing <> 0 THEN
      RAISE EXCEPTION 'a hold changed under the lock of its account'
        USING ERRCODE = 'serialization_failure';
    END IF;

    IF NOT needs_review THEN
      RETURN results;
    END IF;
    INSERT INTO reconciliation_items (id, hold_id, attempt_id, reason, amount_micros)
    SELECT transaction_ids[c.i], hold_ids[c.i], (x.settle ->> 'attempt_id')::uuid,
           coalesce(x.settle ->> 'review', 'shortfall'), shortfalls[c.k]
      FROM unnest(concluded, firsts) AS c (i, k)
     CROSS JOIN LATERAL (SELECT batch -> (positions[c.i] - 1) -> 'settle' AS settle) x
     WHERE shortfalls[c.k] > 0 OR x.settle ->> 'review' IS NOT NULL;
    RETURN results;
  END $$;
`;

/**
 * member.grant: {transaction_id, account_id, amount_micros (not 0), kind: grant | adjust, reference?, actor?}.
 * A grant comes out of `issued`; an adjustment, of either sign, out of `breakage`. The platform's account has the
 * lowest id, so it is locked first by everybody. The same transaction again reports the first.
 */
const GRANT = `
  CREATE FUNCTION billing_grant(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  DECLARE
    results jsonb[] := verdicts;
    platform uuid;
    member record;
    available bigint;
    noted record;
  BEGIN
    SELECT id INTO platform FROM accounts WHERE kind = 'platform';
    PERFORM a.id FROM accounts a
      WHERE a.id = platform OR a.id = ANY (ARRAY(
        SELECT (m -> 'grant' ->> 'account_id')::uuid FROM jsonb_array_elements(batch) AS m))
      ORDER BY a.id FOR NO KEY UPDATE;
    FOR member IN
      SELECT x.position::int AS position, g.* FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (m, position),
             jsonb_to_record(x.m -> 'grant') AS g (transaction_id uuid, account_id uuid,
               amount_micros bigint, kind text, reference text, actor text)
       WHERE jsonb_typeof(x.m -> 'grant') = 'object' AND NOT settlement_refused(verdicts[x.position])
       ORDER BY x.position
    LOOP
      SELECT t.kind, e.account_id, e.amount_micros INTO noted
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.bucket = 'available'
             AND e.account_id = member.account_id
       WHERE t.id = member.transaction_id;
      IF FOUND THEN
        results[member.position] := CASE
          WHEN noted.kind = member.kind AND noted.account_id = member.account_id
               AND noted.amount_micros = member.amount_micros
            THEN '{"ok": true, "replayed": true}'::jsonb
          ELSE '{"code": "billing.transaction_conflict"}'::jsonb END;
        CONTINUE;
      END IF;
      SELECT a.available_micros INTO available FROM accounts a
        WHERE a.id = member.account_id AND a.kind = 'wallet';
      IF NOT FOUND THEN
        results[member.position] := '{"code": "billing.wallet_missing"}';
        CONTINUE;
      END IF;
      IF available + member.amount_micros < 0 THEN
        results[member.position] := jsonb_build_object('code', 'billing.insufficient_balance',
          'account_id', member.account_id, 'required_micros', -member.amount_micros,
          'remaining_micros', available, 'balance_micros', available);
        CONTINUE;
      END IF;
      UPDATE accounts SET available_micros = available_micros + member.amount_micros
        WHERE id = member.account_id;
      UPDATE accounts SET
          issued_micros = issued_micros - CASE member.kind WHEN 'grant' THEN member.amount_micros ELSE 0 END,
          breakage_micros = breakage_micros - CASE member.kind WHEN 'adjust' THEN member.amount_micros ELSE 0 END
        WHERE id = platform;
      INSERT INTO ledger_transactions (id, kind, reference, actor)
        VALUES (member.transaction_id, member.kind, member.reference, member.actor);
      INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
        VALUES (member.account_id, member.transaction_id, 'available', member.amount_micros),
               (platform, member.transaction_id,
                CASE member.kind WHEN 'grant' THEN 'issued' ELSE 'breakage' END, -member.amount_micros);
      results[member.position] := '{"ok": true, "replayed": false}';
    END LOOP;
    RETURN results;
  END $$;
`;

/**
 * member.usage: the columns of usage_records; charged_micros and shortfall_micros come from the settlement's verdict.
 * An attempt that has its row already is passed over.
 */
const RECORD_USAGE = `
  CREATE FUNCTION billing_record_usage(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
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
    INSERT INTO usage_keys (attempt_id)
      SELECT i.id FROM unnest(ids) AS i (id) WHERE i.id <> ALL (replayed) ORDER BY i.id;
    INSERT INTO usage_records (id, search_space_id, collection_id, user_id, api_key_id,
      generation_id, provider, model, operation, kind, tier, outcome, images_requested,
      images_delivered, input_tokens, cached_input_tokens, image_input_tokens,
      cached_image_input_tokens, output_tokens, image_output_tokens, price_version_id,
      list_cost_micros, charged_micros, shortfall_micros)
    SELECT u.id, u.search_space_id, u.collection_id, u.user_id, u.api_key_id,
      u.generation_id, u.provider, u.model, u.operation, u.kind, u.tier, u.outcome,
      coalesce(u.images_requested, 0), coalesce(u.images_delivered, 0),
      coalesce(u.input_tokens, 0), coalesce(u.cached_input_tokens, 0),
      coalesce(u.image_input_tokens, 0), coalesce(u.cached_image_input_tokens, 0),
      coalesce(u.output_tokens, 0), coalesce(u.image_output_tokens, 0), u.price_version_id,
      coalesce(u.list_cost_micros, 0),
      coalesce((verdicts[x.position] ->> 'posted_micros')::bigint, 0),
      coalesce((verdicts[x.position] ->> 'shortfall_micros')::bigint, 0)
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::usage_records, x.member -> 'usage') AS u
     WHERE jsonb_typeof(x.member -> 'usage') = 'object'
       AND NOT settlement_refused(verdicts[x.position]) AND u.id <> ALL (replayed);
    RETURN verdicts;
  END $$;
`;

/** The lowest UUIDv7 of a UTC month: its time in ms, then zeros. */
const MONTH_FLOOR = `
  CREATE FUNCTION billing_month_floor(month timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT rpad(lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0'), 32, '0')::uuid
  $$;
`;

/**
 * Makes the missing partitions from last month to that many months ahead; answers how many. Many processes may call
 * it at once. Only a month that is missing takes the table's lock.
 */
const MAKE_PARTITIONS = `
  CREATE FUNCTION billing_make_usage_partitions(months_ahead int) RETURNS int LANGUAGE plpgsql AS $$
  DECLARE
    month timestamp;
    partition text;
    made int := 0;
  BEGIN
    FOR i IN -1 .. months_ahead LOOP
      month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i);
      partition := 'usage_records_' || to_char(month, 'YYYY_MM');
      IF to_regclass(partition) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('billing_make_usage_partitions'));
        IF to_regclass(partition) IS NULL THEN
          EXECUTE format('CREATE TABLE %I PARTITION OF usage_records FOR VALUES FROM (%L) TO (%L)',
            partition, billing_month_floor(month), billing_month_floor(month + interval '1 month'));
          made := made + 1;
        END IF;
      END IF;
    END LOOP;
    RETURN made;
  END $$;
`;

const FIRST_PARTITIONS = 'SELECT billing_make_usage_partitions(2)';

export const BILLING_FUNCTIONS = [
  REFUSED,
  HOLD,
  SETTLE,
  GRANT,
  RECORD_USAGE,
  MONTH_FLOOR,
  MAKE_PARTITIONS,
  FIRST_PARTITIONS,
] as const;

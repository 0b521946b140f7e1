import { PLANS } from './1790000000300-create-billing.functions.js';
import { AS_OWNER } from './1790000000800-create-budgets.functions.js';

const NIL = `'00000000-0000-0000-0000-000000000000'::uuid`;
const PLATFORM = `'00000000-0000-7000-8000-000000000000'::uuid`;

/**
 * The functions of 1790000000800 and 820, which do what they did with fewer statements: starting one costs more than
 * what most of them find. What is called within another has its settings from there.
 */

/**
 * The budgets of these subjects, locked in id order and renewed where their period has ended. The same subject or space
 * may be named more than once, and null is nobody.
 */
const LOCK = `
  CREATE OR REPLACE FUNCTION billing_lock_budgets(subjects uuid[], spaces uuid[]) RETURNS budgets[]
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  DECLARE
    caps budgets[];
  BEGIN
    SELECT array_agg(l.x) INTO caps
      FROM (SELECT x FROM budgets x
             WHERE x.subject_id = ANY (subjects) AND x.deleted_at IS NULL
               AND (x.search_space_id IS NULL OR x.search_space_id = ANY (spaces))
             ORDER BY x.id FOR NO KEY UPDATE) l;
    FOR j IN 1 .. coalesce(cardinality(caps), 0) LOOP
      CONTINUE WHEN caps[j].period_end IS NULL OR caps[j].period_end > now()
        OR caps[j].ends_at <= now();
      -- A window that was never opened leaves no period behind.
      IF caps[j].period_end > caps[j].period_start THEN
        INSERT INTO budget_periods (budget_id, period_start, period_end, limit_micros,
          carried_micros, held_micros, spent_micros)
        VALUES (caps[j].id, caps[j].period_start, caps[j].period_end, caps[j].limit_micros,
          caps[j].carried_micros, caps[j].held_micros, caps[j].spent_micros)
        ON CONFLICT (budget_id, period_start) DO UPDATE
          SET period_end = excluded.period_end,
              held_micros = budget_periods.held_micros + excluded.held_micros,
              spent_micros = budget_periods.spent_micros + excluded.spent_micros;
      END IF;
      caps[j] := billing_roll_budget(caps[j], now());
    END LOOP;
    RETURN caps;
  END $$;
`;

/** Writes the counters and marks of locked budgets back. In plpgsql, for a function in SQL is planned anew for every call. */
const KEEP = `
  CREATE OR REPLACE FUNCTION billing_keep_budgets(caps budgets[]) RETURNS void
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  BEGIN
    UPDATE budgets b
       SET period_start = c.period_start, period_end = c.period_end,
           carried_micros = c.carried_micros, held_micros = c.held_micros,
           spent_micros = c.spent_micros, notified = c.notified, exhausted_at = c.exhausted_at
      FROM unnest(caps) AS c
     WHERE b.id = c.id
       AND (b.held_micros, b.spent_micros, b.period_start, b.carried_micros, b.notified,
            b.exhausted_at IS NULL)
         IS DISTINCT FROM (c.held_micros, c.spent_micros, c.period_start, c.carried_micros,
            c.notified, c.exhausted_at IS NULL);
  END $$;
`;

/**
 * member.hold: {id, transaction_id, account_id | search_space_id, amount_micros, funding?, user_id?, api_key_id?,
 * price_version_id?, reference?, actor?, expires_in_s | expires_at}. Wallets are locked in id order, then budgets in
 * theirs; members are admitted in the order they arrived, and one that does not fit is refused alone. Wallet and
 * budgets hold together or not at all. A hold of 0, or without funding, moves nothing and makes no ledger transaction.
 */
const HOLD = `
  CREATE OR REPLACE FUNCTION billing_hold(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    results jsonb[] := verdicts;
    positions int[];
    hold_ids uuid[];
    account_ids uuid[];
    is_turning boolean;
    asked bigint[];
    amounts bigint[] := '{}';
    counted bigint[] := '{}';
    fundings text[];
    space_ids uuid[];
    user_ids uuid[];
    key_ids uuid[];
    known_states text[];
    wallet_ids uuid[];
    wallet_spaces uuid[];
    wallet_available bigint[];
    wallet_held bigint[];
    turning uuid[];
    caps budgets[];
    cap_subjects uuid[];
    cap_spaces uuid[];
    cap_held bigint[];
    cap_rooms bigint[];
    cap_warnings bigint[];
    cap_hard boolean[];
    cap_ended boolean[];
    cap_subscribed boolean[];
    binding int[];
    bound int[] := '{}';
    ids uuid[];
    periods timestamptz[];
    bound_ids text := '{}';
    bound_periods text := '{}';
    held_under text[] := '{}';
    held_periods text[] := '{}';
    admitted int[] := '{}';
    warnings jsonb;
    refusal jsonb;
    is_capped boolean := false;
    is_subscribed boolean;
    wallet int;
    j int;
  BEGIN
    SELECT array_agg(e.position::int), array_agg((e.hold ->> 'id')::uuid),
           array_agg(coalesce(e.account_id, a.id)), bool_or(a.lots_due_at <= now()),
           array_agg((e.hold ->> 'amount_micros')::bigint),
           array_agg(coalesce(e.hold ->> 'funding', 'wallet')),
           array_agg((e.hold ->> 'user_id')::uuid),
           -- Who comes without a key of ours has their own id for one: what is theirs counts once.
           array_agg(nullif((e.hold ->> 'api_key_id')::uuid, (e.hold ->> 'user_id')::uuid)),
           array_agg((SELECT h.state FROM holds h WHERE h.id = (e.hold ->> 'id')::uuid))
      INTO positions, hold_ids, account_ids, is_turning, asked, fundings, user_ids, key_ids, known_states
      FROM (SELECT x.position, x.member -> 'hold' AS hold,
                   (x.member -> 'hold' ->> 'account_id')::uuid AS account_id
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)) e
      LEFT JOIN LATERAL (
        SELECT w.id, w.lots_due_at FROM accounts w WHERE w.id = e.account_id
         UNION ALL
        SELECT w.id, w.lots_due_at FROM accounts w
         WHERE e.account_id IS NULL AND w.kind = 'wallet'
           AND w.search_space_id = (e.hold ->> 'search_space_id')::uuid
        ) a ON true
     WHERE jsonb_typeof(e.hold) = 'object' AND NOT settlement_refused(verdicts[e.position]);
    IF positions IS NULL THEN
      RETURN verdicts;
    END IF;

    -- Grants that begin or end move money of the platform's account too, which everybody locks first.
    IF is_turning THEN
      turning := ARRAY(SELECT a.id FROM accounts a
        WHERE a.id = ANY (account_ids) AND a.lots_due_at <= now());
      PERFORM a.id FROM accounts a WHERE a.id = ${PLATFORM} OR a.id = ANY (account_ids)
        ORDER BY a.id FOR NO KEY UPDATE;
      PERFORM billing_turn_lots(turning);
    END IF;
    SELECT array_agg(l.id), array_agg(l.search_space_id), array_agg(l.available_micros),
           array_agg(l.held_micros)
      INTO wallet_ids, wallet_spaces, wallet_available, wallet_held
      FROM (SELECT a.id, a.search_space_id, a.available_micros, a.held_micros FROM accounts a
             WHERE a.id = ANY (account_ids) ORDER BY a.id FOR NO KEY UPDATE) l;

    FOR i IN 1 .. cardinality(positions) LOOP
      amounts[i] := CASE fundings[i] WHEN 'wallet' THEN asked[i] ELSE 0 END;
      counted[i] := CASE fundings[i] WHEN 'none' THEN 0 ELSE asked[i] END;
      space_ids[i] := wallet_spaces[array_position(wallet_ids, account_ids[i])];
      is_capped := is_capped OR counted[i] > 0;
    END LOOP;
    IF is_capped THEN
      caps := billing_lock_budgets(space_ids || user_ids || key_ids || ${NIL}, space_ids);
      -- What the members are measured by: room is what is neither spent nor beyond the limit, held or not.
      SELECT array_agg(c.subject_id), array_agg(c.search_space_id), array_agg(c.held_micros),
             array_agg(c.limit_micros + c.carried_micros - c.spent_micros),
             array_agg(ceil((c.limit_micros + c.carried_micros)::numeric
               * coalesce(c.thresholds[1], 100) / 100)::bigint - c.spent_micros),
             array_agg(c.mode = 'hard'), array_agg(coalesce(c.ends_at <= now(), false)),
             array_agg(c.scope = 'subscription')
        INTO cap_subjects, cap_spaces, cap_held, cap_rooms, cap_warnings, cap_hard, cap_ended,
             cap_subscribed
        FROM unnest(caps) AS c;
    END IF;

    FOR i IN 1 .. cardinality(positions) LOOP
      wallet := array_position(wallet_ids, account_ids[i]);
      refusal := NULL;
      binding := '{}';
      IF known_states[i] IS NOT NULL THEN
        refusal := jsonb_build_object('code', 'billing.hold_exists', 'state', known_states[i]);
      ELSIF wallet IS NULL OR (amounts[i] > 0 AND amounts[i] > wallet_available[wallet]) THEN
        refusal := jsonb_build_object('code', 'billing.insufficient_balance',
          'account_id', account_ids[i], 'required_micros', amounts[i],
          'remaining_micros', coalesce(wallet_available[wallet], 0),
          'balance_micros', coalesce(wallet_available[wallet] + wallet_held[wallet], 0));
      ELSIF caps IS NOT NULL AND counted[i] > 0 THEN
        is_subscribed := fundings[i] = 'subscription';
        FOREACH j IN ARRAY array_positions(cap_subjects, ${NIL})
            || array_positions(cap_subjects, space_ids[i])
            || array_positions(cap_subjects, user_ids[i])
            || array_positions(cap_subjects, key_ids[i]) LOOP
          CONTINUE WHEN cap_spaces[j] <> space_ids[i] OR cap_subscribed[j] <> is_subscribed
            OR (cap_ended[j] AND NOT cap_hard[j]);
          binding := binding || j;
          CONTINUE WHEN refusal IS NOT NULL OR NOT cap_hard[j]
            OR (counted[i] <= cap_rooms[j] - cap_held[j] AND NOT cap_ended[j]);
          caps[j] := billing_watch_budget(caps[j], true);
          refusal := jsonb_build_object('code', 'billing.budget_exceeded', 'budget_id', caps[j].id,
            'budget_name', caps[j].name, 'scope', caps[j].scope, 'period', caps[j].period,
            'limit_micros', caps[j].limit_micros + caps[j].carried_micros,
            'remaining_micros', greatest(0, cap_rooms[j] - cap_held[j]),
            'required_micros', counted[i],
            'resets_at', CASE WHEN caps[j].ends_at <= greatest(now(), caps[j].period_end) THEN NULL
              ELSE caps[j].period_end END,
            'reason', CASE WHEN cap_ended[j] THEN 'ended' ELSE 'limit' END,
            'balance_micros', wallet_available[wallet] + wallet_held[wallet]);
        END LOOP;
      END IF;
      -- A subscription that was ended a moment ago has no windows left, and without them nothing would be counted.
      IF refusal IS NULL AND binding = '{}' AND fundings[i] = 'subscription' AND counted[i] > 0 THEN
        refusal := '{"code": "billing.subscription_missing"}';
      END IF;
      IF refusal IS NOT NULL THEN
        results[positions[i]] := refusal;
        CONTINUE;
      END IF;

      wallet_available[wallet] := wallet_available[wallet] - amounts[i];
      wallet_held[wallet] := wallet_held[wallet] + amounts[i];
      admitted := admitted || i;
      held_under[i] := '{}';
      held_periods[i] := '{}';
      CONTINUE WHEN binding = '{}';
      warnings := NULL;
      FOREACH j IN ARRAY binding LOOP
        cap_held[j] := cap_held[j] + counted[i];
        CONTINUE WHEN cap_held[j] < cap_warnings[j];
        warnings := coalesce(warnings, '[]') || jsonb_build_object('budget_id', caps[j].id,
          'budget_name', caps[j].name, 'scope', caps[j].scope, 'mode', caps[j].mode,
          'limit_micros', caps[j].limit_micros + caps[j].carried_micros,
          'remaining_micros', greatest(0, cap_rooms[j] - cap_held[j]),
          'used_percent', div((caps[j].spent_micros + cap_held[j])::numeric * 100,
            greatest(1, caps[j].limit_micros + caps[j].carried_micros)));
      END LOOP;
      -- As text, for the lists of the members differ in length; most members are bound by the same budgets as the last.
      IF binding <> bound THEN
        bound := binding;
        ids := '{}';
        periods := '{}';
        FOREACH j IN ARRAY binding LOOP
          ids := ids || caps[j].id;
          periods := periods || caps[j].period_start;
        END LOOP;
        bound_ids := ids::text;
        bound_periods := periods::text;
      END IF;
      held_under[i] := bound_ids;
      held_periods[i] := bound_periods;
      IF warnings IS NOT NULL THEN
        results[positions[i]] := jsonb_build_object('ok', true, 'budget_warnings', warnings);
      END IF;
    END LOOP;

    IF caps IS NOT NULL THEN
      FOR n IN 1 .. cardinality(caps) LOOP
        caps[n].held_micros := cap_held[n];
      END LOOP;
      PERFORM billing_keep_budgets(caps);
    END IF;
    IF admitted = '{}' THEN
      RETURN results;
    END IF;

    UPDATE accounts a SET available_micros = w.available, held_micros = w.held
      FROM unnest(wallet_ids, wallet_available, wallet_held) AS w (id, available, held)
     WHERE a.id = w.id AND a.held_micros <> w.held;

    WITH fresh AS MATERIALIZED (
      SELECT hold_ids[i] AS id, account_ids[i] AS account_id, amounts[i] AS amount_micros,
             counted[i] AS counted_micros, fundings[i] AS funding,
             held_under[i]::uuid[] AS budget_ids, held_periods[i]::timestamptz[] AS periods,
             batch -> (positions[i] - 1) -> 'hold' AS hold
        FROM unnest(admitted) AS i
    ), held AS (
      INSERT INTO holds (id, account_id, amount_micros, counted_micros, funding, budget_ids,
        budget_periods, price_version_id, reference, expires_at)
      SELECT f.id, f.account_id, f.amount_micros, f.counted_micros, f.funding, f.budget_ids,
             f.periods, (f.hold ->> 'price_version_id')::uuid, f.hold ->> 'reference',
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
 * What a hold counted leaves its budgets in the period that admitted it: the
 * current one, or one that has ended, whose late return may raise what was carried over from it.
 */
const COUNT = `
  CREATE OR REPLACE FUNCTION billing_count_on_budgets(hold_ids uuid[], returned bigint[], spent bigint[]) RETURNS void
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  DECLARE
    caps budgets[];
    cap_ids uuid[];
    change record;
    closed budget_periods;
    cap bigint;
    j int;
  BEGIN
    SELECT array_agg(l.x), array_agg(l.id) INTO caps, cap_ids
      FROM (SELECT x, x.id FROM budgets x
             WHERE x.id = ANY (ARRAY(SELECT DISTINCT u.id FROM holds h
                CROSS JOIN LATERAL unnest(h.budget_ids) AS u (id) WHERE h.id = ANY (hold_ids)))
             ORDER BY x.id FOR NO KEY UPDATE) l;
    IF caps IS NULL THEN
      RETURN;
    END IF;
    FOR change IN
      SELECT u.id, u.period_start, sum(m.returned)::bigint AS returned, sum(m.spent)::bigint AS spent
        FROM unnest(hold_ids, returned, spent) AS m (hold_id, returned, spent)
        JOIN holds h ON h.id = m.hold_id
       CROSS JOIN LATERAL unnest(h.budget_ids, h.budget_periods) AS u (id, period_start)
       -- Ended periods first: what they leave changes what the current one is measured by.
       GROUP BY 1, 2 ORDER BY 1, 2
    LOOP
      j := array_position(cap_ids, change.id);
      CONTINUE WHEN j IS NULL;
      IF caps[j].period_start = change.period_start THEN
        caps[j].held_micros := greatest(0, caps[j].held_micros - change.returned);
        caps[j].spent_micros := caps[j].spent_micros + change.spent;
        -- Below its lowest threshold there is nothing to tell.
        IF caps[j].deleted_at IS NULL AND caps[j].spent_micros::numeric * 100
             >= (caps[j].limit_micros + caps[j].carried_micros)::numeric
                * least(100, caps[j].thresholds[1]) THEN
          caps[j] := billing_watch_budget(caps[j], false);
        END IF;
        CONTINUE;
      END IF;
      UPDATE budget_periods p SET held_micros = greatest(0, p.held_micros - change.returned),
             spent_micros = p.spent_micros + change.spent
       WHERE p.budget_id = change.id AND p.period_start = change.period_start RETURNING p.* INTO closed;
      CONTINUE WHEN closed.period_end IS DISTINCT FROM caps[j].period_start
        OR caps[j].period NOT IN ('day', 'week', 'month');
      cap := div(caps[j].limit_micros::numeric * caps[j].rollover_percent, 100);
      caps[j].carried_micros := least(cap, greatest(0, closed.limit_micros
        - greatest(0, closed.spent_micros + closed.held_micros - closed.carried_micros)));
    END LOOP;
    PERFORM billing_keep_budgets(caps);
  END $$;
`;

/**
 * member.settle: {hold_id, transaction_id, action: post | void | expire, amount_micros? (post; all of the hold when
 * absent), actor?, review?, attempt_id?}. As before: accounts locked in id order, then the holds read; the first
 * conclusion counts and any further one reports it. A post takes what the hold lacks from what is available and then
 * from the overdraft, and reports what was not there. Budgets come last, after the accounts.
 */
const SETTLE = `
  CREATE OR REPLACE FUNCTION billing_settle(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    results jsonb[] := verdicts;
    positions int[];
    hold_ids uuid[];
    transaction_ids uuid[];
    actions text[];
    asked bigint[];
    account_ids uuid[];
    amounts bigint[];
    counted bigint[];
    fundings text[];
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
    wallet_overdraft bigint[];
    concluded int[] := '{}';
    firsts int[] := '{}';
    concluded_ids uuid[] := '{}';
    first_count int := 0;
    released bigint[] := '{}';
    returned bigint[] := '{}';
    uncounted bigint[] := '{}';
    counts bigint[] := '{}';
    has_budgets boolean;
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
           array_agg(l.spent_micros), array_agg(l.overdraft_micros)
      INTO wallet_ids, wallet_available, wallet_held, wallet_spent, wallet_overdraft
      FROM (SELECT a.id, a.available_micros, a.held_micros, a.spent_micros, a.overdraft_micros
              FROM accounts a
             WHERE a.id = ANY (ARRAY(SELECT h.account_id FROM holds h WHERE h.id = ANY (hold_ids)))
             ORDER BY a.id FOR NO KEY UPDATE) l;

    SELECT array_agg(l.account_id), array_agg(l.amount_micros), array_agg(l.state),
           array_agg(l.posted_micros), array_agg(l.shortfall_micros), array_agg(l.conclusion_id),
           array_agg(l.is_due), array_agg(l.counted_micros), array_agg(l.funding),
           bool_or(l.budget_ids <> '{}')
      INTO account_ids, amounts, first_states, posted, shortfalls, conclusions, due, counted,
           fundings, has_budgets
      FROM (SELECT h.account_id, h.amount_micros, h.state, h.posted_micros, h.shortfall_micros,
                   h.conclusion_id, h.expires_at <= now() AS is_due, h.counted_micros, h.funding,
                   h.budget_ids
              FROM unnest(hold_ids) WITH ORDINALITY AS m (id, n) LEFT JOIN holds h ON h.id = m.id
             ORDER BY m.n) l;
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
        owed := CASE WHEN actions[i] = 'post' AND fundings[k] = 'wallet'
          THEN coalesce(asked[i], amounts[k]) ELSE 0 END;
        paid := least(owed, greatest(held,
          held + wallet_available[wallet] + wallet_overdraft[wallet]));
        uncounted := uncounted || CASE states[k] WHEN 'held' THEN counted[k] ELSE 0 END;
        counts := counts || CASE WHEN actions[i] <> 'post' OR fundings[k] = 'none' THEN 0
          WHEN fundings[k] = 'wallet' THEN paid ELSE coalesce(asked[i], counted[k]) END;
        concluded := concluded || i;
        concluded_ids := concluded_ids || hold_ids[i];
        IF array_position(firsts, k) IS NULL THEN
          first_count := first_count + 1;
        END IF;
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
    SELECT first_count - count(*) INTO missing FROM ended;
    IF missing <> 0 THEN
      RAISE EXCEPTION 'a hold changed under the lock of its account'
        USING ERRCODE = 'serialization_failure';
    END IF;

    IF has_budgets THEN
      PERFORM billing_count_on_budgets(concluded_ids, uncounted, counts);
    END IF;
    IF NOT coalesce(needs_review, false) THEN
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
 * member.usage: the columns of usage_records; charged_micros and shortfall_micros come from the settlement's verdict.
 * An attempt that has its row already is passed over. What is written is noted for the roll-ups, in one row a batch.
 */
const RECORD_USAGE = `
  CREATE OR REPLACE FUNCTION billing_record_usage(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${AS_OWNER} ${PLANS} AS $$
  DECLARE
    ids uuid[];
  BEGIN
    SELECT array_agg((x.member -> 'usage' ->> 'id')::uuid) INTO ids
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)
     WHERE jsonb_typeof(x.member -> 'usage') = 'object' AND NOT settlement_refused(verdicts[x.position]);
    IF ids IS NULL THEN
      RETURN verdicts;
    END IF;
    WITH taken AS (
      INSERT INTO usage_keys (attempt_id) SELECT i.id FROM unnest(ids) AS i (id) ORDER BY i.id
      ON CONFLICT (attempt_id) DO NOTHING RETURNING attempt_id
    )
    SELECT array_agg(t.attempt_id) INTO ids FROM taken t;
    IF ids IS NULL THEN
      RETURN verdicts;
    END IF;
    WITH noted AS (INSERT INTO usage_batches (attempt_ids) VALUES (ids))
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
       AND NOT settlement_refused(verdicts[x.position]) AND u.id = ANY (ids);
    RETURN verdicts;
  END $$;
`;

export const LIGHT_FUNCTIONS = [LOCK, KEEP, HOLD, COUNT, SETTLE, RECORD_USAGE] as const;

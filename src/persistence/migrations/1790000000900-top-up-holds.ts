import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';
import { AS_OWNER } from './1790000000800-create-budgets.functions.js';

const PLATFORM = `'00000000-0000-7000-8000-000000000000'::uuid`;

/** Whatever the funding, a top-up is known again by its transaction, which makes no ledger rows where no money moves. */
const HOLDS = `ALTER TABLE holds ADD COLUMN top_up_ids uuid[] NOT NULL DEFAULT '{}'`;

const HOLDS_UNDO = 'ALTER TABLE holds DROP COLUMN top_up_ids';

/**
 * member.top_up: {hold_id, transaction_id, amount_micros, actor?}. More money for a hold that is open, under the budgets
 * and in the periods that admitted it; members in the order they arrived, one that does not fit is refused alone, with
 * the codes of holds. A batch of its own: wallets are locked in id order, then budgets in theirs, as everywhere. The
 * same transaction again is admitted again and moves nothing.
 */
const TOP_UP = `
  CREATE FUNCTION billing_top_up(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    results jsonb[] := verdicts;
    positions int[];
    hold_ids uuid[];
    transaction_ids uuid[];
    asked bigint[];
    account_ids uuid[];
    states text[];
    fundings text[];
    is_known boolean[];
    is_uncounted boolean[];
    turning uuid[];
    wallet_ids uuid[];
    wallet_available bigint[];
    wallet_held bigint[];
    caps budgets[];
    cap_ids uuid[];
    cap_held bigint[];
    closed budget_periods;
    -- What this batch adds to periods that have ended, by budget and period.
    late jsonb := '{}';
    late_keys text[];
    bound int[];
    bound_periods timestamptz[];
    admitted int[] := '{}';
    moved bigint[] := '{}';
    counted bigint[] := '{}';
    amount bigint;
    room bigint;
    whole bigint;
    is_ended boolean;
    warnings jsonb;
    refusal jsonb;
    wallet int;
    missing int;
    j int;
  BEGIN
    SELECT array_agg(e.position::int), array_agg((e.top_up ->> 'hold_id')::uuid),
           array_agg((e.top_up ->> 'transaction_id')::uuid),
           array_agg((e.top_up ->> 'amount_micros')::bigint)
      INTO positions, hold_ids, transaction_ids, asked
      FROM (SELECT x.position, x.member -> 'top_up' AS top_up
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (member, position)) e
     WHERE jsonb_typeof(e.top_up) = 'object' AND NOT settlement_refused(verdicts[e.position]);
    IF positions IS NULL THEN
      RETURN verdicts;
    END IF;
    IF EXISTS (SELECT FROM unnest(asked, transaction_ids) AS m (micros, id)
                WHERE m.micros IS NULL OR m.micros < 0 OR m.id IS NULL) THEN
      RAISE EXCEPTION 'a top-up has an id and 0 micros or more' USING ERRCODE = 'check_violation';
    END IF;

    account_ids := ARRAY(SELECT DISTINCT h.account_id FROM holds h WHERE h.id = ANY (hold_ids));
    turning := ARRAY(SELECT a.id FROM accounts a
      WHERE a.id = ANY (account_ids) AND a.lots_due_at <= now());
    IF turning <> '{}' THEN
      PERFORM a.id FROM accounts a WHERE a.id = ${PLATFORM} OR a.id = ANY (account_ids)
        ORDER BY a.id FOR NO KEY UPDATE;
      PERFORM billing_turn_lots(turning);
    END IF;
    SELECT array_agg(l.id), array_agg(l.available_micros), array_agg(l.held_micros)
      INTO wallet_ids, wallet_available, wallet_held
      FROM (SELECT a.id, a.available_micros, a.held_micros FROM accounts a
             WHERE a.id = ANY (account_ids) ORDER BY a.id FOR NO KEY UPDATE) l;
    -- Whoever concludes a hold has locked its wallet before, so that from here on the holds stand still.
    SELECT array_agg(h.account_id ORDER BY m.n), array_agg(h.state ORDER BY m.n),
           array_agg(h.funding ORDER BY m.n),
           array_agg(m.transaction_id = ANY (h.top_up_ids) ORDER BY m.n),
           array_agg(h.counted_micros = 0 AND h.funding <> 'none' ORDER BY m.n)
      INTO account_ids, states, fundings, is_known, is_uncounted
      FROM unnest(hold_ids, transaction_ids) WITH ORDINALITY AS m (hold_id, transaction_id, n)
      LEFT JOIN holds h ON h.id = m.hold_id;
    SELECT array_agg(l.x), array_agg(l.id), array_agg(l.held) INTO caps, cap_ids, cap_held
      FROM (SELECT x, x.id, x.held_micros AS held FROM budgets x
             WHERE x.id = ANY (ARRAY(SELECT DISTINCT u.id FROM holds h
                CROSS JOIN LATERAL unnest(h.budget_ids) AS u (id)
                WHERE h.id = ANY (hold_ids) AND h.state = 'held'))
             ORDER BY x.id FOR NO KEY UPDATE) l;

    FOR i IN 1 .. cardinality(positions) LOOP
      CONTINUE WHEN is_known[i]
        OR transaction_ids[i] = ANY (ARRAY(SELECT transaction_ids[a.i] FROM unnest(admitted) AS a (i)));
      IF states[i] = 'held' AND is_uncounted[i] AND asked[i] > 0 THEN
        -- It was put under no budgets, and what it grew by would escape them.
        RAISE EXCEPTION 'a hold of nothing cannot grow' USING ERRCODE = 'check_violation';
      END IF;
      refusal := NULL;
      warnings := NULL;
      late_keys := '{}';
      wallet := array_position(wallet_ids, account_ids[i]);
      amount := CASE fundings[i] WHEN 'wallet' THEN asked[i] ELSE 0 END;
      IF states[i] IS NULL THEN
        refusal := '{"code": "billing.hold_missing"}';
      ELSIF states[i] <> 'held' THEN
        refusal := jsonb_build_object('code', 'billing.hold_closed', 'state', states[i]);
      ELSIF amount > 0 AND amount > wallet_available[wallet] THEN
        refusal := jsonb_build_object('code', 'billing.insufficient_balance',
          'account_id', account_ids[i], 'required_micros', amount,
          'remaining_micros', wallet_available[wallet],
          'balance_micros', wallet_available[wallet] + wallet_held[wallet]);
      ELSIF caps IS NOT NULL AND asked[i] > 0 AND fundings[i] <> 'none' THEN
        SELECT array_agg(b.j ORDER BY b.n), array_agg(b.period ORDER BY b.n)
          INTO bound, bound_periods
          FROM (SELECT array_position(cap_ids, u.id) AS j, u.period, u.n
                  FROM holds h CROSS JOIN LATERAL unnest(h.budget_ids, h.budget_periods)
                    WITH ORDINALITY AS u (id, period, n)
                 WHERE h.id = hold_ids[i]) b
         WHERE b.j IS NOT NULL;
        FOR n IN 1 .. coalesce(cardinality(bound), 0) LOOP
          j := bound[n];
          IF caps[j].period_start = bound_periods[n] THEN
            whole := caps[j].limit_micros + caps[j].carried_micros;
            room := whole - caps[j].spent_micros - cap_held[j];
          ELSE
            SELECT p.* INTO closed FROM budget_periods p
             WHERE p.budget_id = cap_ids[j] AND p.period_start = bound_periods[n];
            CONTINUE WHEN NOT FOUND;
            late_keys := late_keys || (cap_ids[j] || ' ' || bound_periods[n]::text);
            whole := closed.limit_micros + closed.carried_micros;
            room := whole - closed.spent_micros - closed.held_micros
              - coalesce((late ->> late_keys[cardinality(late_keys)])::bigint, 0);
          END IF;
          is_ended := coalesce(caps[j].ends_at <= now(), false);
          IF caps[j].mode = 'hard' AND caps[j].deleted_at IS NULL
             AND (is_ended OR asked[i] > room) THEN
            IF caps[j].period_start = bound_periods[n] THEN
              caps[j] := billing_watch_budget(caps[j], true);
            END IF;
            refusal := jsonb_build_object('code', 'billing.budget_exceeded',
              'budget_id', caps[j].id, 'budget_name', caps[j].name, 'scope', caps[j].scope,
              'period', caps[j].period, 'limit_micros', whole,
              'remaining_micros', greatest(0, room), 'required_micros', asked[i],
              'resets_at', CASE WHEN caps[j].ends_at <= greatest(now(), caps[j].period_end) THEN NULL
                ELSE caps[j].period_end END,
              'reason', CASE WHEN is_ended THEN 'ended' ELSE 'limit' END,
              'balance_micros', wallet_available[wallet] + wallet_held[wallet]);
            EXIT;
          END IF;
        END LOOP;
        IF refusal IS NULL THEN
          FOR n IN 1 .. coalesce(cardinality(bound), 0) LOOP
            j := bound[n];
            CONTINUE WHEN caps[j].period_start <> bound_periods[n];
            cap_held[j] := cap_held[j] + asked[i];
            whole := caps[j].limit_micros + caps[j].carried_micros;
            CONTINUE WHEN caps[j].deleted_at IS NOT NULL
              OR caps[j].spent_micros + cap_held[j]
                 < ceil(whole::numeric * coalesce(caps[j].thresholds[1], 100) / 100);
            warnings := coalesce(warnings, '[]') || jsonb_build_object('budget_id', caps[j].id,
              'budget_name', caps[j].name, 'scope', caps[j].scope, 'mode', caps[j].mode,
              'limit_micros', whole,
              'remaining_micros', greatest(0, whole - caps[j].spent_micros - cap_held[j]),
              'used_percent', div((caps[j].spent_micros + cap_held[j])::numeric * 100,
                greatest(1, whole)));
          END LOOP;
          FOR n IN 1 .. cardinality(late_keys) LOOP
            late := jsonb_set(late, ARRAY[late_keys[n]],
              to_jsonb(coalesce((late ->> late_keys[n])::bigint, 0) + asked[i]));
          END LOOP;
        END IF;
      END IF;
      IF refusal IS NOT NULL THEN
        results[positions[i]] := refusal;
        CONTINUE;
      END IF;
      wallet_available[wallet] := wallet_available[wallet] - amount;
      wallet_held[wallet] := wallet_held[wallet] + amount;
      admitted := admitted || i;
      moved := moved || amount;
      counted := counted || CASE fundings[i] WHEN 'none' THEN 0 ELSE asked[i] END;
      IF warnings IS NOT NULL THEN
        results[positions[i]] := jsonb_build_object('ok', true, 'budget_warnings', warnings);
      END IF;
    END LOOP;

    IF caps IS NOT NULL THEN
      -- The marks of refusals; the counters stand as they were read.
      PERFORM billing_keep_budgets(caps);
    END IF;
    IF admitted = '{}' THEN
      RETURN results;
    END IF;

    UPDATE accounts a SET available_micros = w.available, held_micros = w.held
      FROM unnest(wallet_ids, wallet_available, wallet_held) AS w (id, available, held)
     WHERE a.id = w.id AND a.held_micros <> w.held;

    WITH fresh AS MATERIALIZED (
      SELECT hold_ids[a.i] AS hold_id, transaction_ids[a.i] AS id, a.moved, a.counted,
             batch -> (positions[a.i] - 1) -> 'top_up' ->> 'actor' AS actor
        FROM unnest(admitted, moved, counted) AS a (i, moved, counted)
    ), noted AS (
      INSERT INTO ledger_transactions (id, kind, hold_id, reference, actor)
      SELECT f.id, 'hold', f.hold_id, h.reference, f.actor
        FROM fresh f JOIN holds h ON h.id = f.hold_id WHERE f.moved <> 0
    ), entered AS (
      INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
      SELECT h.account_id, f.id, e.bucket, e.sign * f.moved
        FROM fresh f JOIN holds h ON h.id = f.hold_id
       CROSS JOIN (VALUES ('available', -1), ('held', 1)) AS e (bucket, sign)
       WHERE f.moved <> 0
    ), raised AS (
      UPDATE holds h
         SET amount_micros = h.amount_micros + g.moved,
             counted_micros = h.counted_micros + g.counted, top_up_ids = h.top_up_ids || g.ids
        FROM (SELECT f.hold_id, sum(f.moved)::bigint AS moved, sum(f.counted)::bigint AS counted,
                     array_agg(f.id) AS ids FROM fresh f GROUP BY f.hold_id) g
       WHERE h.id = g.hold_id AND h.state = 'held'
      RETURNING h.id
    )
    SELECT (SELECT count(DISTINCT f.hold_id) FROM fresh f) - count(*) INTO missing FROM raised;
    IF missing <> 0 THEN
      RAISE EXCEPTION 'a hold changed under the lock of its account'
        USING ERRCODE = 'serialization_failure';
    END IF;
    -- What is returned below nothing is held.
    PERFORM billing_count_on_budgets(
      ARRAY(SELECT hold_ids[a.i] FROM unnest(admitted) WITH ORDINALITY AS a (i, n) ORDER BY a.n),
      ARRAY(SELECT -c.micros FROM unnest(counted) WITH ORDINALITY AS c (micros, n) ORDER BY c.n),
      array_fill(0::bigint, ARRAY[cardinality(admitted)]));
    RETURN results;
  END $$;
`;

/** Holds of answers that grow beyond what was set aside for them. */
export class TopUpHolds1790000000900 implements MigrationInterface {
  readonly name = 'TopUpHolds1790000000900';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [HOLDS, TOP_UP]) await runner.query(statement);
    await runner.query('REVOKE EXECUTE ON FUNCTION billing_top_up(jsonb, jsonb[]) FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION billing_top_up(jsonb, jsonb[])');
    await runner.query(HOLDS_UNDO);
  }
}

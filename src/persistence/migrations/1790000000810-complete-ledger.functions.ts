import { PLANS } from './1790000000300-create-billing.functions.js';
import { AS_OWNER } from './1790000000800-create-budgets.functions.js';

const PLATFORM = `'00000000-0000-7000-8000-000000000000'::uuid`;

/** Takes so much from a wallet's lots in their order, those that run off last or not at all; answers from which. */
const TAKE_LOTS = `
  CREATE FUNCTION billing_take_lots(wallet uuid, wanted bigint, with_run_off boolean)
  RETURNS TABLE (grant_id uuid, taken_micros bigint)
  LANGUAGE sql ${PLANS} ${AS_OWNER} AS $$
    WITH ordered AS (
      SELECT g.id, g.remaining_micros, (sum(g.remaining_micros) OVER (
               ORDER BY g.runs_off, g.priority, g.expires_at NULLS LAST, g.id)
               - g.remaining_micros)::bigint AS before_micros
        FROM grants g
       WHERE g.account_id = wallet AND g.remaining_micros > 0 AND g.activated_at IS NOT NULL
         AND (with_run_off OR NOT g.runs_off)
    )
    UPDATE grants g SET remaining_micros = g.remaining_micros - t.taken
      FROM (SELECT o.id, least(o.remaining_micros, wanted - o.before_micros) AS taken FROM ordered o
             WHERE o.before_micros < wanted) t
     WHERE g.id = t.id
    RETURNING g.id, t.taken
  $$;
`;

/**
 * What calls took that were in flight when their lot expired: it comes from that lot, and from no other. Their covers
 * end with them; answers how much of what the wallet spent is assigned by that.
 */
const END_COVERS = `
  CREATE FUNCTION billing_end_covers(wallet uuid) RETURNS bigint
  LANGUAGE sql ${PLANS} ${AS_OWNER} AS $$
    WITH ended AS (
      SELECT c.grant_id, c.hold_id,
             least(c.amount_micros, greatest(0, h.posted_micros - c.before_micros)) AS used
        FROM (SELECT k.*, (sum(k.amount_micros) OVER (PARTITION BY k.hold_id
                       ORDER BY g.priority, g.expires_at, g.id) - k.amount_micros)::bigint AS before_micros
                FROM grants g JOIN grant_covers k ON k.grant_id = g.id
               WHERE g.account_id = wallet AND g.remaining_micros > 0) c
        JOIN holds h ON h.id = c.hold_id
       WHERE h.state <> 'held'
    ), gone AS (
      DELETE FROM grant_covers k USING ended e
       WHERE k.grant_id = e.grant_id AND k.hold_id = e.hold_id
    ), taken AS (
      UPDATE grants g SET remaining_micros = g.remaining_micros - u.used
        FROM (SELECT g.id, least(g.remaining_micros, sum(e.used))::bigint AS used
                FROM ended e JOIN grants g ON g.id = e.grant_id
               GROUP BY g.id, g.remaining_micros) u
       WHERE g.id = u.id
      RETURNING u.used
    )
    SELECT coalesce(sum(t.used), 0)::bigint FROM taken t
  $$;
`;

/**
 * Lots that expired just now run off: what is held by calls admitted before stays theirs, in the order in which lots
 * are used and holds were made.
 */
const COVER_LOTS = `
  CREATE FUNCTION billing_cover_lots(wallet uuid) RETURNS void
  LANGUAGE sql ${PLANS} ${AS_OWNER} AS $$
    INSERT INTO grant_covers (grant_id, hold_id, amount_micros)
    SELECT l.id, h.id, least(l.upto, h.upto) - greatest(l.since, h.since)
      FROM (SELECT g.id, g.expires_at, s.upto - g.remaining_micros AS since, s.upto
              FROM (SELECT o.id, (sum(o.remaining_micros) OVER (
                             ORDER BY o.priority, o.expires_at NULLS LAST, o.id))::bigint AS upto
                      FROM grants o
                     WHERE o.account_id = wallet AND o.remaining_micros > 0
                       AND o.activated_at IS NOT NULL AND NOT o.runs_off) s
              JOIN grants g ON g.id = s.id) l
      JOIN (SELECT o.id, o.created_at, o.upto - o.amount AS since, o.upto
              FROM (SELECT x.id, x.created_at, x.amount,
                           (sum(x.amount) OVER (ORDER BY x.id))::bigint AS upto
                      FROM (SELECT a.id, a.created_at, (a.amount_micros - coalesce(
                                     (SELECT sum(k.amount_micros) FROM grant_covers k
                                        JOIN grants g ON g.id = k.grant_id
                                       WHERE g.account_id = wallet AND k.hold_id = a.id), 0))::bigint AS amount
                              FROM holds a
                             WHERE a.state = 'held' AND a.account_id = wallet AND a.amount_micros > 0) x
                     -- One that earlier lots cover whole takes no place in the line.
                     WHERE x.amount > 0) o) h
        ON h.since < l.upto AND l.since < h.upto
     WHERE l.expires_at <= now() AND h.created_at <= l.expires_at;
    UPDATE grants SET runs_off = true
     WHERE account_id = wallet AND remaining_micros > 0 AND activated_at IS NOT NULL
       AND NOT runs_off AND expires_at <= now();
  $$;
`;

/**
 * Brings the lots of these wallets up to this moment: assigns what was spent, in order; makes money of lots whose time
 * has come; ends those whose time is over. What is held by calls in flight stays for them and lapses when they do not
 * use it; lapsing makes no debt. The caller has locked the platform's account and then the wallets, in id order.
 */
const TURN_LOTS = `
  CREATE FUNCTION billing_turn_lots(account_ids uuid[]) RETURNS void
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    wallet record;
    lot record;
    pending bigint;
    available bigint;
    taken bigint;
    noted uuid;
    issued bigint := 0;
    broken bigint := 0;
  BEGIN
    FOR wallet IN
      SELECT a.id, a.available_micros, a.spent_micros, a.allocated_micros, a.closed_at
        FROM accounts a WHERE a.id = ANY (account_ids) AND a.kind = 'wallet' ORDER BY a.id
    LOOP
      available := wallet.available_micros;
      pending := wallet.spent_micros - wallet.allocated_micros - billing_end_covers(wallet.id);
      IF pending > 0 THEN
        SELECT coalesce(sum(t.taken_micros), 0) INTO taken
          FROM billing_take_lots(wallet.id, pending, true) t;
        pending := pending - taken;
      END IF;

      FOR lot IN
        SELECT g.* FROM grants g
         WHERE g.account_id = wallet.id AND g.remaining_micros > 0 AND g.activated_at IS NULL
           AND g.effective_at <= now() ORDER BY g.id
      LOOP
        IF wallet.closed_at IS NOT NULL OR lot.expires_at <= now() THEN
          UPDATE grants SET remaining_micros = 0, lapsed_micros = amount_micros WHERE id = lot.id;
          CONTINUE;
        END IF;
        UPDATE grants SET activated_at = now() WHERE id = lot.id;
        available := available + lot.amount_micros;
        issued := issued + lot.amount_micros;
        noted := billing_new_id();
        INSERT INTO ledger_transactions (id, kind, reference, actor)
          VALUES (noted, 'grant', lot.reason, lot.actor);
        INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
          VALUES (wallet.id, noted, 'available', lot.amount_micros),
                 (${PLATFORM}, noted, 'issued', -lot.amount_micros);
      END LOOP;
      IF pending > 0 THEN
        SELECT coalesce(sum(t.taken_micros), 0) INTO taken
          FROM billing_take_lots(wallet.id, pending, true) t;
        pending := pending - taken;
      END IF;

      IF EXISTS (SELECT FROM grants g WHERE g.account_id = wallet.id AND g.remaining_micros > 0
                  AND g.activated_at IS NOT NULL AND NOT g.runs_off AND g.expires_at <= now()) THEN
        PERFORM billing_cover_lots(wallet.id);
      END IF;
      FOR lot IN
        SELECT g.id, (g.remaining_micros - coalesce((SELECT sum(c.amount_micros)
                 FROM grant_covers c WHERE c.grant_id = g.id), 0))::bigint AS excess
          FROM grants g
         WHERE g.account_id = wallet.id AND g.remaining_micros > 0 AND g.runs_off
         ORDER BY g.expires_at, g.id
      LOOP
        taken := least(lot.excess, available);
        CONTINUE WHEN taken <= 0;
        UPDATE grants SET remaining_micros = remaining_micros - taken,
               lapsed_micros = lapsed_micros + taken WHERE id = lot.id;
        available := available - taken;
        broken := broken + taken;
        noted := billing_new_id();
        INSERT INTO ledger_transactions (id, kind, reference, actor)
          VALUES (noted, 'lapse', lot.id::text, 'system:lots');
        INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
          VALUES (wallet.id, noted, 'available', -taken), (${PLATFORM}, noted, 'breakage', taken);
      END LOOP;

      DELETE FROM grant_covers c USING grants g
       WHERE g.id = c.grant_id AND g.account_id = wallet.id AND g.remaining_micros = 0;
      UPDATE accounts a SET available_micros = available,
             allocated_micros = wallet.spent_micros - pending,
             lots_due_at = (SELECT min(CASE WHEN g.activated_at IS NULL THEN g.effective_at
                                            ELSE g.expires_at END)
                FROM grants g WHERE g.account_id = wallet.id AND g.remaining_micros > 0)
       WHERE a.id = wallet.id;
    END LOOP;
    IF issued <> 0 OR broken <> 0 THEN
      UPDATE accounts SET issued_micros = issued_micros - issued,
             breakage_micros = breakage_micros + broken WHERE id = ${PLATFORM};
    END IF;
  END $$;
`;

/** Turns wallets that nobody else comes by: those due after this id, so many at most; answers the last, or null. */
const TURN_DUE_LOTS = `
  CREATE FUNCTION billing_turn_due_lots(after uuid, wallets_max integer) RETURNS uuid
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    wallet_ids uuid[];
  BEGIN
    wallet_ids := ARRAY(SELECT a.id FROM accounts a
      WHERE a.lots_due_at IS NOT NULL AND a.lots_due_at <= now() AND a.id > after
      ORDER BY a.id LIMIT wallets_max);
    IF wallet_ids = '{}' THEN
      RETURN NULL;
    END IF;
    PERFORM a.id FROM accounts a WHERE a.id = ${PLATFORM} OR a.id = ANY (wallet_ids)
      ORDER BY a.id FOR NO KEY UPDATE;
    PERFORM billing_turn_lots(wallet_ids);
    RETURN wallet_ids[cardinality(wallet_ids)];
  END $$;
`;

/**
 * member.grant: {transaction_id, account_id, amount_micros (not 0), kind: grant | adjust, reference?, actor?,
 * lot_kind?, priority?, effective_at?, expires_at?, corrects_id?}. A grant comes out of `issued` and makes a lot; one
 * that begins later is no money until then. An adjustment comes out of `breakage`: above 0 it makes a lot, below it
 * takes from the lots in their order. What it credits for a post is never more than the post charged. The platform's
 * account has the lowest id, so it is locked first by everybody. The same transaction again reports the first.
 */
const GRANT = `
  CREATE OR REPLACE FUNCTION billing_grant(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    results jsonb[] := verdicts;
    member record;
    wallet record;
    noted record;
    known record;
    lot grants;
    is_later boolean;
    left_micros bigint;
  BEGIN
    PERFORM a.id FROM accounts a
      WHERE a.id = ${PLATFORM} OR a.id = ANY (ARRAY(
        SELECT (m -> 'grant' ->> 'account_id')::uuid FROM jsonb_array_elements(batch) AS m))
      ORDER BY a.id FOR NO KEY UPDATE;
    FOR member IN
      SELECT x.position::int AS position, g.* FROM jsonb_array_elements(batch) WITH ORDINALITY AS x (m, position),
             jsonb_to_record(x.m -> 'grant') AS g (transaction_id uuid, account_id uuid,
               amount_micros bigint, kind text, reference text, actor text, lot_kind text,
               priority smallint, effective_at timestamptz, expires_at timestamptz, corrects_id uuid)
       WHERE jsonb_typeof(x.m -> 'grant') = 'object' AND NOT settlement_refused(verdicts[x.position])
       ORDER BY x.position
    LOOP
      SELECT g.* INTO lot FROM grants g
        WHERE g.transaction_id = member.transaction_id AND g.source_id IS NULL;
      SELECT t.kind, t.corrects_id, e.account_id, e.amount_micros INTO noted
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.bucket = 'available'
             AND e.account_id = member.account_id
       WHERE t.id = member.transaction_id;
      IF FOUND OR lot.id IS NOT NULL THEN
        results[member.position] := CASE
          WHEN coalesce(noted.kind, 'grant') = member.kind
               AND coalesce(noted.account_id, lot.account_id) = member.account_id
               AND coalesce(noted.amount_micros, lot.amount_micros) = member.amount_micros
               AND noted.corrects_id IS NOT DISTINCT FROM member.corrects_id
               AND (lot.id IS NULL OR member.kind <> 'grant'
                 OR (lot.kind = coalesce(member.lot_kind, 'paid')
                   AND lot.priority = coalesce(member.priority, lot.priority)
                   AND lot.effective_at = coalesce(member.effective_at, lot.effective_at)
                   AND lot.expires_at IS NOT DISTINCT FROM member.expires_at))
            THEN '{"ok": true, "replayed": true}'::jsonb
          ELSE '{"code": "billing.transaction_conflict"}'::jsonb END;
        CONTINUE;
      END IF;
      PERFORM billing_turn_lots(ARRAY[member.account_id]);
      SELECT a.available_micros AS available, a.search_space_id INTO wallet FROM accounts a
        WHERE a.id = member.account_id AND a.kind = 'wallet' AND a.closed_at IS NULL;
      IF NOT FOUND THEN
        results[member.position] := '{"code": "billing.wallet_missing"}';
        CONTINUE;
      END IF;
      IF member.amount_micros < 0 AND wallet.available + member.amount_micros < 0 THEN
        results[member.position] := jsonb_build_object('code', 'billing.insufficient_balance',
          'account_id', member.account_id, 'required_micros', -member.amount_micros,
          'remaining_micros', wallet.available, 'balance_micros', wallet.available);
        CONTINUE;
      END IF;
      IF member.corrects_id IS NOT NULL THEN
        SELECT t.kind, coalesce(sum(e.amount_micros) FILTER (WHERE e.bucket = 'spent'), 0) AS charged
          INTO known FROM ledger_transactions t
          JOIN ledger_entries e ON e.transaction_id = t.id AND e.account_id = member.account_id
         WHERE t.id = member.corrects_id GROUP BY t.kind;
        IF NOT FOUND THEN
          results[member.position] := '{"code": "billing.corrected_missing"}';
          CONTINUE;
        END IF;
        left_micros := known.charged - (SELECT coalesce(sum(e.amount_micros), 0)
          FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
           AND e.account_id = member.account_id AND e.bucket = 'available'
         WHERE t.corrects_id = member.corrects_id);
        IF known.kind IN ('post', 'hold', 'void', 'expire') AND member.amount_micros > left_micros
           AND member.amount_micros > 0 THEN
          results[member.position] := jsonb_build_object('code', 'billing.correction_exceeds',
            'remaining_micros', greatest(0, left_micros), 'charged_micros', known.charged);
          CONTINUE;
        END IF;
      END IF;

      is_later := member.kind = 'grant' AND coalesce(member.effective_at > now(), false);
      IF member.amount_micros > 0 THEN
        INSERT INTO grants (id, account_id, search_space_id, kind, priority, amount_micros,
          remaining_micros, effective_at, expires_at, activated_at, transaction_id, reason, actor)
        SELECT billing_new_id(), member.account_id, wallet.search_space_id, k.kind,
               coalesce(member.priority, CASE k.kind WHEN 'promotional' THEN 100 ELSE 500 END),
               member.amount_micros, member.amount_micros, coalesce(member.effective_at, now()),
               member.expires_at, CASE WHEN NOT is_later THEN now() END, member.transaction_id,
               member.reference, member.actor
          FROM (SELECT CASE member.kind WHEN 'grant' THEN coalesce(member.lot_kind, 'paid')
                  ELSE 'adjustment' END AS kind) k;
      ELSE
        PERFORM billing_take_lots(member.account_id, -member.amount_micros, true);
      END IF;
      IF NOT is_later THEN
        UPDATE accounts SET available_micros = available_micros + member.amount_micros
          WHERE id = member.account_id;
        UPDATE accounts SET
            issued_micros = issued_micros - CASE member.kind WHEN 'grant' THEN member.amount_micros ELSE 0 END,
            breakage_micros = breakage_micros - CASE member.kind WHEN 'adjust' THEN member.amount_micros ELSE 0 END
          WHERE id = ${PLATFORM};
        INSERT INTO ledger_transactions (id, kind, reference, actor, corrects_id)
          VALUES (member.transaction_id, member.kind, member.reference, member.actor, member.corrects_id);
        INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
          VALUES (member.account_id, member.transaction_id, 'available', member.amount_micros),
                 (${PLATFORM}, member.transaction_id,
                  CASE member.kind WHEN 'grant' THEN 'issued' ELSE 'breakage' END, -member.amount_micros);
      END IF;
      -- What the wallet owes is repaid by the new lot, and its dates begin to count.
      PERFORM billing_turn_lots(ARRAY[member.account_id]);
      results[member.position] := '{"ok": true, "replayed": false}';
    END LOOP;
    RETURN results;
  END $$;
`;

/**
 * Moves available money to another wallet, lot by lot in the order of the first: each keeps its kind, priority and
 * expiry. What runs off stays where it is. Answers {ok, replayed} or why not; the same transaction reports the first.
 */
const TRANSFER = `
  CREATE FUNCTION billing_transfer(source uuid, target uuid, amount bigint, transaction uuid,
    reason text, actor text) RETURNS jsonb
  LANGUAGE plpgsql ${PLANS} ${AS_OWNER} AS $$
  DECLARE
    noted record;
    movable bigint;
    target_space uuid;
  BEGIN
    IF amount IS NULL OR amount <= 0 OR source = target THEN
      RAISE EXCEPTION 'not a transfer' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM a.id FROM accounts a WHERE a.id IN (${PLATFORM}, source, target)
      ORDER BY a.id FOR NO KEY UPDATE;
    SELECT t.kind, s.amount_micros AS sent, r.amount_micros AS received INTO noted
      FROM ledger_transactions t
      LEFT JOIN ledger_entries s ON s.transaction_id = t.id AND s.bucket = 'available' AND s.account_id = source
      LEFT JOIN ledger_entries r ON r.transaction_id = t.id AND r.bucket = 'available' AND r.account_id = target
     WHERE t.id = transaction;
    IF FOUND OR EXISTS (SELECT FROM grants g WHERE g.transaction_id = transaction AND g.source_id IS NULL) THEN
      RETURN CASE WHEN noted.kind = 'transfer' AND noted.sent = -amount AND noted.received = amount
        THEN '{"ok": true, "replayed": true}'::jsonb
        ELSE '{"code": "billing.transaction_conflict"}'::jsonb END;
    END IF;
    IF (SELECT count(*) FROM accounts a WHERE a.id IN (source, target) AND a.kind = 'wallet'
          AND a.closed_at IS NULL) <> 2 THEN
      RETURN '{"code": "billing.wallet_missing"}';
    END IF;
    PERFORM billing_turn_lots(ARRAY[source, target]);
    SELECT least(a.available_micros, (SELECT coalesce(sum(g.remaining_micros), 0)::bigint
             FROM grants g WHERE g.account_id = source AND g.remaining_micros > 0
              AND g.activated_at IS NOT NULL AND NOT g.runs_off))
      INTO movable FROM accounts a WHERE a.id = source;
    IF amount > movable THEN
      RETURN jsonb_build_object('code', 'billing.insufficient_balance', 'account_id', source,
        'required_micros', amount, 'remaining_micros', greatest(0, movable));
    END IF;
    SELECT a.search_space_id INTO target_space FROM accounts a WHERE a.id = target;
    INSERT INTO grants (id, account_id, search_space_id, kind, priority, amount_micros,
      remaining_micros, effective_at, expires_at, activated_at, transaction_id, source_id, reason, actor)
    SELECT billing_new_id(), target, target_space, g.kind, g.priority, t.taken_micros,
           t.taken_micros, now(), g.expires_at, now(), transaction, g.id, billing_transfer.reason,
           billing_transfer.actor
      FROM billing_take_lots(source, amount, false) t JOIN grants g ON g.id = t.grant_id
     ORDER BY g.priority, g.expires_at NULLS LAST, g.id;
    UPDATE accounts a SET available_micros = a.available_micros
        + CASE a.id WHEN source THEN -amount ELSE amount END
     WHERE a.id IN (source, target);
    INSERT INTO ledger_transactions (id, kind, reference, actor)
      VALUES (transaction, 'transfer', billing_transfer.reason, billing_transfer.actor);
    INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
      VALUES (source, transaction, 'available', -amount), (target, transaction, 'available', amount);
    PERFORM billing_turn_lots(ARRAY[source, target]);
    RETURN '{"ok": true, "replayed": false}';
  END $$;
`;

/**
 * From now on, whatever is written into a day before this one is noted as late. Waits for those who write just now, as
 * nobody may write meanwhile: half a second at most, then it fails and is tried again later.
 */
const MARK_DAYS = `
  CREATE FUNCTION billing_mark_ledger_days(until date) RETURNS void
  LANGUAGE plpgsql ${AS_OWNER} SET lock_timeout = '500ms' AS $$
  BEGIN
    IF (SELECT c.marked_before FROM ledger_closing c) >= ledger_day_floor(until) THEN
      RETURN;
    END IF;
    LOCK TABLE ledger_entries IN SHARE MODE;
    UPDATE ledger_closing SET marked_before = ledger_day_floor(until)
     WHERE marked_before < ledger_day_floor(until);
  END $$;
`;

/** Sums the ended days before `until` of the accounts after this id, so many at most; answers the last, or null. */
const SUM_DAYS = `
  CREATE FUNCTION billing_sum_ledger_days(until date, after uuid, accounts_max integer) RETURNS uuid
  LANGUAGE plpgsql ${AS_OWNER} SET jit = off AS $$
  DECLARE
    since date;
    account_ids uuid[];
  BEGIN
    SELECT c.summed_day INTO since FROM ledger_closing c
      WHERE c.marked_before >= ledger_day_floor(until);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'days before % are not marked', until;
    END IF;
    account_ids := ARRAY(SELECT a.id FROM accounts a WHERE a.id > after ORDER BY a.id LIMIT accounts_max);
    IF account_ids = '{}' OR since >= until THEN
      RETURN NULL;
    END IF;
    INSERT INTO ledger_days (account_id, day, kind, bucket, amount_micros)
    SELECT a.id, s.day, s.kind, s.bucket, s.amount
      FROM unnest(account_ids) AS a (id)
     CROSS JOIN LATERAL (
       SELECT ledger_day(e.transaction_id) AS day, t.kind, e.bucket,
              sum(e.amount_micros)::bigint AS amount
         FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        WHERE e.account_id = a.id AND e.transaction_id >= ledger_day_floor(since)
          AND e.transaction_id < ledger_day_floor(until)
        GROUP BY 1, 2, 3) s
     ORDER BY 1, 2, 3, 4
    ON CONFLICT (account_id, day, kind, bucket)
      DO UPDATE SET amount_micros = excluded.amount_micros;
    INSERT INTO ledger_months (account_id, month, bucket, amount_micros)
    SELECT d.account_id, date_trunc('month', d.day)::date, d.bucket, sum(d.amount_micros)::bigint
      FROM ledger_days d
     WHERE d.account_id = ANY (account_ids) AND d.day >= date_trunc('month', since)::date
       AND d.day < date_trunc('month', until)::date
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, month, bucket) DO UPDATE SET amount_micros = excluded.amount_micros;
    RETURN account_ids[cardinality(account_ids)];
  END $$;
`;

const FINISH_DAYS = `
  CREATE FUNCTION billing_finish_ledger_days(until date) RETURNS date
  LANGUAGE sql ${AS_OWNER} AS $$
    UPDATE ledger_closing SET summed_day = greatest(summed_day, until)
     WHERE marked_before >= ledger_day_floor(until) RETURNING summed_day
  $$;
`;

/** Sums again those ended days in which something arrived late, so many at most; answers how many. */
const SUM_LATE_DAYS = `
  CREATE FUNCTION billing_sum_late_ledger_days(days_max integer) RETURNS integer
  LANGUAGE plpgsql ${AS_OWNER} AS $$
  DECLARE
    late record;
    summed date;
    done integer := 0;
  BEGIN
    SELECT c.summed_day INTO summed FROM ledger_closing c FOR SHARE;
    FOR late IN
      DELETE FROM ledger_late_days l USING (
          SELECT x.account_id, x.day FROM ledger_late_days x WHERE x.day < summed
           ORDER BY x.account_id, x.day LIMIT days_max FOR UPDATE SKIP LOCKED) p
       WHERE l.account_id = p.account_id AND l.day = p.day RETURNING l.account_id, l.day
    LOOP
      DELETE FROM ledger_days d WHERE d.account_id = late.account_id AND d.day = late.day;
      INSERT INTO ledger_days (account_id, day, kind, bucket, amount_micros)
      SELECT e.account_id, late.day, t.kind, e.bucket, sum(e.amount_micros)::bigint
        FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
       WHERE e.account_id = late.account_id AND e.transaction_id >= ledger_day_floor(late.day)
         AND e.transaction_id < ledger_day_floor(late.day + 1)
       GROUP BY 1, 2, 3, 4;
      IF late.day < date_trunc('month', summed)::date THEN
        DELETE FROM ledger_months m WHERE m.account_id = late.account_id
           AND m.month = date_trunc('month', late.day)::date;
        INSERT INTO ledger_months (account_id, month, bucket, amount_micros)
        SELECT d.account_id, date_trunc('month', late.day)::date, d.bucket, sum(d.amount_micros)::bigint
          FROM ledger_days d
         WHERE d.account_id = late.account_id AND d.day >= date_trunc('month', late.day)::date
           AND d.day < (date_trunc('month', late.day) + interval '1 month')::date
         GROUP BY 1, 2, 3;
      END IF;
      done := done + 1;
    END LOOP;
    RETURN done;
  END $$;
`;

export const LEDGER_FUNCTIONS = [
  TAKE_LOTS,
  END_COVERS,
  COVER_LOTS,
  TURN_LOTS,
  TURN_DUE_LOTS,
  GRANT,
  TRANSFER,
  MARK_DAYS,
  SUM_DAYS,
  FINISH_DAYS,
  SUM_LATE_DAYS,
] as const;

/** Those that are new, the last one first. */
export const LEDGER_FUNCTION_NAMES = [
  'billing_sum_late_ledger_days(integer)',
  'billing_finish_ledger_days(date)',
  'billing_sum_ledger_days(date, uuid, integer)',
  'billing_mark_ledger_days(date)',
  'billing_transfer(uuid, uuid, bigint, uuid, text, text)',
  'billing_turn_due_lots(uuid, integer)',
  'billing_turn_lots(uuid[])',
  'billing_cover_lots(uuid)',
  'billing_end_covers(uuid)',
  'billing_take_lots(uuid, bigint, boolean)',
] as const;

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** The words are those of `toBudgetWarning` in billing/domain. */
const WARNINGS = `
CREATE FUNCTION generations_warnings(verdict jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('code', 'billing.budget_warning', 'message', format(
      'The %s budget %s is %s %% used: %s of %s micros are left.', w ->> 'scope',
      to_json(w ->> 'budget_name'), w ->> 'used_percent', w ->> 'remaining_micros', w ->> 'limit_micros'))),
    '[]')
  FROM jsonb_array_elements(coalesce(verdict -> 'budget_warnings', '[]')) AS w
$$`;

/** After money. Writes the admitted, with what the budgets warn of; a member that money refused gives its key back. */
const ADMIT = `
CREATE OR REPLACE FUNCTION generations_admit(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  twin record;
BEGIN
  INSERT INTO generations (id, search_space_id, status, operation, prompt, model, provider,
    connection, size, quality, n, options, quote, metadata, created_by, api_key_id, caller_id,
    route, fingerprint, hold_id, lease_owner, lease_until,
    delivered_at, created_at, warnings)
  SELECT g.id, g.search_space_id, g.status, g.operation, g.prompt, g.model, g.provider,
    g.connection, g.size, g.quality, g.n, g.options, g.quote, g.metadata, g.created_by,
    g.api_key_id, g.caller_id, g.route, g.fingerprint, g.hold_id, g.lease_owner,
    now() + make_interval(secs => g.lease_s),
    CASE WHEN NOT g.repeatable THEN g.created_at END, g.created_at,
    generations_warnings(verdicts[e.i::int])
  FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'generation') AS g(id uuid, search_space_id uuid, status text,
      operation text, prompt text, model text, provider text, connection text, size text,
      quality text, n integer, options jsonb, quote jsonb, metadata jsonb, created_by uuid,
      api_key_id uuid, caller_id uuid, route text, fingerprint text, hold_id uuid,
      lease_owner uuid, lease_s double precision, repeatable boolean, created_at timestamptz)
  WHERE e.m ? 'generation' AND NOT settlement_refused(verdicts[e.i::int]);

  INSERT INTO generation_attempts (id, generation_id, ordinal, provider, model, connection, state,
    sent_at)
  SELECT a.id, a.generation_id, a.ordinal, a.provider, a.model, a.connection, a.state,
    CASE WHEN a.state = 'sent' THEN now() END
  FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'attempt') AS a(id uuid, generation_id uuid, ordinal integer,
      provider text, model text, connection text, state text)
  WHERE e.m ? 'attempt' AND NOT settlement_refused(verdicts[e.i::int]);

  DELETE FROM idempotency_keys WHERE generation_id IN (
    SELECT (e.m -> 'claim' ->> 'generation_id')::uuid
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i)
    WHERE e.m -> 'claim' ->> 'key' IS NOT NULL AND settlement_refused(verdicts[e.i::int])
      AND verdicts[e.i::int] ->> 'code' NOT IN ('idempotency', 'attach'));

  IF NOT EXISTS (SELECT FROM unnest(verdicts) AS v WHERE v ->> 'code' = 'idempotency') THEN
    RETURN verdicts;
  END IF;
  -- A member that was pointed to one of this batch that money then refused would wait for what is not there. It is
  -- refused alike when it is the same request; another one may come again.
  FOR twin IN
    SELECT e.i::int AS i, CASE WHEN (verdicts[e.i::int] ->> 'same')::boolean
        THEN verdicts[f.i::int] ELSE '{"code": "idempotency_freed"}' END AS verdict
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i)
    JOIN jsonb_array_elements(batch) WITH ORDINALITY AS f(m, i)
      ON f.m -> 'claim' ->> 'generation_id' = verdicts[e.i::int] ->> 'generation_id'
    WHERE verdicts[e.i::int] ->> 'code' = 'idempotency' AND settlement_refused(verdicts[f.i::int])
  LOOP
    verdicts[twin.i] := twin.verdict;
  END LOOP;
  RETURN verdicts;
END $$`;

/** After money, in the concluding step: the outcome on the rows, its warnings after those of the admission. A second conclusion changes nothing. */
const CONCLUDE = `
CREATE OR REPLACE FUNCTION generations_conclude(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
BEGIN
  UPDATE generations g SET status = o.status, sent_prompt = o.sent_prompt,
    error_code = o.error_code, error_message = o.error_message,
    cost_micros = coalesce((verdicts[o.i] ->> 'posted_micros')::bigint, 0), usage = o.usage,
    warnings = g.warnings || coalesce(o.warnings, '[]'), timings_ms = coalesce(o.timings_ms, '{}'),
    lease_owner = NULL, lease_until = NULL, finished_at = o.finished_at
  FROM (SELECT e.i::int AS i, r.* FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'generation') AS r(id uuid, status text, sent_prompt text,
      error_code text, error_message text, usage jsonb, warnings jsonb, timings_ms jsonb,
      finished_at timestamptz)
    WHERE e.m ? 'generation' AND NOT settlement_refused(verdicts[e.i::int])) o
  WHERE g.id = o.id AND g.status IN ('queued', 'running');

  UPDATE generation_attempts a SET state = o.state, vendor_request_id = o.vendor_request_id,
    error_code = o.error_code, error_message = o.error_message,
    cost_micros = coalesce((verdicts[o.i] ->> 'posted_micros')::bigint, 0), finished_at = now()
  FROM (SELECT e.i::int AS i, r.* FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'attempt') AS r(id uuid, state text, vendor_request_id text,
      error_code text, error_message text)
    WHERE e.m ? 'attempt' AND NOT settlement_refused(verdicts[e.i::int])) o
  WHERE a.id = o.id AND a.state IN ('planned', 'sent');

  DELETE FROM idempotency_keys WHERE generation_id IN (
    SELECT (e.m -> 'generation' ->> 'id')::uuid
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i)
    WHERE (e.m -> 'generation' ->> 'free_key')::boolean
      AND NOT settlement_refused(verdicts[e.i::int]));
  RETURN verdicts;
END $$`;

const toFormer = (text: string): string =>
  text
    .replace('warnings = g.warnings || coalesce', 'warnings = coalesce')
    .replace('created_at, warnings)', 'created_at)')
    .replace(/,\s+generations_warnings\(verdicts\[e\.i::int\]\)/, '');

/** A generation tells which budgets run low, from its admission on. */
export class WarnOfBudgets1790000000850 implements MigrationInterface {
  readonly name = 'WarnOfBudgets1790000000850';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [WARNINGS, ADMIT, CONCLUDE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [ADMIT, CONCLUDE]) await runner.query(toFormer(statement));
    await runner.query('DROP FUNCTION generations_warnings(jsonb)');
  }
}

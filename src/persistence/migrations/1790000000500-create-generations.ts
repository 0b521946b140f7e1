import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** Generations, their attempts and idempotency keys, with their parts of the two settlement steps. */
export class CreateGenerations1790000000500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, CLAIM_KEY, CLAIM, ADMIT, CONCLUDE])
      await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION generations_conclude(jsonb, jsonb[])');
    await queryRunner.query('DROP FUNCTION generations_admit(jsonb, jsonb[])');
    await queryRunner.query('DROP FUNCTION generations_claim(jsonb, jsonb[])');
    await queryRunner.query(
      'DROP FUNCTION generations_claim_key(uuid, text, text, text, uuid, integer)',
    );
    await queryRunner.query('DROP TABLE idempotency_keys');
    await queryRunner.query('DROP TABLE generation_attempts');
    await queryRunner.query('DROP TABLE generations');
  }
}

const TABLES = [
  `CREATE TABLE generations (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN
      ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed', 'canceled')),
    operation text NOT NULL,
    prompt text NOT NULL,
    sent_prompt text,
    model text NOT NULL,
    provider text NOT NULL,
    connection text NOT NULL,
    size text,
    quality text,
    n integer NOT NULL CHECK (n BETWEEN 1 AND 10),
    options jsonb NOT NULL,
    quote jsonb NOT NULL,
    metadata jsonb,
    error_code text,
    error_message text,
    cost_micros bigint NOT NULL DEFAULT 0 CHECK (cost_micros >= 0),
    usage jsonb,
    warnings jsonb NOT NULL DEFAULT '[]',
    timings_ms jsonb NOT NULL DEFAULT '{}',
    created_by uuid NOT NULL,
    api_key_id uuid,
    caller_id uuid NOT NULL,
    route text NOT NULL,
    fingerprint text NOT NULL,
    hold_id uuid NOT NULL,
    links_version integer NOT NULL DEFAULT 1,
    lease_owner uuid,
    lease_until timestamptz,
    cancel_requested_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
  )`,
  `CREATE INDEX generations_by_space ON generations (search_space_id, id DESC)`,
  `CREATE INDEX generations_queued ON generations (search_space_id, id) WHERE status = 'queued'`,
  `CREATE INDEX generations_running ON generations (lease_until) WHERE status = 'running'`,
  `CREATE INDEX generations_by_request ON generations (caller_id, route, fingerprint, id DESC)`,
  `CREATE TABLE generation_attempts (
    id uuid PRIMARY KEY,
    generation_id uuid NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    connection text NOT NULL,
    state text NOT NULL CHECK (state IN
      ('planned', 'sent', 'succeeded', 'failed', 'interrupted', 'canceled')),
    vendor_reference jsonb,
    vendor_request_id text,
    error_code text,
    error_message text,
    cost_micros bigint NOT NULL DEFAULT 0 CHECK (cost_micros >= 0),
    sent_at timestamptz,
    finished_at timestamptz,
    UNIQUE (generation_id, ordinal)
  )`,
  `CREATE TABLE idempotency_keys (
    caller_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    generation_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (caller_id, route, key)
  )`,
  `CREATE INDEX idempotency_keys_by_generation ON idempotency_keys (generation_id)`,
  `CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at)`,
];

/**
 * Before money. A member whose key is taken, or who repeats a request whose answer was not delivered,
 * gets a verdict naming the generation there is. What was sent a moment ago may have been lost, unless
 * a later try of the same request has failed: then that one is repeated. Keys are claimed in order, so that two batches that
 * claim the same keys wait for each other and never lock each other out.
 */
const CLAIM = `
CREATE FUNCTION generations_claim(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  member record;
BEGIN
  FOR member IN
    SELECT e.i::int AS i, (c.caller_id) AS caller_id, c.route, c.key, c.fingerprint,
           c.generation_id, c.ttl_s, c.attach_within_s, c.lost_within_s
    FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
      jsonb_to_record(e.m -> 'claim') AS c(caller_id uuid, route text, key text, fingerprint text,
        generation_id uuid, ttl_s integer, attach_within_s integer, lost_within_s integer)
    WHERE verdicts[e.i::int] IS NULL
      AND (c.key IS NOT NULL OR c.attach_within_s IS NOT NULL)
    ORDER BY c.caller_id, c.route, c.key, e.i
  LOOP
    IF member.key IS NOT NULL THEN
      verdicts[member.i] := generations_claim_key(member.caller_id, member.route, member.key,
        member.fingerprint, member.generation_id, member.ttl_s);
    ELSE
      verdicts[member.i] := (
        SELECT jsonb_build_object('code', 'attach', 'generation_id', g.id)
        FROM generations g
        WHERE g.caller_id = member.caller_id AND g.route = member.route
          AND g.fingerprint = member.fingerprint
          AND g.status IN ('queued', 'running', 'succeeded', 'partially_succeeded')
          AND g.created_at > now() - make_interval(secs => member.attach_within_s)
          AND (g.delivered_at IS NULL
            OR g.delivered_at > now() - make_interval(secs => member.lost_within_s)
            AND NOT EXISTS (SELECT FROM generations f
              WHERE f.caller_id = g.caller_id AND f.route = g.route
                AND f.fingerprint = g.fingerprint AND f.id > g.id AND f.status = 'failed'))
        ORDER BY (g.delivered_at IS NULL) DESC, g.id DESC LIMIT 1);
    END IF;
  END LOOP;
  RETURN verdicts;
END $$`;

const CLAIM_KEY = `
CREATE FUNCTION generations_claim_key(caller uuid, on_route text, given_key text, print text,
  generation uuid, ttl_s integer) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  taken record;
BEGIN
  LOOP
    DELETE FROM idempotency_keys
    WHERE caller_id = caller AND route = on_route AND key = given_key AND expires_at <= now();
    INSERT INTO idempotency_keys (caller_id, route, key, fingerprint, generation_id, expires_at)
    VALUES (caller, on_route, given_key, print, generation, now() + make_interval(secs => ttl_s))
    ON CONFLICT DO NOTHING;
    IF FOUND THEN RETURN NULL; END IF;
    SELECT k.generation_id, k.fingerprint INTO taken FROM idempotency_keys k
    WHERE k.caller_id = caller AND k.route = on_route AND k.key = given_key;
    -- Freed between the two statements: claim it again.
    CONTINUE WHEN NOT FOUND;
    RETURN jsonb_build_object('code', 'idempotency', 'generation_id', taken.generation_id,
      'same', taken.fingerprint = print);
  END LOOP;
END $$`;

/** After money. Writes the admitted; a member that money refused gives its key back. */
const ADMIT = `
CREATE FUNCTION generations_admit(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
DECLARE
  twin record;
BEGIN
  INSERT INTO generations (id, search_space_id, status, operation, prompt, model, provider,
    connection, size, quality, n, options, quote, metadata, created_by, api_key_id, caller_id,
    route, fingerprint, hold_id, lease_owner, lease_until,
    delivered_at, created_at)
  SELECT g.id, g.search_space_id, g.status, g.operation, g.prompt, g.model, g.provider,
    g.connection, g.size, g.quality, g.n, g.options, g.quote, g.metadata, g.created_by,
    g.api_key_id, g.caller_id, g.route, g.fingerprint, g.hold_id, g.lease_owner,
    now() + make_interval(secs => g.lease_s),
    CASE WHEN NOT g.repeatable THEN g.created_at END, g.created_at
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

/** After money, in the concluding step: the outcome on the rows. A second conclusion changes nothing. */
const CONCLUDE = `
CREATE FUNCTION generations_conclude(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
BEGIN
  UPDATE generations g SET status = o.status, sent_prompt = o.sent_prompt,
    error_code = o.error_code, error_message = o.error_message,
    cost_micros = coalesce((verdicts[o.i] ->> 'posted_micros')::bigint, 0), usage = o.usage,
    warnings = coalesce(o.warnings, '[]'), timings_ms = coalesce(o.timings_ms, '{}'),
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

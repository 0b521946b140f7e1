import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every room stands on: the cache epoch, the process lease and the outbox. */
export class CreatePlatform1790000000100 implements MigrationInterface {
  readonly name = 'CreatePlatform1790000000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CACHE_EPOCH);
    await runner.query(PROCESS_LEASES);
    await runner.query(OUTBOX);
    await runner.query(OUTBOX_APPEND);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION outbox_append(jsonb, jsonb[]);
      DROP TABLE outbox_events;
      DROP TABLE process_leases;
      DROP FUNCTION cache_epoch_bump();
      DROP TABLE cache_epoch;
    `);
  }
}

const CACHE_EPOCH = `
  CREATE TABLE cache_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch bigint NOT NULL
  );
  INSERT INTO cache_epoch (epoch) VALUES (1);
  CREATE FUNCTION cache_epoch_bump() RETURNS void LANGUAGE sql AS
    $$ UPDATE cache_epoch SET epoch = epoch + 1 $$;
`;

const PROCESS_LEASES = `
  CREATE TABLE process_leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    identity jsonb NOT NULL,
    renewals bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
  );
`;

/** dead_at: given up after too many attempts, kept for the operator. delivered_to: handlers that are done. */
const OUTBOX = `
  CREATE TABLE outbox_events (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    search_space_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    available_at timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    delivered_to text[] NOT NULL DEFAULT '{}',
    last_error text,
    dead_at timestamptz
  );
  CREATE INDEX outbox_events_due ON outbox_events (available_at) WHERE dead_at IS NULL;
  CREATE INDEX outbox_events_dead ON outbox_events (dead_at) WHERE dead_at IS NOT NULL;
`;

/** Rider of a settlement batch: the events of every member that is still admitted. The same id twice is one event. */
const OUTBOX_APPEND = `
  CREATE FUNCTION outbox_append(batch jsonb, verdicts jsonb[]) RETURNS jsonb[] LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO outbox_events (id, kind, search_space_id, payload)
    SELECT (event ->> 'id')::uuid, event ->> 'kind', (event ->> 'search_space_id')::uuid,
           coalesce(event -> 'payload', '{}'::jsonb)
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS members (member, ordinal)
     CROSS JOIN LATERAL jsonb_array_elements(
             CASE jsonb_typeof(member -> 'events') WHEN 'array' THEN member -> 'events' ELSE '[]' END
           ) AS events (event)
     WHERE verdicts[ordinal] IS NULL OR verdicts[ordinal] -> 'ok' = 'true'
    ON CONFLICT (id) DO NOTHING;
    RETURN verdicts;
  END
  $$;
`;

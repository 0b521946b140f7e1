import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who changed what. Ids are kept without foreign keys: the trail outlives what it speaks of. Rows are only ever
 * added; the database itself refuses the rest.
 */
const STATEMENTS = [
  `CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_user_id uuid,
    search_space_id uuid,
    target_type text NOT NULL,
    target_id text,
    before jsonb,
    after jsonb,
    address text,
    request_id text,
    CONSTRAINT audit_events_action_check CHECK (action ~ '^[a-z_]+(\\.[a-z_]+)+$'),
    CONSTRAINT audit_events_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system'))
  )`,
  `CREATE INDEX audit_events_space_idx ON audit_events (search_space_id, id)`,
  `CREATE INDEX audit_events_actor_idx ON audit_events (actor_user_id, id)`,
  `CREATE INDEX audit_events_target_idx ON audit_events (target_id, id)`,
  `CREATE INDEX audit_events_action_idx ON audit_events (action, id)`,
  `CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
  END
  $$`,
  `CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()`,
];

export class CreateAudit1790000000600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_events');
    await runner.query('DROP FUNCTION audit_events_refuse()');
  }
}

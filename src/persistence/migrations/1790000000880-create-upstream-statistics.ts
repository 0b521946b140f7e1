import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How calls to vendors went, by connection and model, in spans of five minutes and of days. */
const TABLE = `
  CREATE TABLE upstream_statistics (
    span_s integer NOT NULL CHECK (span_s IN (300, 86400)),
    starts_at timestamptz NOT NULL,
    connection text NOT NULL CHECK (length(connection) BETWEEN 1 AND 200),
    model text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    is_global boolean NOT NULL,
    outcomes bigint[] NOT NULL CHECK (cardinality(outcomes) <= 32),
    latencies bigint[] NOT NULL CHECK (cardinality(latencies) <= 64),
    last_error text CHECK (length(last_error) <= 100),
    last_error_at timestamptz,
    last_called_at timestamptz NOT NULL,
    PRIMARY KEY (span_s, starts_at, connection, model)
  ) WITH (fillfactor = 80)`;

/** Counts of the same things, the longer list of the two. */
const ADD = `
  CREATE FUNCTION upstream_add(bigint[], bigint[]) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY i)
      FROM unnest($1, $2) WITH ORDINALITY AS pairs(a, b, i)
  $$`;

/** The system's alone, as prices are: work for a caller has no grant, whichever space it is in. */
const PROTECTION = 'REVOKE ALL ON upstream_statistics FROM PUBLIC, atelier_app';

export class CreateUpstreamStatistics1790000000880 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TABLE, ADD, PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION upstream_add(bigint[], bigint[])');
    await runner.query('DROP TABLE upstream_statistics');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** By what right pictures of persons went into try-ons, and what spaces declare of all of theirs. */
export class CreateTryOnConsents1790000000940 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...LAWS, ADMIT, ...PROTECTION]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * Neither generation nor people are referred to: the record outlives them all, but not its space. `declared_…` stand
 * where the space's own declaration was the reason.
 */
const TABLES = [
  `CREATE TABLE try_on_consents (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    generation_id uuid NOT NULL UNIQUE,
    subject text CHECK (subject IN ('self', 'third_party')),
    basis text NOT NULL CHECK (basis IN
      ('consent', 'contract', 'model_release', 'legitimate_interest', 'synthetic', 'declaration')),
    reference text CHECK (char_length(reference) BETWEEN 1 AND 200),
    obtained_at timestamptz,
    end_user_id text CHECK (char_length(end_user_id) BETWEEN 1 AND 200),
    person_sha256 text NOT NULL CHECK (person_sha256 ~ '^[0-9a-f]{64}$'),
    given_by uuid NOT NULL,
    api_key_id uuid,
    text_version text CHECK (char_length(text_version) BETWEEN 1 AND 100),
    declared_by uuid,
    declared_at timestamptz,
    created_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by uuid,
    CONSTRAINT try_on_consents_declared CHECK (
      (basis = 'declaration') = (subject IS NULL)
      AND (basis = 'declaration') = (text_version IS NOT NULL)
      AND (text_version IS NULL) = (declared_by IS NULL)
      AND (text_version IS NULL) = (declared_at IS NULL)),
    CONSTRAINT try_on_consents_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
  )`,
  `CREATE INDEX try_on_consents_by_space ON try_on_consents (search_space_id, id DESC)`,
  `CREATE TABLE try_on_declarations (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    text_version text NOT NULL CHECK (char_length(text_version) BETWEEN 1 AND 100),
    declared_by uuid NOT NULL,
    declared_at timestamptz NOT NULL
  )`,
];

/** A record is written once; all that may come later is its withdrawal, which nobody takes back. */
const LAWS = [
  `CREATE FUNCTION try_on_consents_keep() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by'] THEN
      RAISE EXCEPTION 'a consent is a record: it can be withdrawn once, and not changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'try_on_consents_immutable';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER try_on_consents_immutable BEFORE UPDATE ON try_on_consents
    FOR EACH ROW EXECUTE FUNCTION try_on_consents_keep()`,
  `CREATE TRIGGER try_on_declarations_of_active_space BEFORE INSERT ON try_on_declarations
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
];

/** Rider of an admission: the consent of every member that is still admitted. The same id twice is one record. */
const ADMIT = `
  CREATE FUNCTION try_on_consents_admit(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
  LANGUAGE plpgsql ${PLANS} AS $$
  BEGIN
    INSERT INTO try_on_consents (id, search_space_id, generation_id, subject, basis, reference,
      obtained_at, end_user_id, person_sha256, given_by, api_key_id, text_version, declared_by,
      declared_at, created_at)
    SELECT (c ->> 'id')::uuid, (c ->> 'search_space_id')::uuid, (c ->> 'generation_id')::uuid,
           c ->> 'subject', c ->> 'basis', c ->> 'reference', (c ->> 'obtained_at')::timestamptz,
           c ->> 'end_user_id', c ->> 'person_sha256', (c ->> 'given_by')::uuid,
           (c ->> 'api_key_id')::uuid, c ->> 'text_version', (c ->> 'declared_by')::uuid,
           (c ->> 'declared_at')::timestamptz, (c ->> 'created_at')::timestamptz
      FROM (SELECT e.m -> 'try_on_consent' AS c
              FROM jsonb_array_elements(batch) WITH ORDINALITY AS e (m, i)
             WHERE jsonb_typeof(e.m -> 'try_on_consent') = 'object'
               AND NOT settlement_refused(verdicts[e.i::int])
             ORDER BY e.i) given
    ON CONFLICT (id) DO NOTHING;
    RETURN verdicts;
  END $$`;

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** Records come by the rider alone, and go with their space. */
const RIGHTS: Readonly<Record<string, string>> = {
  try_on_consents: 'SELECT, UPDATE (withdrawn_at, withdrawn_by)',
  try_on_declarations: 'SELECT, INSERT, UPDATE, DELETE',
};

const PROTECTION = Object.entries(RIGHTS).flatMap(([table, rights]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT ${rights} ON ${table} TO atelier_app`,
]);

const UNDO = [
  'DROP FUNCTION try_on_consents_admit(jsonb, jsonb[])',
  'DROP TABLE try_on_declarations',
  'DROP TABLE try_on_consents',
  'DROP FUNCTION try_on_consents_keep()',
];

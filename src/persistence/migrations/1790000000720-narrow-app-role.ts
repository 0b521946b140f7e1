import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Functions that run with the rights of the tables' owner move money in every space. They are for the batches, which
 * run as the login: work for a caller has no use for them. What such a function asks for is found in `public` alone.
 */
const OWNERS_FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS signature FROM pg_proc p
   WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.proname LIKE 'billing\\_%'`;

async function listSignatures(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(OWNERS_FUNCTIONS)) as { signature: string }[];
  return rows.map(({ signature }) => signature);
}

export class NarrowAppRole1790000000720 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const signature of await listSignatures(runner)) {
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
    }
    await runner.query(
      'ALTER FUNCTION search_spaces_assert_active() SET search_path = public, pg_temp',
    );
    // Absent where the migrations are run without it.
    await runner.query(`DO $$ BEGIN
      IF to_regclass('public.schema_migrations') IS NOT NULL THEN
        REVOKE ALL ON schema_migrations FROM atelier_app;
      END IF;
    END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER FUNCTION search_spaces_assert_active() RESET search_path');
    for (const signature of await listSignatures(runner)) {
      await runner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO PUBLIC`);
    }
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { USAGE_FUNCTIONS } from './1790000000820-roll-up-usage.functions.js';

/**
 * How long a space keeps answers of chat and embedding models; null = not at all. The edition moves with every change of
 * it, so that what was kept before is never found again.
 */
const PREFERENCE = `
  ALTER TABLE model_preferences
    ADD COLUMN response_cache_ttl_s integer CHECK (response_cache_ttl_s BETWEEN 1 AND 86400),
    ADD COLUMN response_cache_edition integer NOT NULL DEFAULT 1`;

const PREFERENCE_UNDO = `
  ALTER TABLE model_preferences DROP COLUMN response_cache_ttl_s, DROP COLUMN response_cache_edition`;

const FORMER_ROLL_UP = USAGE_FUNCTIONS.find((text) =>
  text.includes('FUNCTION billing_roll_up_usage('),
)!.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');

/** A call that was answered from the cache has not failed. */
const ROLL_UP = FORMER_ROLL_UP.replaceAll(
  "('succeeded', 'partially_succeeded'",
  "('succeeded', 'partially_succeeded', 'cached'",
);

/** Spaces may keep answers, and calls that are answered so count as successes. */
export class AddResponseCache1790000000910 implements MigrationInterface {
  readonly name = 'AddResponseCache1790000000910';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [PREFERENCE, ROLL_UP]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [FORMER_ROLL_UP, PREFERENCE_UNDO]) await runner.query(statement);
  }
}

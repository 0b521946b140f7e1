import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BILLING_FUNCTIONS } from './1790000000300-create-billing.functions.js';
import {
  AS_OWNER,
  USAGE_FUNCTION_NAMES,
  USAGE_FUNCTIONS,
} from './1790000000820-roll-up-usage.functions.js';
import { USAGE_TABLES, USAGE_TABLES_UNDO } from './1790000000820-roll-up-usage.tables.js';

const REPLACED = /FUNCTION billing_(record_usage|make_usage_partitions)\(/;

/** Usage rows with all that a bill needs, and sums of them by day, so that no report reads the rows. */
export class RollUpUsage1790000000820 implements MigrationInterface {
  readonly name = 'RollUpUsage1790000000820';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...USAGE_TABLES, ...USAGE_FUNCTIONS]) await runner.query(statement);
    for (const name of USAGE_FUNCTION_NAMES) {
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const former of BILLING_FUNCTIONS.filter((text) => REPLACED.test(text))) {
      await runner.query(
        former
          .replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')
          .replace('AS $$', () => `${AS_OWNER} AS $$`),
      );
    }
    for (const name of USAGE_FUNCTION_NAMES) await runner.query(`DROP FUNCTION ${name}`);
    for (const statement of USAGE_TABLES_UNDO) await runner.query(statement);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BILLING_FUNCTIONS } from './1790000000300-create-billing.functions.js';
import {
  AS_OWNER,
  BUDGET_FUNCTION_NAMES,
  BUDGET_FUNCTIONS,
} from './1790000000800-create-budgets.functions.js';
import { BUDGET_TABLES, BUDGET_TABLES_UNDO } from './1790000000800-create-budgets.tables.js';

/** Budgets, overdrafts, and holds that wallet and budgets admit or refuse in one step. */
export class CreateBudgets1790000000800 implements MigrationInterface {
  readonly name = 'CreateBudgets1790000000800';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...BUDGET_TABLES, ...BUDGET_FUNCTIONS]) await runner.query(statement);
    for (const name of BUDGET_FUNCTION_NAMES) {
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    }
    // Pure, and asked by readers: a budget as it stands now.
    for (const name of ['billing_roll_budget(budgets, timestamptz)', PERIOD]) {
      await runner.query(`GRANT EXECUTE ON FUNCTION ${name} TO atelier_app, atelier_system`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const former of BILLING_FUNCTIONS) {
      if (!/FUNCTION billing_(hold|settle)\(/.test(former)) continue;
      await runner.query(
        former
          .replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')
          .replace('AS $$', () => `${AS_OWNER} AS $$`),
      );
    }
    for (const name of BUDGET_FUNCTION_NAMES) await runner.query(`DROP FUNCTION ${name}`);
    for (const statement of BUDGET_TABLES_UNDO) await runner.query(statement);
  }
}

const PERIOD = 'billing_period(text, text, timestamptz)';

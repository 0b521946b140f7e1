import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BILLING_FUNCTIONS } from './1790000000300-create-billing.functions.js';
import { AS_OWNER } from './1790000000800-create-budgets.functions.js';
import {
  LEDGER_FUNCTION_NAMES,
  LEDGER_FUNCTIONS,
} from './1790000000810-complete-ledger.functions.js';
import { LEDGER_TABLES, LEDGER_TABLES_UNDO } from './1790000000810-complete-ledger.tables.js';

/** Grants as lots with dates, transfers, corrections, sums of ended days, and the list to reconcile. */
export class CompleteLedger1790000000810 implements MigrationInterface {
  readonly name = 'CompleteLedger1790000000810';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...LEDGER_TABLES, ...LEDGER_FUNCTIONS]) await runner.query(statement);
    for (const name of LEDGER_FUNCTION_NAMES) {
      await runner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const former = BILLING_FUNCTIONS.find((text) => /FUNCTION billing_grant\(/.test(text)) ?? '';
    await runner.query(
      former
        .replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')
        .replace('AS $$', () => `${AS_OWNER} AS $$`),
    );
    for (const name of LEDGER_FUNCTION_NAMES) await runner.query(`DROP FUNCTION ${name}`);
    for (const statement of LEDGER_TABLES_UNDO) await runner.query(statement);
    await runner.query(
      `UPDATE accounts SET allocated_micros = 0, lots_due_at = NULL WHERE kind = 'wallet'`,
    );
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BILLING_FUNCTIONS } from './1790000000300-create-billing.functions.js';
import { BILLING_TABLES } from './1790000000300-create-billing.tables.js';

/** Money: accounts, the ledger, holds, usage, prices, and the functions that alone change balances. */
export class CreateBilling1790000000300 implements MigrationInterface {
  readonly name = 'CreateBilling1790000000300';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...BILLING_TABLES, ...BILLING_FUNCTIONS])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of FUNCTIONS.toReversed()) await runner.query(`DROP FUNCTION ${name}`);
    for (const name of TABLES.toReversed()) await runner.query(`DROP TABLE ${name}`);
    for (const name of TRIGGERS.toReversed()) await runner.query(`DROP FUNCTION ${name}`);
  }
}

const TABLES = [
  'accounts',
  'ledger_transactions',
  'ledger_entries',
  'holds',
  'reconciliation_items',
  'usage_keys',
  'usage_records',
  'price_versions',
  'prices',
];

const TRIGGERS = ['ledger_check_entries()', 'ledger_refuse_change()'];

const FUNCTIONS = [
  'settlement_refused(jsonb)',
  'billing_hold(jsonb, jsonb[])',
  'billing_settle(jsonb, jsonb[])',
  'billing_grant(jsonb, jsonb[])',
  'billing_record_usage(jsonb, jsonb[])',
  'billing_month_floor(timestamp)',
  'billing_make_usage_partitions(integer)',
];

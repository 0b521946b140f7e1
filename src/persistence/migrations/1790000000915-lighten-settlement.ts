import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BUDGET_FUNCTIONS } from './1790000000800-create-budgets.functions.js';
import { USAGE_FUNCTIONS } from './1790000000820-roll-up-usage.functions.js';
import { LIGHT_FUNCTIONS } from './1790000000915-lighten-settlement.functions.js';

/** Up to the arguments: what makes it the same function. */
const HEAD = /FUNCTION (billing_\w+\()/;

function findFormer(text: string): string {
  const head = HEAD.exec(text)![1]!;
  const former = [...BUDGET_FUNCTIONS, ...USAGE_FUNCTIONS].find(
    (one) => HEAD.exec(one)?.[1] === head,
  )!;
  return former.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');
}

/** The two durable steps cost the database less; rows and verdicts are the same. */
export class LightenSettlement1790000000915 implements MigrationInterface {
  readonly name = 'LightenSettlement1790000000915';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of LIGHT_FUNCTIONS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of LIGHT_FUNCTIONS) await runner.query(findFormer(statement));
  }
}

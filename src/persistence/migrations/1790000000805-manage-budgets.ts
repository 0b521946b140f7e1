import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may change a budget: operators alone, or also who manages the settings of its space. What stands in the table
 * already was made by the service's own plans.
 */
const UP = `
  ALTER TABLE budgets ADD COLUMN managed_by text NOT NULL DEFAULT 'operator'
    CONSTRAINT budgets_managed_by CHECK (managed_by IN ('operator', 'space')),
    ADD CONSTRAINT budgets_of_a_space CHECK (managed_by = 'operator' OR search_space_id IS NOT NULL)`;

const DOWN = `
  ALTER TABLE budgets DROP CONSTRAINT budgets_of_a_space, DROP COLUMN managed_by`;

export class ManageBudgets1790000000805 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A role that a group mapping gives is in use: deleting it must not take the mapping along unseen. */
const toStatement = (onDelete: string): string => `
  ALTER TABLE group_mappings
    DROP CONSTRAINT group_mappings_role_fkey,
    ADD CONSTRAINT group_mappings_role_fkey FOREIGN KEY (search_space_id, role_id)
      REFERENCES roles (search_space_id, id) ON DELETE ${onDelete}`;

export class KeepMappedRoles1790000000710 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(toStatement('NO ACTION'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(toStatement('CASCADE'));
  }
}

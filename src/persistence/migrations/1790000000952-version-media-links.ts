import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Raising it ends every link to the picture that was given out before. */
export class VersionMediaLinks1790000000952 implements MigrationInterface {
  readonly name = 'VersionMediaLinks1790000000952';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE media_assets ADD COLUMN links_version integer NOT NULL DEFAULT 1',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE media_assets DROP COLUMN links_version');
  }
}

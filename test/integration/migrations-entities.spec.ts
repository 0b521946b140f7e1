/** Proves that the entities speak of the tables as the migrations made them: TypeORM would add or retype nothing. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const SOURCE = join(import.meta.dirname, '../../src');
/** Only the migrations know constraints, indexes, defaults and columns for functions: what TypeORM would make counts. */
const DIFFERENCE =
  /^CREATE TABLE|^ALTER TABLE .* (ADD "|ALTER COLUMN .* (TYPE|SET NOT NULL|DROP NOT NULL))/;

type EntityClass = new () => object;

async function loadEntities(): Promise<EntityClass[]> {
  const paths = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => path.endsWith('.entity.ts'));
  const modules = await Promise.all(
    files.map(async (file) => (await import(join(SOURCE, file))) as Record<string, EntityClass>),
  );
  return modules.flatMap((exported) => Object.values(exported));
}

describe.each(databaseKinds())('entities on %s', (kind) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
  });

  afterAll(() => database.drop());

  it('match the tables in every column, type and nullability', async () => {
    const dataSource = await database.open(await loadEntities());
    expect(dataSource.entityMetadatas.length).toBeGreaterThan(5);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query).filter((query) => DIFFERENCE.test(query))).toEqual(
      [],
    );
  });
});

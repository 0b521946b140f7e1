/** Which set of migrations this is: templates of databases are kept under it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MIGRATIONS = join(import.meta.dirname, '../../src/persistence/migrations');
const PACKAGE = join(import.meta.dirname, '../../node_modules/@electric-sql/pglite/package.json');

/** 16 hexadecimal digits; another engine or another byte in a migration gives others. */
export function hashMigrations(): string {
  const hash = createHash('sha256').update(readFileSync(PACKAGE));
  for (const name of readdirSync(MIGRATIONS).toSorted()) {
    hash.update(name).update(readFileSync(join(MIGRATIONS, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

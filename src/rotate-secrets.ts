import 'reflect-metadata';
import { ConfigError } from './config/config.errors.js';
import { loadConfig } from './config/load-config.js';
import { openDatabase } from './persistence/open-database.js';
import { SqlSecretRotation } from './secrets/adapters/sql-secret-rotation.js';
import { SEALED_COLUMNS } from './secrets/domain/sealed-columns.js';
import { SecretBox } from './secrets/secret-box.js';

/** Wraps every stored secret anew under ENCRYPTION_SECRET; what was sealed before needs ENCRYPTION_SECRET_PREVIOUS. */
async function main(): Promise<void> {
  const config = loadConfig();
  const dataSource = await openDatabase(config, []);
  try {
    const rotation = new SqlSecretRotation(dataSource, new SecretBox(config));
    for (const place of SEALED_COLUMNS) {
      const count = await rotation.rotate(place);
      process.stdout.write(`${place.table}.${place.column}: ${count} wrapped anew\n`);
    }
    process.stdout.write('All secrets are under ENCRYPTION_SECRET.\n');
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  const text =
    error instanceof ConfigError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});

import { join } from 'node:path';
import { loadConfig } from './src/config/load-config.js';
import { ManagedDataSource } from './src/persistence/managed-data-source.js';

/**
 * The DataSource of TypeORM's command line (`npm run migration:run`, `:revert`, `:generate`, `:show`): the same
 * settings as the application's, with the entities by pattern. It works on the compiled files beside it.
 */
export default new ManagedDataSource(loadConfig().database, [
  join(import.meta.dirname, 'src/**/*.entity.js'),
]);

import type { PoolConfig } from 'pg';
import type { DatabaseConfig } from '../config/app-config.js';
import type { EmbeddedDatabase } from './embedded-database.js';
import { ImpatientClient } from './impatient-client.js';

/** How long a caller waits for a connection, new or from the pool. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A statement that runs longer is cancelled by the server. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** When the server is silent for this long, the client gives up by itself: a lost network sends no error. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
/** A transaction that does nothing for this long is ended: it holds locks that others wait for. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const IDLE_CONNECTION_MS = 60_000;
const APPLICATION_NAME = 'atelier';

/** Options of a `pg` pool on either engine. */
export function toPoolOptions(
  config: DatabaseConfig,
  embedded: () => EmbeddedDatabase,
  connectionsMax: number,
): PoolConfig {
  if (config.kind === 'embedded') return toEmbeddedOptions(embedded, connectionsMax);
  return {
    connectionString: config.url ?? undefined,
    Client: ImpatientClient,
    max: connectionsMax,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    keepAlive: true,
  };
}

/** PGlite answers as one superuser whatever it is told; time-outs of the server do not fire in it. */
function toEmbeddedOptions(embedded: () => EmbeddedDatabase, connectionsMax: number): PoolConfig {
  return {
    user: 'postgres',
    database: 'postgres',
    password: 'embedded',
    ssl: false,
    stream: () => embedded().stream(),
    Client: ImpatientClient,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A connection costs nothing here, and keeping it keeps its prepared statements.
    idleTimeoutMillis: 0,
  };
}

/** What Node says of a connection that could not be made or broke. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);
/** SQLSTATE classes of a server that is away, full or stopping (postgresql.org/docs/18/errcodes-appendix.html). */
const SERVER_STATES = /^(08|53|57P)/;
/** `pg` gives these no code. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;
const CAUSES_MAX = 8;
/** What the database's own guard of legal holds answers (1790000000960-create-retention.ts). */
const HELD_STATE = 'AT409';

/**
 * Whether a fault that nobody caught comes from a database that is away. Vendors and URLs of callers are not meant:
 * their faults arrive as domain errors.
 */
export function isStoreAway(thrown: unknown): boolean {
  let fault = thrown;
  for (let depth = 0; depth < CAUSES_MAX && fault instanceof Error; depth += 1) {
    const { code, driverError, cause, message } = fault as Fault;
    if (typeof code === 'string' && (NETWORK_CODES.has(code) || SERVER_STATES.test(code))) {
      return true;
    }
    if (DRIVER_MESSAGES.test(message)) return true;
    fault = driverError ?? cause;
  }
  return false;
}

/** What a legal hold says to whoever would delete what it keeps; null for any other fault. */
export function findHold(thrown: unknown): string | null {
  const fault = (thrown as { driverError?: unknown } | null)?.driverError ?? thrown;
  if (!(fault instanceof Error) || (fault as Fault).code !== HELD_STATE) return null;
  return fault.message;
}

interface Fault extends Error {
  code?: unknown;
  /** TypeORM puts its own error around the driver's. */
  driverError?: unknown;
}

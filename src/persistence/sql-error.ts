/** SQLSTATE codes this house acts on (postgresql.org/docs/18/errcodes-appendix.html). */
export const SQL_STATE = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  checkViolation: '23514',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
} as const;

/** With a digit, so that Node's own EPIPE is not taken for one. */
const SQL_STATE_FORM = /^(?=.*\d)[0-9A-Z]{5}$/;

/** The server's five-letter code; null for anything that the server did not say. Sees through TypeORM's wrapper. */
export function findSqlState(error: unknown): string | null {
  const code = read(error, 'code');
  return code !== null && SQL_STATE_FORM.test(code) ? code : null;
}

/** The violated constraint's name; null when there is none. */
export function findConstraint(error: unknown): string | null {
  return read(error, 'constraint');
}

/** Whether a unique constraint was violated; with a name, whether it was that one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (findSqlState(error) !== SQL_STATE.uniqueViolation) return false;
  return constraint === undefined || findConstraint(error) === constraint;
}

/** Whether the same transaction may simply be run again. */
export function isTransactionRetryable(error: unknown): boolean {
  const state = findSqlState(error);
  return state === SQL_STATE.serializationFailure || state === SQL_STATE.deadlockDetected;
}

function read(error: unknown, field: 'code' | 'constraint'): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const { driverError } = error as { driverError?: unknown };
  const source = (driverError ?? error) as Record<string, unknown>;
  const value = source[field];
  return typeof value === 'string' ? value : null;
}

/** A broken invariant: a fault in this program, never a caller's mistake. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Stops the request when something that must be true is not. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

export type FaultKind =
  'unreachable' | 'timeout' | 'cut_off' | 'too_large' | 'server_error' | 'malformed' | 'forged';

/** The backend did not do its part: it counts for the breaker, and an idempotent question is asked again. */
export class BackendFault extends Error {
  override readonly name = 'BackendFault';

  constructor(
    readonly kind: FaultKind,
    cause?: unknown,
  ) {
    super(`the account backend: ${kind}`, { cause });
  }
}

/**
 * The backend answered about somebody else: asking again does not help. No fault of its own, for callers bring it about
 * with another spelling of their id (`042`), and would keep everybody out.
 */
export class OtherUserError extends Error {
  override readonly name = 'OtherUserError';

  constructor() {
    super('the account backend answered about somebody else');
  }
}

/** The backend answered that it will not: asking again does not help, and nothing is known about the user. */
export class BackendRefusal extends Error {
  override readonly name = 'BackendRefusal';

  constructor(readonly status: number) {
    super(`the account backend answered with status ${status}`);
  }
}

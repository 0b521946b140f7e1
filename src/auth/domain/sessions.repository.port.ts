import type { RefreshAttempt, RefreshToken, Session } from './session.js';

/** Changes to sessions and their refresh tokens, inside a unit of work. */
export abstract class SessionsRepository {
  abstract add(session: Session): Promise<void>;

  abstract addToken(token: RefreshToken): Promise<void>;

  /** Finds a token by its digest and locks its session, so that two uses of it follow one another. */
  abstract lockByToken(tokenHash: Buffer): Promise<RefreshAttempt | null>;

  /** Marks the token as exchanged, moves the session's end, and drops tokens that ended before `now`. */
  abstract rotate(attempt: RefreshAttempt, expiresAt: Date, now: Date): Promise<void>;

  /** True when it was open until now; every process forgets it then. */
  abstract revoke(sessionId: string, now: Date): Promise<boolean>;

  /** Deletes the user's ended sessions, and the oldest beyond `keep` open ones. */
  abstract prune(userId: string, keep: number, now: Date): Promise<void>;
}

import type { RefreshAttempt, RefreshToken, Session } from './session.js';
import type { SessionClient } from './session-client.js';

/** Changes to sessions and their refresh tokens, inside a unit of work. */
export abstract class SessionsRepository {
  abstract add(session: Session): Promise<void>;

  abstract addToken(token: RefreshToken): Promise<void>;

  /** Finds a token by its digest and locks its session, so that two uses of it follow one another. */
  abstract lockByToken(tokenHash: Buffer): Promise<RefreshAttempt | null>;

  /** Marks the token as exchanged, and drops tokens that ended before `now`. */
  abstract rotate(attempt: RefreshAttempt, now: Date): Promise<void>;

  /** Moves the session's end, and keeps who used it. */
  abstract touch(
    sessionId: string,
    use: { client: SessionClient; expiresAt: Date; now: Date },
  ): Promise<void>;

  /** Deletes every refresh token of the session: none of them is right any more, nor a sign of a leak. */
  abstract dropTokens(sessionId: string): Promise<void>;

  /** True when it was open until now; every process forgets it then. */
  abstract revoke(sessionId: string, now: Date): Promise<boolean>;

  /** Ends the session if it is open and this user's. */
  abstract revokeOwn(userId: string, sessionId: string, now: Date): Promise<boolean>;

  /** Ends the user's open sessions but one; how many those were. */
  abstract revokeAll(userId: string, exceptId: string | null, now: Date): Promise<number>;

  /** Notes that the user logged in from this network, and forgets those beyond the newest `keep`. */
  abstract rememberNetwork(
    userId: string,
    network: string,
    options: { keep: number; now: Date },
  ): Promise<void>;

  /** Deletes the user's ended sessions, and the oldest beyond `keep` open ones. */
  abstract prune(userId: string, keep: number, now: Date): Promise<void>;
}

import type { User, UserCredentials } from './user.js';

/** Changes to users, inside a unit of work. */
export abstract class UsersRepository {
  /** False when the e-mail address is taken; nothing is written then. */
  abstract add(user: UserCredentials): Promise<boolean>;

  /**
   * The user as this transaction sees them, held until it ends: logins and changes of one user follow one another.
   * Null for service accounts, too.
   */
  abstract lock(id: string): Promise<User | null>;

  /**
   * The same, holding every active operator as well, so that two cannot take each other's rank at once.
   * @returns how many active operators who can log in there are besides this user
   */
  abstract lockWithOperators(id: string): Promise<{ user: User; otherOperators: number } | null>;

  /** Writes name, rank, status and version of a locked user; every process sees it within a second. */
  abstract update(user: User): Promise<void>;

  /** Sets the password of a locked user, and their version to the one given. */
  abstract setPassword(user: User, passwordHash: string): Promise<void>;

  /** Whether there is any user, as this transaction sees it. */
  abstract hasAny(): Promise<boolean>;
}

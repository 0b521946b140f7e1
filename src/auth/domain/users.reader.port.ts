import type { PageRequest } from '../../common/page.js';
import type { User, UserCredentials, UserFilter } from './user.js';

/** Questions about users, outside any transaction. */
export abstract class UsersReader {
  /** @param email as `normalizeEmail` spells it */
  abstract findCredentials(email: string): Promise<UserCredentials | null>;

  abstract findCredentialsById(id: string): Promise<UserCredentials | null>;

  /**
   * Whether the account was logged in to from this network before; false for an unknown one.
   * @param email as `normalizeEmail` spells it
   */
  abstract isKnownNetwork(email: string, network: string): Promise<boolean>;

  /** The active user whose one-time token has this digest, while it works. */
  abstract findByResetToken(tokenHash: Buffer, now: Date): Promise<User | null>;

  abstract findById(id: string): Promise<User | null>;

  /** @param email as `normalizeEmail` spells it */
  abstract findByEmail(email: string): Promise<User | null>;

  /** Those of the ids that exist, in any order. */
  abstract listByIds(ids: readonly string[]): Promise<User[]>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(filter: UserFilter, page: PageRequest): Promise<User[]>;

  /** Whether there is any user at all. */
  abstract hasAny(): Promise<boolean>;
}

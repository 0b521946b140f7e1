export interface FoundDelegatedUser {
  userId: string;
  /** False: an operator has disabled the account. */
  isActive: boolean;
}

/** Questions about delegated users, outside any transaction. */
export abstract class DelegatedUsersReader {
  abstract find(searchSpaceId: string, externalId: string): Promise<FoundDelegatedUser | null>;

  /** What the backend calls the user; null for one who is not delegated. */
  abstract findExternalId(userId: string): Promise<string | null>;
}

import type { RetentionPolicy, RetentionRule } from './retention-policy.js';

export interface PolicyOfSpace {
  searchSpaceId: string;
  /** Null = the house's. */
  policy: RetentionPolicy | null;
}

/** Questions about retention, outside any transaction, and whose turn it is. Port and injection token. */
export abstract class RetentionStore {
  /** Null = the space has none of its own. */
  abstract findPolicy(searchSpaceId: string): Promise<RetentionPolicy | null>;

  /** Active spaces after that id, in order of ids; with `ownOnly` those with a policy of their own. */
  abstract listSpaces(
    after: string | null,
    limit: number,
    ownOnly: boolean,
  ): Promise<PolicyOfSpace[]>;

  /** Ids after that one of what is older than the rule allows and neither held nor exempt, in order of ids. */
  abstract listExpired(
    searchSpaceId: string,
    rule: RetentionRule,
    madeBefore: Date,
    after: string | null,
    limit: number,
  ): Promise<string[]>;

  /**
   * Takes or keeps the turn until so many seconds from now. False = it is another's, or the round of `everyS` is done.
   */
  abstract takeTurn(owner: string, leaseS: number): Promise<boolean>;

  /** The round is over; the next one begins in so many seconds. */
  abstract endTurn(owner: string, nextInS: number): Promise<void>;
}

/** Policies inside one transaction: `scope.get(RetentionPolicies)`. */
export abstract class RetentionPolicies {
  /** Locks the space's policy until the end of the transaction. */
  abstract lock(searchSpaceId: string): Promise<RetentionPolicy | null>;

  /** Puts this policy in place of the one there is; null = the house's from now on. */
  abstract replace(searchSpaceId: string, policy: RetentionPolicy | null, now: Date): Promise<void>;

  /** Those of these ids that are no collections of the space. */
  abstract listStrangers(
    searchSpaceId: string,
    collectionIds: readonly string[],
  ): Promise<string[]>;
}

import type { Caller } from '../../common/caller.js';

export interface CreditNeed {
  /** What it is for, as the 402 tells: `image_generation`. */
  usageType: string;
  /** How many pictures it may make. */
  pictures: number;
  /** Pictures of the caller that were admitted before and that the keeper of the credit may not know of yet. */
  pendingPictures: number;
}

/**
 * Asked before money is held for a caller whose credit somebody else keeps; the wallet of the space is the hold's
 * business. Port and injection token.
 */
export abstract class CreditGate {
  /**
   * @throws DomainError `billing.insufficient_balance`, `auth.credentials_invalid` for a user who is known no more,
   * `service.unavailable` when nobody can tell.
   */
  abstract assertCredit(caller: Caller, need: CreditNeed): Promise<void>;
}

import type { AutoReloadRule, SavedMethod } from './auto-reload.js';

/** Rules inside a unit of work: `scope.get(AutoReloadRepository)`. */
export abstract class AutoReloadRepository {
  /** Locked until the end; null = the wallet has none. */
  abstract lock(walletId: string): Promise<AutoReloadRule | null>;

  /** Makes or replaces the wallet's rule; what a refused card left is cleared. */
  abstract save(rule: AutoReloadRule): Promise<void>;

  /**
   * Takes one rule that is due and notes the attempt: its wallet is open and below the threshold, it was not tried
   * within the cool-down, and no purchase of it is pending. Null = none is.
   */
  abstract claimDue(provider: string): Promise<AutoReloadRule | null>;

  /** Switches the rule off; false when there is none, or it was off. */
  abstract switchOff(walletId: string, failure: string): Promise<boolean>;

  /** The card that the wallet's rule, if it has one, charges from now on. */
  abstract replaceMethod(walletId: string, provider: string, method: SavedMethod): Promise<void>;
}

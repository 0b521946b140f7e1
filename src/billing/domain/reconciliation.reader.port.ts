import type { ReconciliationItem, ReconciliationState } from './reconciliation.js';

export abstract class ReconciliationReader {
  /**
   * Items of the state, newest first.
   * @param before only those before this id; null = from the newest.
   */
  abstract list(
    state: ReconciliationState,
    before: string | null,
    limit: number,
  ): Promise<ReconciliationItem[]>;

  abstract find(itemId: string): Promise<ReconciliationItem | null>;
}

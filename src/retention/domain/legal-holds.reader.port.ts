import type { PageRequest } from '../../common/page.js';
import type { LegalHold } from './legal-hold.js';

/** Questions about holds, outside any transaction. Port and injection token. */
export abstract class LegalHoldsReader {
  abstract find(id: string): Promise<LegalHold | null>;

  /** Newest first, lifted ones too; null = of all spaces. One row more than `limit` when there are more. */
  abstract list(searchSpaceId: string | null, page: PageRequest): Promise<LegalHold[]>;
}

/** Holds inside one transaction: `scope.get(LegalHoldsRepository)`. */
export abstract class LegalHoldsRepository {
  /**
   * Waits for the deletions of the space that are under way; those that come later wait for it.
   * @returns false when the space is missing or being deleted.
   */
  abstract add(hold: LegalHold): Promise<boolean>;

  /** Whether the hold names a collection or generations that are not in its space. */
  abstract hasStrangers(hold: LegalHold): Promise<boolean>;

  /** False when it was lifted before, or is not there. */
  abstract lift(id: string, lifted: NonNullable<LegalHold['lifted']>): Promise<boolean>;
}

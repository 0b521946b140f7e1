import type { PageRequest } from '../../common/page.js';
import type { DeadLetter } from './dead-letter.js';

/** Reads dead letters, for operators. Port and injection token. */
export abstract class DeadLettersReader {
  /** Newest first, one more than the limit when there are more. @param searchSpaceId null = of all spaces */
  abstract list(searchSpaceId: string | null, page: PageRequest): Promise<DeadLetter[]>;

  abstract find(id: string): Promise<DeadLetter | null>;

  /** Deletes the oldest beyond so many, at most a thousand at once. */
  abstract trim(most: number): Promise<void>;
}

/** Changes them inside a unit of work. */
export abstract class DeadLettersRepository {
  /**
   * Takes a letter for its retry, so that no other is begun. One that has led to nothing may be taken again after two
   * minutes, under the id it had: whichever of the two is slow, one generation at most comes of them.
   * @returns the id that the new generation is to have; null when a retry is under way, or has been admitted.
   */
  abstract take(id: string, retryId: string): Promise<string | null>;

  /** Gives back what was taken under this id and not admitted. */
  abstract giveBack(id: string, retryId: string): Promise<void>;

  /** False when it is gone. */
  abstract remove(id: string): Promise<boolean>;
}

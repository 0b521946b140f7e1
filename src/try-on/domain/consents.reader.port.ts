import type { PageRequest } from '../../common/page.js';
import type { Consent, Declaration } from './consent.js';

/** Reads consents and declarations of any space: whoever asks has asserted the caller's right before. */
export abstract class ConsentsReader {
  abstract find(id: string): Promise<Consent | null>;

  /** By what right the person of this try-on was shown; null = nothing was said of it. */
  abstract findOfGeneration(generationId: string): Promise<Consent | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listOfSpace(searchSpaceId: string, page: PageRequest): Promise<Consent[]>;

  /** Null = the space declares nothing. */
  abstract findDeclaration(searchSpaceId: string): Promise<Declaration | null>;

  /** Removes at most `limit` records of a space that is being deleted; answers how many. May be repeated. */
  abstract removeOfSpace(searchSpaceId: string, limit: number): Promise<number>;
}

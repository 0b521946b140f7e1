import { createHash } from 'node:crypto';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { encodeCursor, type PageRequest } from '../../common/page.js';
import type { GenerationStatus, Operation } from './generation.js';

/** What a list of generations shows; null or empty = whatever it be. */
export interface HistoryFilter {
  searchSpaceId: string | null;
  collectionId: string | null;
  batchId: string | null;
  /** One of them. */
  statuses: readonly GenerationStatus[];
  operation: Operation | null;
  provider: string | null;
  model: string | null;
  createdBy: string | null;
  apiKeyId: string | null;
  /** All of them, as `toTags` writes them. */
  tags: readonly string[];
  /** Only what the caller has marked. */
  isFavourite: boolean;
  hasImages: boolean | null;
  /** From this moment on. */
  createdFrom: Date | null;
  /** Before this moment. */
  createdTo: Date | null;
  costMinMicros: number | null;
  costMaxMicros: number | null;
  /** Words of the prompt, all of them; of the last one the beginning is enough. */
  search: string | null;
  order: 'newest' | 'oldest';
}

const MARK_LENGTH = 16;
const SEPARATOR = '.';

/** A cursor goes on with the list that it came from: with other filters it would skip rows that were never shown. */
export function encodeHistoryCursor(filter: HistoryFilter, id: string): string {
  return encodeCursor(`${id}${SEPARATOR}${toMark(filter)}`);
}

/**
 * The id that the page before ended with; null for the first page.
 * @throws DomainError `request.invalid` for a cursor of another filter or order.
 */
export function readHistoryCursor(filter: HistoryFilter, { after }: PageRequest): string | null {
  if (after === null) return null;
  const [id, mark, ...rest] = after.split(SEPARATOR);
  if (!isId(id) || mark !== toMark(filter) || rest.length > 0) {
    throw DomainError.invalid(
      'cursor',
      'must be the next_cursor of the page before, with the same filters and order; leave it out to begin anew',
    );
  }
  return id;
}

function toMark(filter: HistoryFilter): string {
  const names = Object.keys(filter).sort();
  const hash = createHash('sha256').update(JSON.stringify(filter, names));
  return hash.digest('hex').slice(0, MARK_LENGTH);
}

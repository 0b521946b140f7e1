import { DomainError } from '../../common/domain-error.js';
import { toPageRequest } from '../../common/page.js';

const VERSION_FORM = /^[1-9]\d{0,8}$/;

/**
 * A page of versions, which are found by their number.
 * @throws DomainError `request.invalid` naming the field
 */
export function toVersionsRequest(query: { limit?: unknown; cursor?: unknown }): {
  limit: number;
  before: number | null;
} {
  const { limit, after } = toPageRequest(query);
  if (after === null) return { limit, before: null };
  if (VERSION_FORM.test(after)) return { limit, before: Number(after) };
  throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
}

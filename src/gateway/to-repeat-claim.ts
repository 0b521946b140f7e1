import { toFingerprint } from '../generations/domain/fingerprint.js';
import { toRepetition } from '../generations/domain/idempotency.js';
import type { RepeatClaim } from '../inference/repeats/repeat-claim.js';

/** A request for text as it came. */
export interface RepeatableRequest {
  /** The user or the API key. */
  callerId: string;
  /** The space that pays. */
  searchSpaceId: string;
  /** `POST /v1/embeddings` */
  route: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

/**
 * @returns null = the request does not say that it may come again
 * @throws DomainError `request.invalid` for a malformed Idempotency-Key
 */
export function toRepeatClaim(request: RepeatableRequest): RepeatClaim | null {
  const { callerId, searchSpaceId, route, headers, body } = request;
  const { key } = toRepetition(headers);
  if (key === null) return null;
  const fingerprint = toFingerprint({ body, search_space_id: searchSpaceId });
  return { callerId, route, key, fingerprint };
}

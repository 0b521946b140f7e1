import type { Caller } from '../common/caller.js';

/** What an answer tells the caller about their limits. */
export type LimitHeaders = Readonly<Record<string, string | number>>;

/** Counts a caller's requests. The edge owns this port, the throttle room implements it. */
export abstract class RequestLimiter {
  /**
   * Counts one request of a known caller against every limit they have, or against none.
   * @param tell takes the headers of the answer, also where this throws
   * @throws DomainError `request.throttled`
   */
  abstract admit(caller: Caller, tell: (headers: LimitHeaders) => void): Promise<void>;
}

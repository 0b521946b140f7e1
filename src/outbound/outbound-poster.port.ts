export interface OutboundPostOptions {
  /** UTF-8. */
  body: string;
  /** Besides `content-type` (JSON unless given) and `user-agent`, which are always sent. */
  headers: Readonly<Record<string, string>>;
  /** From the call to the end of the answer. */
  timeoutMs: number;
  /** Gives the request up; the error is then the signal's reason. */
  signal?: AbortSignal;
}

/** How a host answered. */
export interface OutboundReceipt {
  /** Also a redirect: none is followed. */
  status: number;
  /** As the header has it; undefined = there was none. */
  retryAfter: string | undefined;
  /** The beginning of the answer read as UTF-8; empty for nothing. May hold anything, and what was sent, echoed. */
  text: string;
}

/** Of an answer, at most so much is read; what comes after is not waited for. */
export const RECEIPT_BYTES_MAX = 65_536;

/**
 * Sends a body to a URL that a caller supplied: no cookies, no credentials, no redirect. The host is checked and pinned
 * for each request, on a connection of its own. Port and injection token.
 */
export abstract class OutboundPoster {
  /**
   * The status is the answer: a body that is too long, too slow or cut off takes nothing from it.
   * @throws DomainError `outbound.url_refused` (details: `rule`) before anything is sent to the host;
   *   `outbound.fetch_failed` (details: `reason`), after which the host may or may not have got it.
   */
  abstract post(url: string, options: OutboundPostOptions): Promise<OutboundReceipt>;
}

export interface OutboundFetchOptions {
  /** Most bytes of the body, counted after decompression as well as before. */
  maxBytes: number;
  /** From the call to the last byte of the body, redirects included. */
  timeoutMs: number;
  /** Longest wait for the next sign of life from the host. Default 10,000. */
  idleTimeoutMs?: number;
  /** Value of the Accept header. Default: anything. */
  accept?: string;
  /** Asks a list of known passwords for answers of one size, so that an onlooker cannot tell them apart. */
  withPadding?: boolean;
  /** Gives the fetch up; the error is then the signal's reason. */
  signal?: AbortSignal;
  /** The URL is at the origin of a connection that operators set up: the hosts of OUTBOUND_ALLOW_HOUSE are open as well. */
  isHouse?: boolean;
  /** There is no such switch: only the operator's OUTBOUND_ALLOW opens a private address. */
  allowPrivate?: never;
}

export interface OutboundResponse {
  /** As the last host gave it, also 4xx and 5xx; never a redirect that can be followed. */
  status: number;
  /** Only names in lower case that say something about the content. */
  headers: Readonly<Partial<Record<OutboundHeader, string>>>;
  /** Decoded bytes, to be read once. Throws `outbound.fetch_failed` past a limit or when the host breaks off. */
  body: AsyncIterable<Uint8Array>;
  finalUrl: string;
  /** Gives the body up without reading it. Needed only when the body is not read. */
  discard(): void;
}

export const OUTBOUND_HEADERS = ['content-type', 'content-length', 'etag', 'retry-after'] as const;
export type OutboundHeader = (typeof OUTBOUND_HEADERS)[number];

/**
 * Fetches a URL that a caller, a vendor or an operator supplied, and nothing else: no cookies, no credentials,
 * GET only. Hosts are checked at every hop and pinned to the address that was checked. Port and injection token.
 */
export abstract class OutboundFetcher {
  /**
   * May be repeated.
   * @throws DomainError `outbound.url_refused` (details: `rule`, `setting`) before anything is sent to the host;
   *   `outbound.fetch_failed` (details: `reason`).
   */
  abstract fetch(url: string, options: OutboundFetchOptions): Promise<OutboundResponse>;
}

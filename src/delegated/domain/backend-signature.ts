import { createHmac, timingSafeEqual } from 'node:crypto';

export const TIMESTAMP_HEADER = 'x-atelier-timestamp';
export const SIGNATURE_HEADER = 'x-atelier-signature';

export interface SignedParts {
  /** Seconds since 1970, as written in the header. */
  timestamp: string;
  method: string;
  /** As on the wire, with the query. */
  path: string;
  /** Empty for a request without one. */
  body: string;
}

/** HMAC-SHA256 over `timestamp.method.path.body`, in hex. */
export function signRequest(secret: string, parts: SignedParts): string {
  const text = [parts.timestamp, parts.method, parts.path, parts.body].join('.');
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** HMAC-SHA256 over `signature of the request.status.body`, in hex: a reply is good for its own request alone. */
export function signReply(
  secret: string,
  { requestSignature, status, body }: { requestSignature: string; status: number; body: string },
): string {
  const text = [requestSignature, status, body].join('.');
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Compares without telling how far they agree. */
export function isSameSignature(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

import { redact } from '../../common/redact.js';

const TEXT_LENGTH_MAX = 200;
const UNPRINTABLE = /[\p{C}\u2028\u2029]+/gu;

/** Where a login or a refresh came from, as the user is shown it. */
export interface SessionClient {
  address: string;
  /** What the client calls itself; null when it says nothing. Anybody can say anything. */
  userAgent: string | null;
}

/** The client's own words as they may be kept: one line, bounded, without a key that slipped in. */
export function toSessionClient(address: string, userAgent: string | undefined): SessionClient {
  const line = redact(userAgent ?? '').replaceAll(UNPRINTABLE, ' ');
  const text = line.trim().slice(0, TEXT_LENGTH_MAX);
  return { address: address.slice(0, TEXT_LENGTH_MAX), userAgent: text === '' ? null : text };
}

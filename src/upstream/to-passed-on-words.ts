import type { ProviderError } from '../providers/spec/provider.errors.js';

/** Longest piece of a vendor's words that a caller sees. */
export const PASSED_ON_CHARS_MAX = 1_000;
/** They may be signed addresses of pictures, ours or the vendor's. */
const ADDRESSES = /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi;
/** No NUL either, which the database does not store. */
const GAPS = /[\s\p{Cc}]+/gu;
/** A cut through a pair leaves half of it, which the database does not store. */
const HALF_PAIRS = /\p{Cs}/gu;
const STATUS_AHEAD = /^\d{3}\s+(?=\S)/;

/** The vendor's words as a caller may see them: one line without secrets and addresses; null = it said nothing. */
export function toPassedOnWords({ vendorWords }: ProviderError): string | null {
  if (vendorWords === null) return null;
  const line = vendorWords
    .replace(GAPS, ' ')
    .replace(STATUS_AHEAD, '')
    .replace(ADDRESSES, '[address]')
    .slice(0, PASSED_ON_CHARS_MAX)
    .replace(HALF_PAIRS, '')
    .trim();
  return line === '' ? null : line;
}

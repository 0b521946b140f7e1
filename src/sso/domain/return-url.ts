import { returnNotAllowed } from './sso.errors.js';

const RETURN_URL_LENGTH_MAX = 2_000;

/**
 * Where the browser goes once it is signed in: a path of ours, or an address of an origin that is allowed.
 * @param origins allowed ones, ours first
 * @throws DomainError `request.invalid` naming return_to
 */
export function toReturnUrl(text: string, origins: readonly string[]): string {
  const [own = ''] = origins;
  // Backslashes and control characters are read differently by browsers and servers.
  const isPlain = /^[\x21-\x5b\x5d-\x7e]+$/.test(text) && text.length <= RETURN_URL_LENGTH_MAX;
  if (!isPlain || !URL.canParse(text, own)) throw returnNotAllowed();
  const url = new URL(text, own);
  const isAllowed = origins.includes(url.origin) && url.username === '' && url.password === '';
  if (!isAllowed || !['https:', 'http:'].includes(url.protocol)) throw returnNotAllowed();
  return url.href;
}

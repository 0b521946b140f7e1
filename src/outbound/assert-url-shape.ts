import { urlRefused } from './outbound.errors.js';

const URL_LENGTH_MAX = 8_192;
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * Checks what can be seen of a URL without asking anyone: for early validation of a caller's field.
 * The guard checks the host, too, when the URL is fetched.
 * @throws DomainError `outbound.url_refused`.
 */
export function assertUrlShape(text: string): URL {
  if (text.length > URL_LENGTH_MAX) throw urlRefused('too_long');
  if (!URL.canParse(text)) throw urlRefused('malformed');
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) throw urlRefused('scheme');
  if (url.username !== '' || url.password !== '') throw urlRefused('credentials');
  return url;
}

/** The port a URL or a connection means, when it may be left out. */
export function toPort(protocol: string, port: string): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

import { KEY_PREFIX } from './api-key.js';

const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set(['api_key', 'key', 'access_token']);

/** Whether the query of a request target carries a credential by name, or any value that is one of our keys. */
export function hasKeyInQuery(url: string): boolean {
  const start = url.indexOf('?');
  if (start === -1) return false;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (CREDENTIAL_PARAMETERS.has(name.toLowerCase())) return true;
    if (value.trimStart().startsWith(KEY_PREFIX)) return true;
  }
  return false;
}

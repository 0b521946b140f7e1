import type { ProviderCredential } from '../spec/image-call.js';

const BASE_URL = 'http://localhost:11434';

/** One path at one server. */
export interface OllamaEndpoint {
  url: string;
  headers: Record<string, string>;
}

/** The base is the server's address; that of its API (`…/api`) is taken as well. A key is for servers that ask for one. */
export function toOllamaEndpoint(
  { baseUrl, apiKey, query }: ProviderCredential,
  path: '/api/chat' | '/api/embed',
): OllamaEndpoint {
  const base = (baseUrl ?? BASE_URL).replace(/\/+$/, '').replace(/\/api$/, '');
  const url = new URL(`${base}${path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return {
    url: url.href,
    headers: {
      'content-type': 'application/json',
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    },
  };
}

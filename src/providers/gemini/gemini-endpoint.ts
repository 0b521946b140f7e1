import type { ProviderCredential } from '../spec/image-call.js';

const BASE_URL = 'https://generativelanguage.googleapis.com/v1beta';

/** One path at one connection. */
export interface GeminiEndpoint {
  url: string;
  headers: Record<string, string>;
}

/**
 * A key goes into a header of its own, where no log of addresses sees it; a token of the cloud platform is a bearer's.
 * @param path below the base URL, with its own query where it has one
 */
export function toGeminiEndpoint(credential: ProviderCredential, path: string): GeminiEndpoint {
  const { baseUrl, query, apiKey, keyHeader } = credential;
  const url = new URL(`${baseUrl?.replace(/\/+$/, '') ?? BASE_URL}/${path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const bearer = apiKey !== null && keyHeader === 'authorization';
  return {
    url: url.href,
    headers: {
      'content-type': 'application/json',
      ...(bearer ? { authorization: `Bearer ${apiKey}` } : {}),
      ...(apiKey !== null && !bearer ? { 'x-goog-api-key': apiKey } : {}),
    },
  };
}

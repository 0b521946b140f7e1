import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ProviderCredential } from '../spec/image-call.js';

const BASE_URL = 'https://api.openai.com/v1';

/** One path at one connection, with the headers that every request of an attempt carries. */
export interface OpenaiEndpoint {
  url: string;
  headers: Record<string, string>;
}

/**
 * OpenAI's own address, Azure's (`…/openai/v1`, or `…/openai/deployments/NAME` with `api-version` in the query) and
 * those of compatible servers differ in the base alone.
 */
export function toOpenaiEndpoint(
  credential: ProviderCredential,
  path: string,
  attemptId: string,
): OpenaiEndpoint {
  const { apiKey, keyHeader = 'authorization', organization, project } = credential;
  const url = `${credential.baseUrl?.replace(/\/+$/, '') ?? BASE_URL}${path}`;
  const query = credential.query ? new URLSearchParams({ ...credential.query }).toString() : '';
  const key = apiKey === null ? {} : toKeyHeader(apiKey, keyHeader);
  return {
    url: query === '' ? url : `${url}?${query}`,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': attemptId,
      'x-client-request-id': attemptId,
      ...key,
      ...(organization ? { 'openai-organization': organization } : {}),
      ...(project ? { 'openai-project': project } : {}),
    },
  };
}

/** @param headers by names in lower case */
export function findOpenaiRequestId(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | null {
  const id = headers['x-request-id'] ?? headers['apim-request-id'];
  return toVendorRequestId(Array.isArray(id) ? id.join(', ') : (id ?? null));
}

function toKeyHeader(apiKey: string, keyHeader: string): Record<string, string> {
  return keyHeader === 'authorization'
    ? { authorization: `Bearer ${apiKey}` }
    : { [keyHeader]: apiKey };
}

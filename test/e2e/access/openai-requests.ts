/** What is sent to each route of the OpenAI address. */
import type { RouteRequest } from './route-requests.js';
import type { Ids } from './world.js';

const inSpace = { headers: ({ space }: Ids) => ({ 'x-search-space-id': space }) };

export const OPENAI_REQUESTS: Readonly<Record<string, RouteRequest>> = {
  'POST /v1/images/generations': {
    ...inSpace,
    body: () => ({ prompt: 'a lighthouse at dawn', size: '32x32' }),
  },
  'GET /v1/models': inSpace,
  'GET /v1/models/{model}': inSpace,
};

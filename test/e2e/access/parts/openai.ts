/** What is sent to each route of the OpenAI address. */
import type { Ids } from '../ids.js';
import type { AccessPart } from '../parts.js';

const inSpace = { headers: ({ space }: Ids) => ({ 'x-search-space-id': space }) };

/** 8 x 8 pixels. */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQI12M4Y2yMFTEMLQkACspMgcVey1oAAAAASUVORK5CYII=';

const REQUESTS: AccessPart<never>['requests'] = {
  'POST /v1/images/generations': {
    ...inSpace,
    body: () => ({ prompt: 'a lighthouse at dawn', size: '32x32' }),
  },
  'POST /v1/images/edits': {
    ...inSpace,
    body: () => ({ prompt: 'more fog', images: [{ image_url: PICTURE }] }),
  },
  'POST /v1/images/variations': inSpace,
  'POST /v1/chat/completions': {
    ...inSpace,
    body: () => ({ model: 'embedded-chat', messages: [{ role: 'user', content: 'hello' }] }),
  },
  'POST /v1/responses': {
    ...inSpace,
    body: () => ({
      model: 'embedded-chat',
      input: 'hello',
      tools: [{ type: 'generate_image', model: 'embedded-image' }],
    }),
  },
  'POST /v1/embeddings': {
    ...inSpace,
    body: () => ({ model: 'embedded-embedding', input: 'a lighthouse' }),
  },
  'POST /v1/moderations': {
    ...inSpace,
    body: () => ({ model: 'embedded-moderation', input: 'a lighthouse' }),
  },
  'GET /v1/models': inSpace,
  'GET /v1/models/{model}': inSpace,
};

export const openaiPart: AccessPart<never> = {
  requests: REQUESTS,
  byPath: [],
  create: async () => ({}),
  createRandom: () => ({}),
};

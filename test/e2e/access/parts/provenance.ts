/** What is sent to the routes that tell where pictures come from. */
import type { AccessPart } from '../parts.js';

const REQUESTS: AccessPart<never>['requests'] = {
  'PUT /api/v1/search-spaces/{spaceId}/provenance': {
    body: () => ({ mark_relayed: true, c2pa: false }),
  },
  'POST /api/v1/media/verify': {
    body: ({ space }) => ({ search_space_id: space, url: 'https://127.0.0.1/nothing.png' }),
  },
};

export const provenancePart: AccessPart<never> = {
  requests: REQUESTS,
  byPath: [],
  create: async () => ({}),
  createRandom: () => ({}),
};

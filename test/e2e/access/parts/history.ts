/** What generations are labelled with. */
import type { AccessPart } from '../parts.js';

const PATH = '/api/v1/image-generations/{id}';

export const historyPart: AccessPart<never> = {
  requests: {
    [`PUT ${PATH}/tags`]: { body: () => ({ tags: ['hero'] }) },
    'GET /api/v1/image-generation-tags': { query: ({ space }) => ({ search_space_id: space }) },
  },
  byPath: [],
  create: async () => ({}),
  createRandom: () => ({}),
};

/** Several pictures at once. */
import { newId } from '../../../../src/common/ids.js';
import { must } from '../../../setup/people.js';
import type { AccessPart } from '../parts.js';

const picture = { prompt: 'a lighthouse at dawn', size: '32x32' };

export const batchesPart: AccessPart<'batch'> = {
  requests: {
    'POST /api/v1/image-generations/quick': {
      body: ({ space }) => ({ search_space_id: space, prompt: 'a lighthouse at dawn' }),
    },
    'POST /api/v1/image-generations/batch': {
      body: ({ space }) => ({ search_space_id: space, requests: [picture] }),
    },
  },
  byPath: [['/api/v1/image-generations/batches/', 'batch']],
  create: async ({ atelier, owner, space }) => {
    const path = '/api/v1/image-generations/batch';
    const body = { search_space_id: space, requests: [picture] };
    return { batch: (await must(atelier, 201, 'POST', path, body, owner.session)).id };
  },
  createRandom: () => ({ batch: newId() }),
};

/** Try-ons: the façade, what spaces declare, and the records of why people are shown. */
import { newId } from '../../../../src/common/ids.js';
import { must } from '../../../setup/people.js';
import type { Ids } from '../ids.js';
import type { AccessPart } from '../parts.js';

/** 8 x 8 pixels. */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQI12M4Y2yMFTEMLQkACspMgcVey1oAAAAASUVORK5CYII=';

export const tryOnPart: AccessPart<'consent'> = {
  requests: {
    'POST /api/v1/create-image': {
      headers: ({ space }: Ids) => ({ 'x-search-space-id': space }),
      body: () => ({ user_id: 'shopper-7', catalog_id: 'coat-7' }),
    },
    'GET /api/v1/try-on/consents': { query: ({ space }: Ids) => ({ search_space_id: space }) },
    'PUT /api/v1/search-spaces/{spaceId}/try-on-consent': {
      body: () => ({ declares: true, text_version: 'shop-terms-1' }),
    },
  },
  byPath: [['/api/v1/try-on/consents/', 'consent']],
  create: async ({ atelier, owner, space }) => {
    const body = {
      search_space_id: space,
      operation: 'try_on',
      size: '32x32',
      reference_images: [{ data: PICTURE }, { data: PICTURE }],
      consent: { subject: 'self', basis: 'consent' },
    };
    await must(atelier, 201, 'POST', '/api/v1/image-generations', body, owner.session);
    const path = `/api/v1/try-on/consents?search_space_id=${space}`;
    const page = await must(atelier, 200, 'GET', path, undefined, owner.session);
    return { consent: String(page.data[0].id) };
  },
  createRandom: () => ({ consent: newId() }),
};

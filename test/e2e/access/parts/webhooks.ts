/** What is sent to the routes of webhooks. Nobody listens at the address: the name is one that never resolves. */
import { expect } from 'vitest';
import { newId } from '../../../../src/common/ids.js';
import { request } from '../../../setup/application.js';
import { must } from '../../../setup/people.js';
import type { AccessPart } from '../parts.js';

type Names = 'webhook' | 'webhookDelivery';

const WEBHOOKS = '/api/v1/webhooks';
const TARGET = { url: 'https://hooks.invalid/atelier', events: ['generation.failed'] };

export const webhooksPart: AccessPart<Names> = {
  requests: {
    'POST /api/v1/webhooks': {
      body: ({ space }) => ({ ...TARGET, search_space_id: space }),
    },
    'GET /api/v1/webhooks': { query: ({ space }) => ({ search_space_id: space }) },
    'PATCH /api/v1/webhooks/{id}': { body: () => ({ description: 'Somebody else’s' }) },
    'DELETE /api/v1/webhooks/{id}': {
      prepare: async ({ atelier, cast, ids }) => {
        const body = { ...TARGET, search_space_id: ids.space };
        const made = await must(atelier, 201, 'POST', WEBHOOKS, body, cast.owner.session);
        return { webhook: made.id };
      },
    },
    'POST /api/v1/webhooks/{id}/rotate-secret': { body: () => ({ overlap_s: 60 }) },
  },
  byPath: [['/api/v1/webhooks/', 'webhook']],
  async create({ atelier, owner, space }) {
    const call = async (path: string, body?: object) => {
      const answer = await request(`${atelier.baseUrl}${path}`, 'POST', body, owner.session);
      expect(answer).toMatchObject({ status: expect.toSatisfy((status) => status < 300) });
      return answer.body.id as string;
    };
    const webhook = await call(WEBHOOKS, { ...TARGET, search_space_id: space });
    return { webhook, webhookDelivery: await call(`${WEBHOOKS}/${webhook}/test`) };
  },
  createRandom: () => ({ webhook: newId(), webhookDelivery: newId() }),
};

/** What is sent to the routes of prompts and their templates. */
import { newId } from '../../../../src/common/ids.js';
import { must } from '../../../setup/people.js';
import type { AccessPart } from '../parts.js';

const TEMPLATES = '/api/v1/prompt-templates';

const inSpace = { query: ({ space }: { space: string }) => ({ search_space_id: space }) };

function toTemplate(space: string) {
  return { search_space_id: space, name: newId(), template: 'a {{subject}} at dawn' };
}

export const promptsPart: AccessPart<'promptTemplate'> = {
  requests: {
    'POST /api/v1/prompts/validate': {
      body: ({ space }) => ({ search_space_id: space, prompt: 'a lighthouse at dawn' }),
    },
    'GET /api/v1/prompts/optimizer/health': inSpace,
    'GET /api/v1/prompts/optimizer/effectiveness': inSpace,
    'POST /api/v1/prompt-templates': { body: ({ space }) => toTemplate(space) },
    'GET /api/v1/prompt-templates': inSpace,
    'PATCH /api/v1/prompt-templates/{id}': { body: () => ({ description: 'For the windows' }) },
    'POST /api/v1/prompt-templates/{id}/render': {
      body: () => ({ variables: { subject: 'lighthouse' } }),
    },
    'DELETE /api/v1/prompt-templates/{id}': {
      prepare: async ({ atelier, cast, ids }) => {
        const { session } = cast.owner;
        const made = await must(atelier, 201, 'POST', TEMPLATES, toTemplate(ids.space), session);
        return { promptTemplate: made.id };
      },
    },
  },
  byPath: [[`${TEMPLATES}/`, 'promptTemplate']],
  create: async ({ atelier, owner, space }) => {
    const made = await must(atelier, 201, 'POST', TEMPLATES, toTemplate(space), owner.session);
    return { promptTemplate: made.id };
  },
  createRandom: () => ({ promptTemplate: newId() }),
};

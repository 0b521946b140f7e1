/** What is sent to the routes of retention, legal holds and cleanups. */
import { newId } from '../../../../src/common/ids.js';
import { ManagedDataSource } from '../../../../src/persistence/managed-data-source.js';
import { operatorOf } from '../../../setup/people.js';
import type { TestApplication } from '../../../setup/application.js';
import type { AccessPart } from '../parts.js';

/** Of what was made before anybody could: it keeps nothing, but the space. */
const HOLD = { reason: 'Case 1', scope: 'space', to: '2000-01-01T00:00:00Z' };

async function send(atelier: TestApplication, path: string, body: object): Promise<string> {
  const answer = await atelier.call('POST', `/api/v1/${path}`, body, operatorOf(atelier));
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status}`);
  return answer.body.id as string;
}

const placeHold = (atelier: TestApplication, space: string): Promise<string> =>
  send(atelier, `search-spaces/${space}/legal-holds`, HOLD);

/** One is under way at a time, and no worker need come to its end here. */
async function endScans(atelier: TestApplication): Promise<void> {
  await atelier.app.get(ManagedDataSource).query(
    `UPDATE storage_scans SET state = 'repaired', finished_at = now()
      WHERE state IN ('scanning', 'repairing')`,
  );
}

/** That has ended, and can be repaired. */
async function addScan(atelier: TestApplication): Promise<string> {
  await endScans(atelier);
  const id = newId();
  await atelier.app.get(ManagedDataSource).query(
    `INSERT INTO storage_scans (id, state, grace_before, created_at, scanned_at, finished_at)
     VALUES ($1, 'scanned', now(), now(), now(), now())`,
    [id],
  );
  return id;
}

export const retentionPart: AccessPart<'legalHold' | 'cleanup' | 'houseCleanup' | 'scan'> = {
  requests: {
    'PUT /api/v1/search-spaces/{spaceId}/retention': { body: () => ({ failed_days: 30 }) },
    'POST /api/v1/search-spaces/{spaceId}/legal-holds': { body: () => HOLD },
    'POST /api/v1/search-spaces/{spaceId}/legal-holds/{id}/lift': {
      body: () => ({ reason: 'Over' }),
      prepare: async ({ atelier, ids: { space } }) => ({
        legalHold: await placeHold(atelier, space),
      }),
    },
    'PUT /api/v1/search-spaces/{spaceId}/storage-quota': {
      body: () => ({ max_bytes: 1_000_000_000_000 }),
    },
    'GET /api/v1/storage/stats': { query: ({ space }) => ({ search_space_id: space }) },
    'GET /api/v1/storage/stats/collections': { query: ({ space }) => ({ search_space_id: space }) },
    'POST /api/v1/storage/cleanup': { body: ({ space }) => ({ search_space_id: space }) },
    'POST /api/v1/ops/storage/cleanup': { body: () => ({ older_than_days: 1 }) },
    'POST /api/v1/ops/storage/scans': {
      body: () => ({ grace_h: 24 }),
      prepare: async ({ atelier }) => (await endScans(atelier), {}),
    },
    'POST /api/v1/ops/storage/scans/{id}/repair': {
      prepare: async ({ atelier }) => ({ scan: await addScan(atelier) }),
    },
  },
  byPath: [
    ['/api/v1/search-spaces/{spaceId}/legal-holds/', 'legalHold'],
    ['/api/v1/storage/cleanups/', 'cleanup'],
    ['/api/v1/ops/storage/cleanups/', 'houseCleanup'],
    ['/api/v1/ops/storage/scans/', 'scan'],
  ],
  async create({ atelier, owner, space }) {
    const asked = { search_space_id: space };
    const plan = await atelier.call('POST', '/api/v1/storage/cleanup', asked, owner.session);
    return {
      legalHold: await placeHold(atelier, space),
      cleanup: plan.body.id as string,
      houseCleanup: await send(atelier, 'ops/storage/cleanup', {}),
      scan: await addScan(atelier),
    };
  },
  createRandom: () => ({
    legalHold: newId(),
    cleanup: newId(),
    houseCleanup: newId(),
    scan: newId(),
  }),
};

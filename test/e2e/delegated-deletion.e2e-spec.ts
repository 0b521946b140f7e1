// Proves that users of a remote backend are told that their space is gone, known ones and new ones alike.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sql } from '../../src/persistence/sql.port.js';
import { ADMIN_EMAIL, ADMIN_PASSWORD } from '../setup/application.js';
import { type DelegatedApplication, startDelegated } from '../setup/delegated-application.js';
import { expectProblem } from '../setup/expect-error.js';

const GONE_WITHIN = { timeout: 45_000, interval: 100 };
const TEST_MS = 90_000;
const MISSING = { status: 404, code: 'request.not_found' };

let atelier: DelegatedApplication;

beforeAll(async () => {
  atelier = await startDelegated({ LOGIN_RPM: '100000', RECONCILE_EVERY_S: '1' });
});
afterAll(() => atelier.stop());

it(
  'a space that is being deleted, and one that is gone, is missing for its delegated users',
  async () => {
    const known = atelier.shopper();
    const picture = { model: 'embedded-image', prompt: 'a red coat', size: '64x64' };
    const make = (headers: object) =>
      atelier.call('POST', '/api/v1/image-generations', picture, headers);
    expect((await make(known.headers)).status).toBe(201);
    const credentials = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const { body } = await atelier.call('POST', '/api/v1/auth/login', credentials, {});
    const session = { authorization: `Bearer ${body.access_token}` };
    const space = `/api/v1/search-spaces/${atelier.spaceId}`;
    expect((await atelier.call('DELETE', space, undefined, session)).status).toBe(202);
    for (const { headers } of [known, atelier.shopper()]) {
      expectProblem(await make(headers), MISSING);
    }
    const find = () =>
      atelier.app
        .get(Sql)
        .query('test_find_space', 'SELECT id FROM search_spaces WHERE id = $1', [atelier.spaceId]);
    await expect.poll(find, GONE_WITHIN).toEqual([]);
    for (const { headers } of [known, atelier.shopper()]) {
      expectProblem(await make(headers), MISSING);
    }
  },
  TEST_MS,
);

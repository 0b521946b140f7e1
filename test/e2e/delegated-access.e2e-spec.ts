// Proves, route by route of the table in access/access-matrix.ts, that users of the remote backend do no more than an API
// key may: no route of people or operators, and nothing of any space but the one they are let into.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_EMAIL, ADMIN_PASSWORD, type Answer, request } from '../setup/application.js';
import { type DelegatedApplication, startDelegated } from '../setup/delegated-application.js';
import { MATRIX } from './access/access-matrix.js';
import { toRequest } from './access/route-requests.js';
import { createRandomIds, type Credentials, type Ids } from './access/world.js';

const PEOPLES = [...MATRIX].filter(([, row]) => row.full === '403').map(([route]) => route);
const TENANTS = [...MATRIX]
  .filter(([, row]) => row.full === 'ok' && row.foreign === '404')
  .map(([route]) => route);

let delegated: DelegatedApplication;
let shopper: Credentials;
/** A space of the same service that the backend has nothing to do with. */
let other: Ids;

beforeAll(async () => {
  delegated = await startDelegated({ LOGIN_RPM: '100000' });
  shopper = delegated.shopper(1_000_000).headers;
  const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
  const { body } = await delegated.call('POST', '/api/v1/auth/login', login, {});
  const operator = { authorization: `Bearer ${body.access_token}` };
  const space = await delegated.call('POST', '/api/v1/search-spaces', { name: 'Other' }, operator);
  const name = { name: 'Theirs', search_space_id: space.body.id };
  const collection = await delegated.call('POST', '/api/v1/collections', name, operator);
  const query = `?search_space_id=${space.body.id}`;
  const wallets = await delegated.call(
    'GET',
    `/api/v1/billing/wallets${query}`,
    undefined,
    operator,
  );
  other = {
    ...createRandomIds(),
    space: space.body.id,
    collection: collection.body.id,
    wallet: wallets.body.data[0].id,
  };
});
afterAll(async () => {
  await delegated.stop();
});

function send(route: string, ids: Ids): Promise<Answer> {
  const { method, path, body, headers } = toRequest(route, ids);
  return request(`${delegated.baseUrl}${path}`, method, body, { ...headers, ...shopper });
}

describe('a user of the remote backend', () => {
  it('is known here, and makes pictures in the space they are let into', async () => {
    const ids = { ...other, space: delegated.spaceId };
    const { status, body } = await send('POST /api/v1/image-generations', ids);
    expect({ status, body }).toMatchObject({ status: 201, body: { search_space_id: ids.space } });
  });

  it.each(PEOPLES)('is no person: %s', async (route) => {
    const { status, body } = await send(route, { ...other, space: delegated.spaceId });
    // Operators' keys may have a scope for it; nobody else's.
    const code = expect.stringMatching(/^auth\.(session_required|scope_missing)$/);
    expect({ status, code: body.code }).toEqual({ status: 403, code });
  });

  it.each(TENANTS)('is of no other space: %s', async (route) => {
    const { status, body } = await send(route, other);
    expect({ status, body }).toMatchObject({
      status: expect.toSatisfy((code: number) => code === 404 || code === 403),
    });
    expect(JSON.stringify(body)).not.toContain('Theirs');
  });
});

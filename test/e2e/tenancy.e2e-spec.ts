// Proves that what belongs to a space is for its members, by their roles, and for its keys, by their scopes: to all
// others it is as good as missing, whatever they call.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import * as people from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const OPENAI = '/v1/images/generations';
const WALLETS = '/api/v1/billing/wallets';
const USAGE = '/api/v1/billing/usage';
const SMALL = { prompt: 'a secret plan', size: '32x32' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };
/** A change of rights is to reach every process by then. */
const REACH_MS = 1_000;

type Credentials = Record<string, string>;

let atelier: TestApplication;
let operator: Credentials;
/** Of the first space. */
let theirs: Answer['body'];
let walletId: string;

beforeAll(async () => {
  atelier = await startApplication();
  operator = people.operatorOf(atelier);
  theirs = await people.must(atelier, 201, 'POST', GENERATIONS, SMALL, atelier.key);
  const wallets = await people.must(atelier, 200, 'GET', WALLETS, undefined, atelier.key);
  walletId = wallets.data[0].id;
});
afterAll(async () => {
  await atelier.stop();
});

function as(
  credentials: Credentials,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  return atelier.call(method, path, body, credentials);
}

/** What the answer says, apart from what differs from request to request. */
function withoutTraces({ status, body }: Answer): object {
  return { status, ...body, request_id: null, instance: null };
}

async function createMember(name: string, role: string): Promise<people.Person> {
  const person = await people.createPerson(atelier, name);
  await people.addMember(atelier, person, role);
  return person;
}

describe('an outsider', () => {
  let ada: people.Person;
  let adasSpace: string;
  let adasKey: Credentials;

  beforeAll(async () => {
    ada = await people.createPerson(atelier, 'ada');
    adasSpace = await people.createSpace(atelier, ada);
    adasKey = (await people.createKey(atelier, ada.session, adasSpace)).headers;
  });

  const faces = (): Credentials[] => [ada.session, adasKey];

  it.each([
    ['GET', (id: string) => `${GENERATIONS}/${id}`],
    ['DELETE', (id: string) => `${GENERATIONS}/${id}`],
    ['POST', (id: string) => `${GENERATIONS}/${id}/cancel`],
  ])('gets the 404 of a missing generation on %s of a foreign one', async (method, toPath) => {
    for (const credentials of faces()) {
      const foreign = await as(credentials, method, toPath(theirs.id));
      expectProblem(foreign, NOT_FOUND);
      const missing = await as(credentials, method, toPath(newId()));
      expect(withoutTraces(foreign)).toEqual(withoutTraces(missing));
    }
    expect((await as(atelier.key, 'GET', `${GENERATIONS}/${theirs.id}`)).body.status).toBe(
      'succeeded',
    );
  });

  it.each([
    ['wallet', (id: string) => `${WALLETS}?search_space_id=${id}`],
    ['usage', (id: string) => `${USAGE}?search_space_id=${id}`],
    ['generations', (id: string) => `${GENERATIONS}?search_space_id=${id}`],
    ['space itself', (id: string) => `/api/v1/search-spaces/${id}`],
    ['rights', (id: string) => `/api/v1/search-spaces/${id}/my-access`],
  ])('gets the 404 of a missing space for the %s of a foreign one', async (_title, toPath) => {
    for (const credentials of faces()) {
      const foreign = await as(credentials, 'GET', toPath(atelier.spaceId));
      expectProblem(foreign, NOT_FOUND);
      const missing = await as(credentials, 'GET', toPath(newId()));
      expect(withoutTraces(foreign)).toEqual(withoutTraces(missing));
    }
  });

  it('finds no ledger, no members and no keys of a foreign space', async () => {
    for (const credentials of faces()) {
      expectProblem(await as(credentials, 'GET', `${WALLETS}/${walletId}/ledger`), NOT_FOUND);
    }
    const space = `/api/v1/search-spaces/${atelier.spaceId}`;
    expectProblem(await as(ada.session, 'GET', `${space}/members`), NOT_FOUND);
    expectProblem(await as(ada.session, 'GET', `${space}/roles`), NOT_FOUND);
    expectProblem(await as(ada.session, 'PATCH', space, { name: 'Mine' }), NOT_FOUND);
    const keys = `/api/v1/api-keys?search_space_id=${atelier.spaceId}`;
    expectProblem(await as(ada.session, 'GET', keys), NOT_FOUND);
    const newKey = { name: 'A key', search_space_id: atelier.spaceId };
    expectProblem(await as(ada.session, 'POST', '/api/v1/api-keys', newKey), NOT_FOUND);
  });

  it('makes no picture at the expense of a foreign space, by body or header', async () => {
    const wallet = async () => (await as(atelier.key, 'GET', WALLETS)).body.data[0];
    const before = await wallet();
    for (const credentials of faces()) {
      const body = { ...SMALL, search_space_id: atelier.spaceId };
      expectProblem(await as(credentials, 'POST', GENERATIONS, body), NOT_FOUND);
      const header = { ...credentials, 'x-search-space-id': atelier.spaceId };
      expectProblem(await as(header, 'POST', GENERATIONS, SMALL), NOT_FOUND);
      expectOpenaiError(await as(header, 'POST', OPENAI, SMALL), NOT_FOUND);
    }
    expect(await wallet()).toEqual(before);
  });

  it('cannot work from a foreign picture: its id is as good as missing', async () => {
    const ask = (mediaId: string) => {
      const reference_images = [{ media_id: mediaId }];
      const body = { ...SMALL, operation: 'edit', search_space_id: adasSpace, reference_images };
      return as(ada.session, 'POST', GENERATIONS, body);
    };
    const foreign = await ask(theirs.images[0].id);
    const field = 'reference_images[0].media_id';
    expectProblem(foreign, { status: 400, code: 'request.invalid', field });
    expect(withoutTraces(foreign)).toEqual(withoutTraces(await ask(newId())));
  });

  it('sees its own and nothing else in every list', async () => {
    const mine = await as(ada.session, 'POST', GENERATIONS, {
      ...SMALL,
      search_space_id: adasSpace,
    });
    expect(mine.status).toBe(201);
    for (const credentials of faces()) {
      const { body } = await as(credentials, 'GET', GENERATIONS);
      expect(body.data.map(({ id }: { id: string }) => id)).toEqual([mine.body.id]);
      const spaces = await as(credentials, 'GET', '/api/v1/search-spaces');
      expect(spaces.body.data.map(({ id }: { id: string }) => id)).toEqual([adasSpace]);
    }
    const usage = await as(adasKey, 'GET', USAGE);
    expect(usage.body.data).toHaveLength(1);
    expect(usage.body.data[0]).toMatchObject({ generation_id: mine.body.id });
    expectProblem(await as(atelier.key, 'GET', `${GENERATIONS}/${mine.body.id}`), NOT_FOUND);
  });

  it('is also who operates the service: no right in spaces of others', async () => {
    const mine = await as(adasKey, 'POST', GENERATIONS, SMALL);
    expectProblem(await as(operator, 'GET', `${GENERATIONS}/${mine.body.id}`), NOT_FOUND);
    expectProblem(await as(operator, 'DELETE', `${GENERATIONS}/${mine.body.id}`), NOT_FOUND);
    expectProblem(await as(operator, 'GET', `${USAGE}?search_space_id=${adasSpace}`), NOT_FOUND);
  });

  it('gives itself no money', async () => {
    const { body } = await as(adasKey, 'GET', WALLETS);
    const grants = `${WALLETS}/${body.data[0].id}/grants`;
    const gift = { amount_micros: 1, reason: 'For me' };
    const forOperators = { status: 403, code: 'rbac.operator_required' };
    expectProblem(await as(ada.session, 'POST', grants, gift), forOperators);
    expectProblem(await as(adasKey, 'POST', grants, gift), {
      status: 403,
      code: 'auth.session_required',
    });
  });
});

describe('roles', () => {
  it('let a Viewer look, and name the permission that is lacking for more', async () => {
    const { session } = await createMember('viewer', 'Viewer');
    const body = { ...SMALL, search_space_id: atelier.spaceId };
    expect((await as(session, 'GET', `${GENERATIONS}/${theirs.id}`)).status).toBe(200);
    const listed = await as(session, 'GET', `${GENERATIONS}?search_space_id=${atelier.spaceId}`);
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toContain(theirs.id);
    const denied = { status: 403, code: 'rbac.permission_denied' };
    const header = { ...session, 'x-search-space-id': atelier.spaceId };
    const refusals: [Answer, string][] = [
      [await as(session, 'POST', GENERATIONS, body), 'image_generations:create'],
      [await as(session, 'POST', `${GENERATIONS}/${theirs.id}/cancel`), 'image_generations:create'],
      [await as(session, 'DELETE', `${GENERATIONS}/${theirs.id}`), 'image_generations:delete'],
    ];
    for (const [answer, permission] of refusals) {
      expectProblem(answer, denied);
      expect(answer.body.detail).toContain(permission);
      expect(answer.body.permission).toBe(permission);
    }
    const openai = await as(header, 'POST', OPENAI, SMALL);
    expectOpenaiError(openai, denied);
    expect(openai.body.error.type).toBe('permission_error');
  });

  it('let an Editor make pictures and delete none; the owner may', async () => {
    const { session } = await createMember('editor', 'Editor');
    const made = await as(session, 'POST', GENERATIONS, {
      ...SMALL,
      search_space_id: atelier.spaceId,
    });
    expect(made.status).toBe(201);
    const path = `${GENERATIONS}/${made.body.id}`;
    const refused = await as(session, 'DELETE', path);
    expectProblem(refused, { status: 403, code: 'rbac.permission_denied' });
    expect(refused.body.permission).toBe('image_generations:delete');
    expect((await as(operator, 'DELETE', path)).status).toBe(200);
  });

  it('change within a second, for sessions and for the keys their holders made', async () => {
    const member = await createMember('rising', 'Viewer');
    const scopes = { scopes: ['images.read'] };
    const key = await people.createKey(atelier, member.session, atelier.spaceId, scopes);
    const body = { ...SMALL, search_space_id: atelier.spaceId };
    const path = `/api/v1/search-spaces/${atelier.spaceId}/members/${member.id}`;
    expect((await as(member.session, 'POST', GENERATIONS, body)).status).toBe(403);
    await people.must(atelier, 200, 'PATCH', path, { role: 'Editor' }, operator);
    await sleep(REACH_MS);
    expect((await as(member.session, 'POST', GENERATIONS, body)).status).toBe(201);
    await people.must(atelier, 204, 'DELETE', path, undefined, operator);
    await sleep(REACH_MS);
    expectProblem(await as(member.session, 'GET', `${GENERATIONS}/${theirs.id}`), NOT_FOUND);
    expectProblem(await as(key.headers, 'GET', `${GENERATIONS}/${theirs.id}`), NOT_FOUND);
    expect((await as(member.session, 'GET', GENERATIONS)).body.data).toEqual([]);
  });
});

describe('keys', () => {
  const create = (more: object = {}, spaceId = atelier.spaceId) =>
    people.createKey(atelier, operator, spaceId, more);

  it('do what their scopes say, and name the one that is lacking', async () => {
    const lacking = { status: 403, code: 'auth.scope_missing' };
    const reader = (await create({ scopes: ['images.read'] })).headers;
    expect((await as(reader, 'GET', `${GENERATIONS}/${theirs.id}`)).status).toBe(200);
    const refusals: [Answer, string][] = [
      [await as(reader, 'POST', GENERATIONS, SMALL), 'images.generate'],
      [await as(reader, 'DELETE', `${GENERATIONS}/${theirs.id}`), 'images.delete'],
      [await as(reader, 'GET', WALLETS), 'billing.read'],
      [await as(reader, 'GET', USAGE), 'billing.read'],
    ];
    for (const [answer, scope] of refusals) {
      expectProblem(answer, lacking);
      expect(answer.body.detail).toContain(scope);
    }
    const openai = await as(reader, 'POST', OPENAI, SMALL);
    expectOpenaiError(openai, lacking);
    const maker = (await create({ scopes: ['images.generate'] })).headers;
    const made = await as(maker, 'POST', GENERATIONS, SMALL);
    expect(made.status).toBe(201);
    expectProblem(await as(maker, 'GET', `${GENERATIONS}/${made.body.id}`), lacking);
    expect((await as(maker, 'GET', GENERATIONS)).body.data).toEqual([]);
    const remover = (await create({ scopes: ['images.delete'] })).headers;
    expect((await as(remover, 'DELETE', `${GENERATIONS}/${made.body.id}`)).status).toBe(200);
  });

  it('may not change money, keys, roles or members, whatever their scopes', async () => {
    const space = `/api/v1/search-spaces/${atelier.spaceId}`;
    const forSessions = { status: 403, code: 'auth.session_required' };
    for (const [method, path, body] of [
      ['POST', '/api/v1/api-keys', { name: 'x', search_space_id: atelier.spaceId }],
      ['GET', '/api/v1/api-keys', undefined],
      ['POST', `${space}/members`, { email: 'a@example.com' }],
      ['PATCH', space, { name: 'x' }],
      ['POST', `${WALLETS}/${walletId}/grants`, { amount_micros: 1, reason: 'x' }],
      ['POST', '/api/v1/users', { email: 'b@example.com', password: 'x', name: 'b' }],
    ] as const) {
      expectProblem(await as(atelier.key, method, path, body), forSessions);
    }
  });

  it('work in their own space alone, though their maker owns others', async () => {
    const made = { name: 'Another' };
    const { id } = await people.must(atelier, 201, 'POST', '/api/v1/search-spaces', made, operator);
    const other = (await create({}, id)).headers;
    expectProblem(await as(other, 'GET', `${GENERATIONS}/${theirs.id}`), NOT_FOUND);
    const body = { ...SMALL, search_space_id: atelier.spaceId };
    expectProblem(await as(other, 'POST', GENERATIONS, body), NOT_FOUND);
    expect((await as(other, 'GET', GENERATIONS)).body.data).toEqual([]);
    const own = await as(other, 'POST', GENERATIONS, SMALL);
    expectProblem(own, { status: 402, code: 'billing.insufficient_balance' });
  });

  it('end within a second when they are revoked, and at their expiry', async () => {
    const revoked = await create();
    const expires = new Date(Date.now() + 1_500).toISOString();
    const expiring = await create({ expires_at: expires });
    for (const { headers } of [revoked, expiring]) {
      expect((await as(headers, 'GET', GENERATIONS)).status).toBe(200);
    }
    await people.must(
      atelier,
      204,
      'DELETE',
      `/api/v1/api-keys/${revoked.id}`,
      undefined,
      operator,
    );
    await sleep(REACH_MS);
    const invalid = { status: 401, code: 'auth.credentials_invalid' };
    expectProblem(await as(revoked.headers, 'GET', GENERATIONS), invalid);
    expectOpenaiError(await as(revoked.headers, 'POST', OPENAI, SMALL), invalid);
    await sleep(REACH_MS);
    const expired = await as(expiring.headers, 'GET', GENERATIONS);
    expectProblem(expired, { status: 401, code: 'auth.key_expired' });
  });

  it('stand still while their space has API access off; sessions and links go on', async () => {
    const space = `/api/v1/search-spaces/${atelier.spaceId}`;
    const key = (await create()).headers;
    await people.must(atelier, 200, 'PATCH', space, { api_access_enabled: false }, operator);
    await sleep(REACH_MS);
    const disabled = { status: 403, code: 'auth.api_access_disabled' };
    expectProblem(await as(key, 'POST', GENERATIONS, SMALL), disabled);
    expectProblem(await as(key, 'GET', `${GENERATIONS}/${theirs.id}`), disabled);
    expectOpenaiError(await as(key, 'POST', OPENAI, SMALL), disabled);
    expect((await as(key, 'GET', GENERATIONS)).body.data).toEqual([]);
    expect((await as(operator, 'GET', `${GENERATIONS}/${theirs.id}`)).status).toBe(200);
    expect((await fetch(theirs.images[0].url)).status).toBe(200);
    await people.must(atelier, 200, 'PATCH', space, { api_access_enabled: true }, operator);
    await sleep(REACH_MS);
    expect((await as(key, 'POST', GENERATIONS, SMALL)).status).toBe(201);
  });
});

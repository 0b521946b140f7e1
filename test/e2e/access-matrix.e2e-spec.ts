// Proves, route by route of the OpenAPI document, who gets in and who does not, against the table of
// access/access-matrix.ts; and that to another tenant a real id is the same as a random one, in path, query and body.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { OidcSimulator } from '../simulators/oidc.simulator.js';
import { StripeSimulator } from '../simulators/stripe.simulator.js';
import { operatorOf } from '../setup/people.js';
import { CALLERS, type CallerName, MATRIX, type Outcome } from './access/access-matrix.js';
import { listPathIds, type ReadyRequest, REQUESTS, toRequest } from './access/route-requests.js';
import {
  type Cast,
  createCast,
  createProvider,
  createRandomIds,
  createWorld,
  type Credentials,
  type Ids,
  PATIENT_SETTINGS,
  type World,
} from './access/world.js';

const ROUTES = [...MATRIX.keys()];
const PICTURE = { prompt: 'a lighthouse at dawn', size: '32x32' };
/** Says to a session that it is no key. */
const KEYS_OWN_USAGE = 'GET /api/v1/api-keys/current/usage';
const DENIALS: readonly number[] = [401, 403, 404];

let atelier: TestApplication;
let stripe: StripeSimulator;
let issuer: OidcSimulator;
let cast: Cast;
let here: World;
let abroad: World;
let callers: Record<CallerName, Credentials>;
let documented: string[];

beforeAll(async () => {
  stripe = await StripeSimulator.start();
  atelier = await startApplication({ ...PATIENT_SETTINGS, ...stripe.settings });
  const { body } = await atelier.call('GET', '/docs-json', undefined, {});
  documented = Object.entries<object>(body.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  issuer = await OidcSimulator.start();
  issuer.register(`${atelier.baseUrl}/unused`);
  const provider = await createProvider(atelier, issuer.issuer);
  cast = await createCast(atelier);
  here = await createWorld(atelier, cast, cast.owner, provider);
  abroad = await createWorld(atelier, cast, cast.foreign, provider);
  callers = {
    none: {},
    foreign: cast.foreign.session,
    viewer: cast.viewer.session,
    editor: cast.editor.session,
    owner: cast.owner.session,
    narrow: here.narrowKey,
    full: here.fullKey,
    operator: operatorOf(atelier),
  };
});
afterAll(async () => {
  await atelier.stop();
  await stripe.stop();
  await issuer.stop();
});

/** Follows no redirect: where it leads is not this service. */
async function send(ready: ReadyRequest, credentials: Credentials): Promise<Answer> {
  const { method, path, body } = ready;
  const response = await fetch(`${atelier.baseUrl}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...ready.headers,
      ...credentials,
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const { status, headers } = response;
  return { status, headers, body: isJson ? JSON.parse(text) : text };
}

function toOutcome({ status, body }: Answer): string {
  if (DENIALS.includes(status)) return String(status);
  return status < 500 ? 'ok' : `${status} ${JSON.stringify(body)}`;
}

/** The refused first: what they could break by getting in is still there for the others. */
function inOrder(route: string): CallerName[] {
  const row = MATRIX.get(route);
  return CALLERS.toSorted((a, b) => Number(row?.[a] === 'ok') - Number(row?.[b] === 'ok'));
}

async function ask(route: string, caller: CallerName, expected?: Outcome): Promise<Answer> {
  const stage = { atelier, cast, issuerUrl: issuer.issuer, ids: here.ids };
  const prepare = expected === 'ok' ? REQUESTS[route]?.prepare : undefined;
  const { as, ...fresh } = (await prepare?.(stage, caller)) ?? {};
  return send(toRequest(route, { ...here.ids, ...fresh }), as ?? callers[caller]);
}

describe('the table', () => {
  it('has every route of the document, and no other', () => {
    const sorted = (routes: string[]) => routes.toSorted((a, b) => a.localeCompare(b));
    expect(documented.length).toBeGreaterThan(60);
    expect({
      'in the document, not in the table': sorted(documented.filter((one) => !MATRIX.has(one))),
      'in the table, not in the document': sorted(
        ROUTES.filter((one) => !documented.includes(one)),
      ),
    }).toEqual({
      'in the document, not in the table': [],
      'in the table, not in the document': [],
    });
  });

  it('has requests for its own routes alone', () => {
    expect(Object.keys(REQUESTS).filter((route) => !MATRIX.has(route))).toEqual([]);
  });
});

describe('who gets in', () => {
  it.each(ROUTES)('%s', async (route) => {
    const row = MATRIX.get(route);
    const outcomes: Record<string, string> = {};
    const said: Record<string, unknown> = {};
    for (const caller of inOrder(route)) {
      const answer = await ask(route, caller, row?.[caller]);
      outcomes[caller] = toOutcome(answer);
      if (outcomes[caller] !== row?.[caller]) said[caller] = answer.body;
    }
    expect({ outcomes, said }).toEqual({ outcomes: row, said: {} });
  });

  it('left everything in the space as it was, but for what was made to be used up', async () => {
    const standing = ROUTES.filter(
      (route) => route.startsWith('GET /api/v1/') && listPathIds(route).join() !== 'slug',
    ).filter((route) => MATRIX.get(route)?.owner === 'ok' && route !== KEYS_OWN_USAGE);
    expect(standing.length).toBeGreaterThan(30);
    for (const route of standing) {
      const { status } = await send(toRequest(route, here.ids), callers.owner);
      expect({ route, status }).toEqual({ route, status: 200 });
    }
  });
});

/** What an answer says, apart from what differs from request to request, and from the ids it was asked for. */
function toFace({ status, headers, body }: Answer, ids: Ids): object {
  const { error, ...rest } = typeof body === 'object' ? body : { text: body };
  const said = JSON.stringify({ ...error, ...rest, request_id: null, instance: null });
  const shown = Object.values<string>({ ...ids }).reduce(
    (text, id) => (id.length < 16 ? text : text.replaceAll(id, '<id>')),
    said,
  );
  return {
    status,
    type: headers.get('content-type'),
    retry: headers.get('x-should-retry'),
    said: JSON.parse(shown),
  };
}

/** Own ids in the place of the named ones. */
function withOwn(ids: Ids, names: readonly (keyof Ids)[]): Ids {
  return { ...ids, ...Object.fromEntries(names.map((name) => [name, abroad.ids[name]])) };
}

/** Fields that name something, in requests to a space of one's own. */
const INSIDE: [string, (theirs: Ids, own: Ids) => ReadyRequest][] = [
  [
    'collection_id of a list',
    ({ collection }, { space }) =>
      get('/api/v1/image-generations', { search_space_id: space, collection_id: collection }),
  ],
  [
    'collection_id of a picture',
    ({ collection }, { space }) =>
      post('/api/v1/image-generations', {
        ...PICTURE,
        search_space_id: space,
        collection_id: collection,
      }),
  ],
  [
    'media_id of a reference',
    ({ generation }, { space }) =>
      post('/api/v1/image-generations', {
        ...PICTURE,
        search_space_id: space,
        operation: 'edit',
        reference_images: [{ media_id: generation }],
      }),
  ],
  [
    'service_account_id of a key',
    ({ serviceAccount }, { space }) =>
      post('/api/v1/api-keys', {
        name: 'A key',
        search_space_id: space,
        service_account_id: serviceAccount,
      }),
  ],
  [
    'role of an invite',
    ({ role }, { space }) => post(`/api/v1/search-spaces/${space}/invites`, { role }),
  ],
  [
    'role of a member',
    ({ role, email }, { space }) => post(`/api/v1/search-spaces/${space}/members`, { role, email }),
  ],
  [
    'user_id of a new owner',
    ({ member }, { space }) =>
      post(`/api/v1/search-spaces/${space}/transfer-ownership`, { user_id: member }),
  ],
];

/** A code is itself the credential of its routes, and the names of identity providers are for everybody. */
const IS_NO_SECRET: readonly (keyof Ids)[] = ['code', 'slug'];

describe('to another tenant', () => {
  const withIds = ROUTES.filter((route) => {
    const names = listPathIds(route);
    const isNamed = names.length > 0 || MATRIX.get(route)?.foreign === '404';
    const isPublic = MATRIX.get(route)?.none === 'ok';
    return isNamed && !isPublic && !names.some((name) => IS_NO_SECRET.includes(name));
  });

  const outsiders = (route: string): [string, Credentials][] => [
    ['session', cast.foreign.session],
    ['key', abroad.fullKey],
    // What operators are for they may, with any id.
    ...(MATRIX.get(route)?.operator === 'ok'
      ? []
      : ([['operator', callers.operator]] satisfies [string, Credentials][])),
  ];

  it.each(withIds)('the ids of others are random ids: %s', async (route) => {
    const theirs = here.ids;
    const random = createRandomIds();
    const names = listPathIds(route);
    const pairs: [Ids, Ids][] = [[theirs, random]];
    if (names.length > 1) {
      const last = names.slice(-1);
      const first = names.slice(0, -1);
      // Their child of my space, and a random child of their space.
      pairs.push([withOwn(theirs, first), withOwn(random, first)]);
      pairs.push([{ ...theirs, ...pick(random, last) }, random]);
    }
    for (const [who, credentials] of outsiders(route)) {
      for (const [foreign, missing] of pairs) {
        const answer = await send(toRequest(route, foreign), credentials);
        const other = await send(toRequest(route, missing), credentials);
        expect({ who, ...toFace(answer, foreign) }).toEqual({ who, ...toFace(other, missing) });
        expect({ who, status: answer.status, denial: isDenial(answer) }).toEqual({
          who,
          status: answer.status,
          denial: true,
        });
      }
    }
  });

  it('a picture is shown to nobody who has the link of another', async () => {
    const route = 'GET /api/v1/image-generations/{id}/image';
    const { imageToken } = abroad.ids;
    for (const [ids, status] of [
      [here.ids, 403],
      [createRandomIds(), 404],
    ] as const) {
      const answer = await send(toRequest(route, { ...ids, imageToken }), cast.foreign.session);
      expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
        status,
        type: 'application/problem+json; charset=utf-8',
      });
    }
  });

  it('an invite code that is not known says no more than that', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const route = `${method} /api/v1/invites/{code}${method === 'POST' ? '/accept' : ''}`;
      const answer = await send(toRequest(route, createRandomIds()), cast.foreign.session);
      const said = method === 'GET' ? answer.body.is_valid : answer.status;
      expect({ method, said }).toEqual({ method, said: method === 'GET' ? false : 404 });
    }
  });

  it.each(INSIDE)(
    'the ids of others are random ids inside a request: %s',
    async (_title, toReady) => {
      const faces: object[] = [];
      for (const ids of [here.ids, createRandomIds()]) {
        const answer = await send(toReady(ids, abroad.ids), cast.foreign.session);
        faces.push(toFace(answer, ids));
        expect(answer.status).toSatisfy((status: number) => status === 200 || status >= 400);
        if (answer.status === 200) expect(answer.body.data).toEqual([]);
      }
      expect(faces[0]).toEqual(faces[1]);
    },
  );
});

const DENIALS_BY_KIND = ['auth.session_required', 'rbac.operator_required'];

/** Missing; or the refusal of the whole route to this kind of caller. */
function isDenial({ status, body }: Answer): boolean {
  const code = body.code ?? body.error?.code;
  return status === 404 || (status === 403 && DENIALS_BY_KIND.includes(code));
}

function get(path: string, query: Record<string, string>): ReadyRequest {
  const text = new URLSearchParams(query).toString();
  return { method: 'GET', path: `${path}?${text}`, body: undefined, headers: {} };
}

function post(path: string, body: object): ReadyRequest {
  return { method: 'POST', path, body, headers: {} };
}

function pick(ids: Ids, names: readonly (keyof Ids)[]): Partial<Ids> {
  return Object.fromEntries(names.map((name) => [name, ids[name]]));
}

// Proves that an issuer's access tokens are credentials here where an operator says so, that nothing else is, that a token
// works no longer than its person and itself, and that no caller makes us hammer an issuer.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newKey } from '../simulators/oidc.simulator.js';
import { type Answer, request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, must, type Person } from '../setup/people.js';
import { enter, signIn, type SsoApplication, startSso, whoAmI } from '../setup/sso-application.js';

const AUDIENCE = 'https://atelier.example/api';
const WAIT = { timeout: 45_000, interval: 500 };
const GONE_WITHIN_MS = 30_000;

let sso: SsoApplication;
let owner: Person;

beforeAll(async () => {
  sso = await startSso({ audiences: [AUDIENCE] });
  sso.issuer.people.set('ada', { email: 'ada@corp.example', email_verified: true, name: 'Ada' });
  owner = await createPerson(sso.atelier, 'owner');
});
afterAll(() => sso.stop());

const nowS = () => Math.floor(Date.now() / 1_000);
const claimsOf = (sub: string, more: object = {}) => ({
  sub,
  aud: AUDIENCE,
  iat: nowS(),
  exp: nowS() + 300,
  email: `${sub}@corp.example`,
  email_verified: true,
  name: sub,
  ...more,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const tokenOf = async (sub: string, more: object = {}) =>
  bearer(await sso.issuer.sign(claimsOf(sub, more)));
const call = (method: string, path: string, headers: object, body?: unknown): Promise<Answer> =>
  request(`${sso.atelier.baseUrl}${path}`, method, body, headers);

describe('an access token of an issuer', () => {
  it('stands for the person who signed in with it', async () => {
    const { body } = await whoAmI(sso, await enter(sso, await signIn(sso, 'ada')));
    const me = await whoAmI(sso, await tokenOf('ada'));
    expect(me.body).toMatchObject({ kind: 'user', id: body.id, email: 'ada@corp.example' });
  });

  it('makes an account at first sight, with the roles of its groups, and follows them', async () => {
    const space = await must(
      sso.atelier,
      201,
      'POST',
      '/api/v1/search-spaces',
      { name: 'Design' },
      owner.session,
    );
    const mapping = { provider: 'corporate', group: 'design', role: 'Viewer' };
    const root = `/api/v1/search-spaces/${space.id}`;
    await must(sso.atelier, 201, 'POST', `${root}/group-mappings`, mapping, owner.session);
    const first = await tokenOf('new', { groups: ['design'] });
    expect((await call('GET', `${root}/my-access`, first)).body).toMatchObject({
      role_name: 'Viewer',
    });
    const later = await tokenOf('new', { groups: [], iat: nowS() + 5, exp: nowS() + 300 });
    expect((await whoAmI(sso, later)).status).toBe(200);
    await vi.waitFor(
      async () => expect((await call('GET', `${root}/my-access`, later)).status).toBe(404),
      WAIT,
    );
  });

  it('works everywhere a person works, and asks for a login where one is meant', async () => {
    const headers = await tokenOf('ada');
    expect(
      (await call('POST', '/api/v1/search-spaces', headers, { name: 'By token' })).status,
    ).toBe(201);
    expect((await call('POST', '/api/v1/auth/logout', headers)).status).toBe(204);
    expect((await whoAmI(sso, headers)).status).toBe(200);
    const change = { current_password: 'x', new_password: 'a password that is long enough' };
    expectProblem(await call('POST', '/api/v1/auth/change-password', headers, change), {
      status: 403,
      code: 'auth.session_required',
    });
  });

  it('is never an operator, whoever it stands for', async () => {
    const headers = await tokenOf('opal');
    const { id } = (await whoAmI(sso, headers)).body;
    await must(
      sso.atelier,
      200,
      'PATCH',
      `/api/v1/users/${id}`,
      { is_operator: true },
      sso.operator,
    );
    expectProblem(await call('GET', '/api/v1/users', headers), {
      status: 403,
      code: 'rbac.operator_required',
    });
  });

  it('gets no secret of a key that only an operator could make', async () => {
    sso.issuer.people.set('olga', { email: 'olga@corp.example', email_verified: true });
    const headers = await tokenOf('olga');
    const { id } = (await whoAmI(sso, headers)).body;
    const rank = { is_operator: true };
    await must(sso.atelier, 200, 'PATCH', `/api/v1/users/${id}`, rank, sso.operator);
    const session = await enter(sso, await signIn(sso, 'olga'));
    const space = await must(
      sso.atelier,
      201,
      'POST',
      '/api/v1/search-spaces',
      { name: 'Ops' },
      session,
    );
    const body = { name: 'Watch', search_space_id: space.id, scopes: ['admin.status'] };
    const key = await must(sso.atelier, 201, 'POST', '/api/v1/api-keys', body, session);
    const rotation = `/api/v1/api-keys/${key.id}/rotate`;
    expectProblem(await call('POST', rotation, headers, {}), {
      status: 403,
      code: 'rbac.operator_required',
    });
    expect((await call('POST', rotation, session, {})).status).toBe(200);
  });

  it('is refused within a moment when its person is disabled', async () => {
    const headers = await tokenOf('dis');
    const { id } = (await whoAmI(sso, headers)).body;
    await must(
      sso.atelier,
      200,
      'PATCH',
      `/api/v1/users/${id}`,
      { status: 'disabled' },
      sso.operator,
    );
    await vi.waitFor(async () => expect((await whoAmI(sso, headers)).status).toBe(403), {
      timeout: GONE_WITHIN_MS,
      interval: 100,
    });
  });

  it('works until it expires, also from a cache', async () => {
    const headers = await tokenOf('exp', { exp: nowS() + 3 });
    expect((await whoAmI(sso, headers)).status).toBe(200);
    await vi.waitFor(async () => expect((await whoAmI(sso, headers)).status).toBe(401), WAIT);
  });

  it('is refused when the provider is switched off or its audience is taken away', async () => {
    const headers = await tokenOf('ada');
    await sso.change({ audiences: [] });
    await vi.waitFor(async () => expect((await whoAmI(sso, headers)).status).toBe(401), WAIT);
    await sso.change({ audiences: [AUDIENCE] });
    await vi.waitFor(async () => expect((await whoAmI(sso, headers)).status).toBe(200), WAIT);
  });
});

describe('no credential', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each<[string, () => Promise<string> | string]>([
    ['a token for another audience', () => sso.issuer.sign(claimsOf('ada', { aud: 'another' }))],
    ['a token without an audience', () => sso.issuer.sign(claimsOf('ada', { aud: undefined }))],
    ['a token that has expired', () => sso.issuer.sign(claimsOf('ada', { exp: nowS() - 120 }))],
    [
      'a token that is not valid yet',
      () => sso.issuer.sign(claimsOf('ada', { nbf: nowS() + 600 })),
    ],
    ['a token without an end', () => sso.issuer.sign(claimsOf('ada', { exp: undefined }))],
    ['a token without a subject', () => sso.issuer.sign(claimsOf('ada', { sub: undefined }))],
    [
      'a token of an unknown issuer',
      () => sso.issuer.sign(claimsOf('ada', { iss: 'https://evil.example' })),
    ],
    [
      'a token signed with another key',
      async () => sso.issuer.sign(claimsOf('ada'), await newKey('first')),
    ],
    [
      'a token signed with no key',
      () => `${encode({ alg: 'none' })}.${encode({ iss: sso.issuer.issuer, ...claimsOf('ada') })}.`,
    ],
    [
      'a token that says HS256',
      () =>
        `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: sso.issuer.issuer, ...claimsOf('ada') })}.c2ln`,
    ],
    [
      'a token that says to be ours',
      () => sso.issuer.sign(claimsOf('ada', { iss: 'atelier', aud: 'atelier-api' })),
    ],
  ])('is %s', async (_what, forge) => {
    const answer = await whoAmI(sso, bearer(await forge()));
    expectProblem(answer, { status: 401, code: 'auth.credentials_invalid' });
  });

  it('is an endless token', async () => {
    const token = await sso.issuer.sign(claimsOf('ada', { pad: 'x'.repeat(9_500) }));
    expect((await whoAmI(sso, bearer(token))).status).toBe(401);
  });
});

describe('the issuer', () => {
  const KEYS = '/jwks';

  it('is not asked again for every key that nobody has', async () => {
    const before = sso.issuer.countCalls(KEYS);
    for (let count = 0; count < 40; count += 1) {
      const forged = await sso.issuer.sign(claimsOf('ada'), await newKeyNamed(`unknown ${count}`));
      expect((await whoAmI(sso, bearer(forged))).status).toBe(401);
    }
    expect(sso.issuer.countCalls(KEYS) - before).toBeLessThanOrEqual(4);
  });

  it('may change its keys: new tokens are accepted then', async () => {
    await sso.issuer.rotate();
    const headers = await tokenOf('ada');
    await vi.waitFor(async () => expect((await whoAmI(sso, headers)).status).toBe(200), WAIT);
  });

  it('that is away does not spoil what is known of it, and is named where it is needed', async () => {
    await sso.issuer.stop();
    expect((await whoAmI(sso, await tokenOf('ada'))).status).toBe(200);
    await sso.change({ name: 'Changed, so that all is learnt anew' });
    await vi.waitFor(async () => {
      expectProblem(await whoAmI(sso, await tokenOf('ada')), {
        status: 503,
        code: 'sso.provider_unavailable',
      });
    }, WAIT);
    await sso.issuer.resume();
    await vi.waitFor(
      async () => expect((await whoAmI(sso, await tokenOf('ada'))).status).toBe(200),
      WAIT,
    );
  });
});

/** One pair under many names: making a pair takes long. */
const pair = newKey('unknown');
async function newKeyNamed(kid: string) {
  const { privateKey, jwk } = await pair;
  return { privateKey, jwk: { ...jwk, kid } };
}

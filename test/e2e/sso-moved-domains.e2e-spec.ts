// Proves that a domain's people sign in at its provider and nowhere else, also those who came another way before.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { must } from '../setup/people.js';
import { enter, signIn, type SsoApplication, startSso, whoAmI } from '../setup/sso-application.js';
import { CLIENT_ID } from '../simulators/oidc.simulator.js';

const AUDIENCE = 'https://atelier.example/api';
const PROVIDERS = '/api/v1/auth/oidc/providers';
const OTHER = { email: 'bob@other.example', email_verified: true, name: 'Bob' };

let sso: SsoApplication;

beforeAll(async () => {
  sso = await startSso({ audiences: [AUDIENCE] });
  sso.issuer.people.set('ada', { ...OTHER, email: 'ada@corp.example' });
  sso.issuer.people.set('bob', OTHER);
});
afterAll(() => sso.stop());

async function tokenOf(sub: string, email: string): Promise<Record<string, string>> {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { sub, email, email_verified: true, aud: AUDIENCE, iat, exp: iat + 300 };
  return { authorization: `Bearer ${await sso.issuer.sign(claims)}` };
}

it('is the only way in once the operator gives the domain to a provider', async () => {
  expect((await whoAmI(sso, await enter(sso, await signIn(sso, 'ada')))).status).toBe(200);
  const tokens = [await tokenOf('ada', 'ada@corp.example'), await tokenOf('bob', OTHER.email)];
  const listStatuses = () =>
    Promise.all(tokens.map(async (token) => (await whoAmI(sso, token)).status));
  expect(await listStatuses()).toEqual([200, 200]);

  const owner = {
    slug: 'owner',
    name: 'Owner of the domain',
    issuer_url: 'https://login.corp.example',
    client_id: CLIENT_ID,
    domains: ['corp.example'],
  };
  const { id } = await must(sso.atelier, 201, 'POST', PROVIDERS, owner, sso.operator);
  const refused = await signIn(sso, 'ada');
  expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('signs in else') });
  await enter(sso, await signIn(sso, 'bob'));
  await expect.poll(listStatuses, { timeout: 30_000 }).toEqual([403, 200]);
  expectProblem(await whoAmI(sso, tokens[0]!), { status: 403, code: 'sso.refused' });

  const path = `${sso.atelier.baseUrl}${PROVIDERS}/${id}`;
  expect((await request(path, 'DELETE', undefined, sso.operator)).status).toBe(204);
  await expect.poll(listStatuses, { timeout: 30_000 }).toEqual([200, 200]);
  await enter(sso, await signIn(sso, 'ada'));
});

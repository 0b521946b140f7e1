/** The whole application beside an issuer, set up by the operator as in the documentation. */
import { expect } from 'vitest';
import type { Environment } from '../../src/config/read-settings.js';
import { CLIENT_ID, CLIENT_SECRET, OidcSimulator } from '../simulators/oidc.simulator.js';
import { type Answer, request, startApplication, type TestApplication } from './application.js';
import { must, operatorOf } from './people.js';
import { type Visited, WebClient } from './web-client.js';

export const SLUG = 'corporate';

export interface SsoApplication {
  atelier: TestApplication;
  issuer: OidcSimulator;
  /** Id of the provider. */
  providerId: string;
  startUrl: string;
  operator: Record<string, string>;
  /** Changes the provider; every process knows it when this answers. */
  change(changes: object): Promise<Answer['body']>;
  stop(): Promise<void>;
}

export async function startSso(
  provider: object = {},
  settings: Environment = {},
): Promise<SsoApplication> {
  const issuer = await OidcSimulator.start();
  const atelier = await startApplication({
    OUTBOUND_ALLOW: '127.0.0.1',
    LOGIN_RPM: '10000',
    ...settings,
  });
  const operator = operatorOf(atelier);
  const body = {
    slug: SLUG,
    name: 'Corporate account',
    issuer_url: issuer.issuer,
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    scopes: ['openid', 'email', 'profile', 'groups'],
    groups_claim: 'groups',
    ...provider,
  };
  const made = await must(atelier, 201, 'POST', '/api/v1/auth/oidc/providers', body, operator);
  issuer.register(made.redirect_url);
  return {
    atelier,
    issuer,
    providerId: made.id,
    startUrl: made.start_url,
    operator,
    change: (changes) =>
      must(atelier, 200, 'PATCH', `/api/v1/auth/oidc/providers/${made.id}`, changes, operator),
    stop: async () => {
      await atelier.stop();
      await issuer.stop();
    },
  };
}

/** Signs in through the issuer's own forms; the page it ends at. */
export function signIn(
  sso: SsoApplication,
  login: string,
  browser = new WebClient(),
): Promise<Visited> {
  return browser.signIn(sso.startUrl, login);
}

/** The code of the page's address, exchanged for a session's headers. */
export async function enter(sso: SsoApplication, page: Visited): Promise<Record<string, string>> {
  expect({ status: page.status, url: page.url, body: page.body }).toMatchObject({
    status: 200,
    url: expect.stringContaining('/complete?code='),
  });
  const answer = await exchange(sso, page.url);
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
  return { authorization: `Bearer ${answer.body.access_token}` };
}

export function exchange({ atelier }: SsoApplication, url: string): Promise<Answer> {
  const code = new URL(url).searchParams.get('code');
  return request(`${atelier.baseUrl}/api/v1/auth/oidc/exchange`, 'POST', { code });
}

/** Who the headers stand for. */
export function whoAmI({ atelier }: SsoApplication, headers: object): Promise<Answer> {
  return request(`${atelier.baseUrl}/api/v1/auth/me`, 'GET', undefined, headers);
}

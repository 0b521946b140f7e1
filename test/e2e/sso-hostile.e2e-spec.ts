// Proves that what an issuer answers is believed only when it holds: signatures, nonce, audience and times; that keys may
// change; and that an issuer which is away, slow or endless costs an answer that says so, and nothing else.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newKey } from '../simulators/oidc.simulator.js';
import { request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { must } from '../setup/people.js';
import { enter, signIn, type SsoApplication, startSso } from '../setup/sso-application.js';

const WAIT = { timeout: 45_000, interval: 1_000 };
const HOUR_S = 3_600;
const PROVIDERS = '/api/v1/auth/oidc/providers';

let sso: SsoApplication;

beforeAll(async () => {
  sso = await startSso();
  sso.issuer.people.set('ada', { email: 'ada@corp.example', email_verified: true, name: 'Ada' });
});
afterAll(() => sso.stop());
afterEach(() => {
  sso.issuer.tamper = null;
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowS = () => Math.floor(Date.now() / 1_000);

/** The issuer sends this instead of its ID token. */
function replaceIdToken(forge: (claims: JWTPayload) => Promise<string> | string): void {
  sso.issuer.tamper = async (tokens) => ({
    ...tokens,
    id_token: await forge(decodeJwt(String(tokens.id_token))),
  });
}

describe('an ID token', () => {
  it('is believed when it is signed by the issuer with what was asked', async () => {
    replaceIdToken((claims) => sso.issuer.sign(claims));
    await enter(sso, await signIn(sso, 'ada'));
  });

  it.each<[string, (claims: JWTPayload) => Promise<string> | string]>([
    ['with no signature', (claims) => `${encode({ alg: 'none' })}.${encode(claims)}.`],
    [
      'signed with the client secret',
      (claims) => {
        const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
        return `${signed}.${createHmac('sha256', 'a client secret of the tests').update(signed).digest('base64url')}`;
      },
    ],
    [
      'signed with another key under the same name',
      async (claims) => sso.issuer.sign(claims, await newKey('first')),
    ],
    ['with another nonce', (claims) => sso.issuer.sign({ ...claims, nonce: 'another' })],
    ['without a nonce', (claims) => sso.issuer.sign({ ...claims, nonce: undefined })],
    ['for another client', (claims) => sso.issuer.sign({ ...claims, aud: 'another' })],
    ['of another issuer', (claims) => sso.issuer.sign({ ...claims, iss: 'https://evil.example' })],
    [
      'that has expired',
      (claims) => sso.issuer.sign({ ...claims, iat: nowS() - 2 * HOUR_S, exp: nowS() - HOUR_S }),
    ],
    ['without a subject', (claims) => sso.issuer.sign({ ...claims, sub: undefined })],
    ['with an endless subject', (claims) => sso.issuer.sign({ ...claims, sub: 'x'.repeat(300) })],
    ['that is none', () => 'no token'],
  ])('%s is refused', async (_what, forge) => {
    replaceIdToken(forge);
    const page = await signIn(sso, 'ada');
    expect({ status: page.status, body: page.body }).toMatchObject({
      status: 502,
      body: expect.stringContaining('sso.provider_failed'),
    });
  });

  it('is refused for a person whose userinfo is another', async () => {
    replaceIdToken((claims) => sso.issuer.sign({ ...claims, sub: 'somebody else' }));
    expect((await signIn(sso, 'ada')).status).toBe(502);
  });
});

describe('the keys of an issuer', () => {
  it('may change: the new ones are fetched', async () => {
    await sso.issuer.rotate();
    await vi.waitFor(async () => enter(sso, await signIn(sso, 'ada')), WAIT);
  });
});

describe('an issuer', () => {
  it('that is away is named as such, to begin with and on the way back', async () => {
    await sso.change({ name: 'Corporate account, changed' });
    await sso.issuer.stop();
    const answer = await request(sso.startUrl, 'GET');
    expectProblem(answer, { status: 503, code: 'sso.provider_unavailable' });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    const page = await fetch(sso.startUrl, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('cannot be reached');
    await sso.issuer.resume();
    await vi.waitFor(async () => enter(sso, await signIn(sso, 'ada')), WAIT);
  });

  it('that goes away while somebody signs in costs one sign-in', async () => {
    sso.issuer.tamper = async (tokens) => {
      await sso.issuer.stop();
      return tokens;
    };
    const page = await signIn(sso, 'ada');
    expect(page.status).toBe(503);
    sso.issuer.tamper = null;
    await sso.issuer.resume();
    await vi.waitFor(async () => enter(sso, await signIn(sso, 'ada')), WAIT);
  });

  it('that calls itself otherwise, sends without end, or leads elsewhere is not spoken with', async () => {
    const port = new URL(sso.issuer.issuer).port;
    const evil = createServer((incoming, response) => {
      response.setHeader('content-type', 'application/json');
      if (incoming.url?.startsWith('/endless')) return endlessly(response);
      if (incoming.url?.startsWith('/away')) {
        return void response
          .writeHead(302, { location: `http://127.0.0.1:${port}/.well-known/openid-configuration` })
          .end();
      }
      response.end(
        JSON.stringify({
          issuer: 'https://somebody.example',
          jwks_uri: 'https://somebody.example/jwks',
        }),
      );
    });
    await once(evil.listen(0, '127.0.0.1'), 'listening');
    const base = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    for (const [slug, issuer_url] of [
      ['other-name', base],
      ['endless', `${base}/endless`],
      ['away', `${base}/away`],
    ]) {
      const body = { slug, name: 'Evil', issuer_url, client_id: 'x' };
      const made = await must(sso.atelier, 201, 'POST', PROVIDERS, body, sso.operator);
      const answer = await request(made.start_url, 'GET');
      expect({ slug, status: answer.status }).toMatchObject({
        slug,
        status: slug === 'endless' ? 503 : 502,
      });
    }
    evil.closeAllConnections();
    evil.close();
  });

  it('of a private network, or without TLS, is spoken with only where the operator allowed it', async () => {
    for (const [slug, issuer_url] of [
      ['inside', 'https://10.0.0.1'],
      ['named', 'http://localhost:1'],
      ['bare', 'http://issuer.example'],
    ]) {
      const body = { slug, name: 'Private', issuer_url, client_id: 'x' };
      const answer = await request(
        `${sso.atelier.baseUrl}${PROVIDERS}`,
        'POST',
        body,
        sso.operator,
      );
      expectProblem(answer, { status: 400, code: 'request.invalid', field: 'issuer_url' });
      expect(answer.body.detail).toContain('OUTBOUND_ALLOW');
    }
  });
});

function endlessly(response: { write(chunk: string): boolean; destroyed: boolean }): void {
  const timer = setInterval(() => {
    if (response.destroyed) clearInterval(timer);
    else response.write(' '.repeat(65_536));
  }, 1);
}

// Proves the way of a browser through a real issuer and back, with its own forms and cookies: to an account and a
// session, and not further where anything on the way is not what was begun.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_SECRET } from '../simulators/oidc.simulator.js';
import { request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { must } from '../setup/people.js';
import {
  enter,
  exchange,
  signIn,
  SLUG,
  type SsoApplication,
  startSso,
  whoAmI,
} from '../setup/sso-application.js';
import { WebClient } from '../setup/web-client.js';

const OTHER_ORIGIN = 'https://app.example.com';
const ROOT = '/api/v1/auth/oidc';

let sso: SsoApplication;

beforeAll(async () => {
  sso = await startSso({}, { SSO_RETURN_ORIGINS: OTHER_ORIGIN });
  const { people } = sso.issuer;
  people.set('ada', { email: 'Ada@Corp.example', email_verified: true, name: 'Ada Lovelace' });
  people.set('bob', { email: 'bob@corp.example', email_verified: true, name: 'Bob' });
});
afterAll(() => sso.stop());

const url = (path: string) => `${sso.atelier.baseUrl}${path}`;
/** Walks to the issuer and back, but not into our callback: answers its address. */
const walkToCallback = async (browser: WebClient, login = 'bob', start = sso.startUrl) =>
  (await browser.signIn(start, login, (next) => next.includes('/callback?'))).url;
const callback = (address: string, browser = new WebClient()) => browser.get(address);

describe('a sign-in', () => {
  it('is offered to everybody, without a word of its secrets', async () => {
    const answer = await request(url(ROOT), 'GET');
    expect(answer.body).toEqual({
      data: [{ slug: SLUG, name: 'Corporate account', start_url: sso.startUrl }],
    });
  });

  it('leads through the forms of the issuer to an account and a session', async () => {
    const browser = new WebClient();
    const page = await signIn(sso, 'ada', browser);
    expect(browser.visited.some((address) => address.includes('code_challenge_method=S256'))).toBe(
      true,
    );
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const session = await enter(sso, page);
    const me = await whoAmI(sso, session);
    expect(me.body).toMatchObject({
      kind: 'user',
      email: 'ada@corp.example',
      name: 'Ada Lovelace',
      is_operator: false,
    });
    expect(browser.find('atelier_sso_')).toBeUndefined();
  });

  it('is the same account the next time, with the name the issuer says by then', async () => {
    const before = await whoAmI(sso, await enter(sso, await signIn(sso, 'ada')));
    sso.issuer.people.set('ada', {
      email: 'changed@corp.example',
      email_verified: true,
      name: 'Ada King',
    });
    const after = await whoAmI(sso, await enter(sso, await signIn(sso, 'ada')));
    expect(after.body).toMatchObject({
      id: before.body.id,
      email: 'ada@corp.example',
      name: 'Ada King',
    });
  });

  it('is written down: the account, the link, and who made them', async () => {
    const events = await must(
      sso.atelier,
      200,
      'GET',
      '/api/v1/audit-events?limit=100',
      undefined,
      sso.operator,
    );
    const actions = events.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['identity_provider.created', 'user.created', 'identity.linked']),
    );
    expect(JSON.stringify(events)).not.toContain(CLIENT_SECRET);
  });

  it('gives an account that no password opens, with the answer of a wrong one', async () => {
    await enter(sso, await signIn(sso, 'bob'));
    for (const email of ['bob@corp.example', 'nobody@corp.example']) {
      const body = { email, password: 'any password at all' };
      expectProblem(await request(url('/api/v1/auth/login'), 'POST', body), {
        status: 401,
        code: 'auth.login_failed',
      });
    }
  });

  it('leads to a page of an allowed origin, and to no other', async () => {
    const start = `${sso.startUrl}?return_to=${encodeURIComponent(`${OTHER_ORIGIN}/app?tab=1`)}`;
    const end = await new WebClient().signIn(start, 'bob', (next) => next.startsWith(OTHER_ORIGIN));
    const back = new URL(end.url);
    expect(back.searchParams.get('tab')).toBe('1');
    expect((await exchange(sso, end.url)).status).toBe(200);
    for (const address of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      `${OTHER_ORIGIN}.evil.example/`,
    ]) {
      const asked = `${sso.startUrl}?return_to=${encodeURIComponent(address)}`;
      const answer = await request(asked, 'GET');
      expectProblem(answer, { status: 400, code: 'request.invalid', field: 'return_to' });
    }
  });

  it('is set up with the redirect address of PUBLIC_URL, whatever Host says', async () => {
    const answer = await fetch(sso.startUrl, {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.example' },
    });
    const target = new URL(answer.headers.get('location') ?? '');
    expect(target.searchParams.get('redirect_uri')).toBe(url(`${ROOT}/${SLUG}/callback`));
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
    expect(cookie).toContain(`Path=${ROOT}/${SLUG}/callback;`);
  });
});

describe('a code', () => {
  it('works once', async () => {
    const page = await signIn(sso, 'bob');
    expect((await exchange(sso, page.url)).status).toBe(200);
    expectProblem(await exchange(sso, page.url), { status: 400, code: 'sso.code_invalid' });
  });

  it('of several uses at once works for one', async () => {
    const page = await signIn(sso, 'bob');
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(sso, page.url)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('is refused when nobody made it, and when it is none', async () => {
    const forged = `${url(ROOT)}/complete?code=${'A'.repeat(43)}`;
    expectProblem(await exchange(sso, forged), { status: 400, code: 'sso.code_invalid' });
    const answer = await request(url(`${ROOT}/exchange`), 'POST', { code: 'short' });
    expectProblem(answer, { status: 400, code: 'request.invalid', field: 'code' });
  });
});

describe('a callback', () => {
  it('works once: the state is used up', async () => {
    const browser = new WebClient();
    const address = await walkToCallback(browser);
    expect((await browser.get(address)).url).toContain('/complete?code=');
    const again = await browser.get(address);
    expect(again.status).toBe(400);
    expect(again.body).toContain('unknown, was finished before, or took too long');
    expect(again.body).toContain(`href="${sso.startUrl}"`);
  });

  it('is refused in a browser that did not begin it, and is used up by that', async () => {
    const browser = new WebClient();
    const address = await walkToCallback(browser);
    expect((await callback(address)).body).toContain('another browser');
    expect((await callback(address, browser)).body).toContain('finished before');
  });

  it('is refused with another state', async () => {
    const browser = new WebClient();
    const address = new URL(await walkToCallback(browser));
    address.searchParams.set('state', 'B'.repeat(43));
    expect((await callback(address.href, browser)).status).toBe(400);
  });

  it('is refused with the answer to another sign-in: its nonce and its PKCE verifier are others', async () => {
    const [victim, attacker] = [new WebClient(), new WebClient()];
    const own = new URL(await walkToCallback(victim, 'bob'));
    const foreign = new URL(await walkToCallback(attacker, 'ada'));
    own.searchParams.set('code', foreign.searchParams.get('code') ?? '');
    const page = await callback(own.href, victim);
    expect({ status: page.status, body: page.body }).toMatchObject({
      status: 502,
      body: expect.stringContaining('sso.provider_failed'),
    });
  });

  it('is refused when it says to come from another issuer, and when it does not say', async () => {
    const browser = new WebClient();
    const address = new URL(await walkToCallback(browser));
    address.searchParams.set('iss', 'https://evil.example');
    expect((await callback(address.href, browser)).status).toBe(502);
    const other = new WebClient();
    const silent = new URL(await walkToCallback(other));
    silent.searchParams.delete('iss');
    expect((await callback(silent.href, other)).status).toBe(502);
  });

  it('is refused at the address of another provider', async () => {
    const twin = { slug: 'twin', name: 'Twin', issuer_url: sso.issuer.issuer, client_id: 'twin' };
    await must(sso.atelier, 201, 'POST', `${ROOT}/providers`, twin, sso.operator);
    const browser = new WebClient();
    const address = (await walkToCallback(browser)).replace(`/${SLUG}/`, '/twin/');
    const page = await callback(address, browser);
    expect(page.status).toBe(400);
    expect(page.body).not.toContain('code=');
  });

  it('shows what the issuer said when it declined, and never markup of its own', async () => {
    const answer = await fetch(sso.startUrl, { redirect: 'manual' });
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const state = new URL(answer.headers.get('location') ?? '').searchParams.get('state');
    const iss = encodeURIComponent(sso.issuer.issuer);
    const query = `state=${state}&iss=${iss}&error=access_denied&error_description=%3Cscript%3E`;
    const declined = await request(url(`${ROOT}/${SLUG}/callback?${query}`), 'GET', undefined, {
      cookie,
    });
    expectProblem(declined, { status: 400, code: 'sso.sign_in_failed' });
    expect(declined.body).toMatchObject({
      reason: 'provider_declined',
      provider_error: 'access_denied',
    });
    expect(JSON.stringify(declined.body)).not.toContain('<script>');
  });

  it.each(['', '?state=x', `?state=${'C'.repeat(43)}&code=1`, '?error=access_denied'])(
    'without a sign-in is refused: %s',
    async (query) => {
      const answer = await request(url(`${ROOT}/${SLUG}/callback${query}`), 'GET');
      expectProblem(answer, { status: 400, code: 'sso.sign_in_failed' });
    },
  );

  it('of a provider that is not there is not found', async () => {
    const answer = await request(url(`${ROOT}/nobody/callback?state=x`), 'GET');
    expectProblem(answer, { status: 404, code: 'request.not_found' });
  });
});

// Proves that a sign-in may begin, return and end at different processes, and that all of them know at once which domains
// sign in elsewhere. On the embedded set the one process plays both parts.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestIdentity } from '../factories/identity.factory.js';
import { databaseKinds, queueKinds, readRedisUrl } from '../setup/services.js';
import { WebClient } from '../setup/web-client.js';
import { CLIENT_ID, CLIENT_SECRET, OidcSimulator } from '../simulators/oidc.simulator.js';

const ROOT = '/api/v1/auth/oidc';
const WAIT = { timeout: 30_000, interval: 100 };

describe.each(databaseKinds())('a sign-in over several processes on %s', (kind) => {
  const isShared = kind === 'postgres' && queueKinds().includes('bull');
  let issuer: OidcSimulator;
  let here: TestIdentity;
  let there: TestIdentity;

  beforeAll(async () => {
    issuer = await OidcSimulator.start();
    issuer.people.set('ada', { email: 'ada@corp.example', email_verified: true, name: 'Ada' });
    here = await TestIdentity.open(kind, {
      OUTBOUND_ALLOW: '127.0.0.1',
      PUBLIC_URL: 'https://atelier.example',
      ...(isShared && { REDIS_URL: readRedisUrl() }),
    });
    there = isShared ? await here.fork() : here;
  });

  afterAll(async () => {
    if (there !== here) await there.app.close();
    await here.close();
    await issuer.stop();
  });

  it('begins at one, comes back to the other and ends at the first', async () => {
    const operator = await here.operator();
    const provider = await here.expect(201, 'POST', `${ROOT}/providers`, {
      as: operator.access,
      body: {
        slug: 'corporate',
        name: 'Corporate',
        issuer_url: issuer.issuer,
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        domains: ['corp.example'],
      },
    });
    issuer.register(String(provider.redirect_url));
    const begun = await here.call('GET', `${ROOT}/corporate/start`);
    expect(begun.status).toBe(302);
    const cookie = String(begun.headers['set-cookie']);
    expect(cookie).toMatch(/; Secure$/);
    const isOurs = (url: string) => url.startsWith('https://atelier.example/');
    const back = await new WebClient().signIn(String(begun.headers.location), 'ada', isOurs);
    const { pathname, search } = new URL(back.url);
    const returned = await vi.waitFor(async () => {
      const answer = await there.call('GET', pathname + search, {
        headers: { cookie: cookie.split(';')[0] ?? '' },
      });
      expect(answer.status).not.toBe(404);
      return answer;
    }, WAIT);
    expect(returned.status).toBe(302);
    const code = new URL(String(returned.headers.location)).searchParams.get('code');
    const pair = await here.expect(200, 'POST', `${ROOT}/exchange`, { body: { code } });
    const me = await there.expect(200, 'GET', '/api/v1/auth/me', { as: String(pair.access_token) });
    expect(me.email).toBe('ada@corp.example');
  });

  it('is demanded by both of a forced domain', async () => {
    const body = { email: 'ada@corp.example', password: 'any password at all' };
    await vi.waitFor(async () => {
      for (const process of [here, there]) {
        const answer = await process.call('POST', '/api/v1/auth/login', { body });
        expect(answer).toMatchObject({ status: 403, body: { code: 'sso.required' } });
      }
    }, WAIT);
  });
});

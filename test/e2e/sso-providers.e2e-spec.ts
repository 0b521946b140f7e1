// Proves how operators set identity providers up: secrets go in and never come out, not even in the database; what cannot
// work is refused by the name of its field; and everything a provider gave goes with it.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { CLIENT_SECRET } from '../simulators/oidc.simulator.js';
import { request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, must, type Person } from '../setup/people.js';
import { enter, signIn, type SsoApplication, startSso } from '../setup/sso-application.js';

const ROOT = '/api/v1/auth/oidc/providers';
const WAIT = { timeout: 30_000, interval: 200 };

let sso: SsoApplication;
let person: Person;

beforeAll(async () => {
  sso = await startSso({ domains: ['taken.example'] });
  person = await createPerson(sso.atelier, 'person');
});
afterAll(() => sso.stop());

const call = (method: string, path: string, body?: unknown, headers: object = sso.operator) =>
  request(`${sso.atelier.baseUrl}${path}`, method, body, headers);
const draft = (more: object = {}) => ({
  slug: 'draft',
  name: 'Draft',
  issuer_url: 'https://issuer.example',
  client_id: 'atelier',
  ...more,
});

describe('the secret of a client', () => {
  it('is never shown, and lies sealed in the database', async () => {
    const shown = await must(
      sso.atelier,
      200,
      'GET',
      `${ROOT}/${sso.providerId}`,
      undefined,
      sso.operator,
    );
    expect(shown).toMatchObject({
      slug: 'corporate',
      has_client_secret: true,
      domains: ['taken.example'],
      groups_claim: 'groups',
    });
    expect(shown).not.toHaveProperty('client_secret');
    const list = await must(sso.atelier, 200, 'GET', ROOT, undefined, sso.operator);
    const [row] = await sso.atelier.app
      .get(ManagedDataSource)
      .query<object[]>('SELECT * FROM identity_providers');
    const [audited] = await sso.atelier.app
      .get(ManagedDataSource)
      .query<object[]>(
        `SELECT json_agg(e) AS events FROM audit_events e WHERE target_type = 'identity_provider'`,
      );
    expect(JSON.stringify([shown, list, row, audited])).not.toContain(CLIENT_SECRET);
    expect(row).toMatchObject({ client_secret_sealed: expect.stringMatching(/^v1\./) });
  });

  it('is needed again for another issuer, and for nothing else', async () => {
    const path = `${ROOT}/${sso.providerId}`;
    const moved = { issuer_url: 'https://other.example' };
    const refused = await call('PATCH', path, moved);
    expectProblem(refused, { status: 400, code: 'request.invalid', field: 'client_secret' });
    await sso.change({ name: 'Renamed', client_id: 'atelier' });
    await sso.change({ ...moved, client_secret: 'the secret of the other' });
    await sso.change({ issuer_url: sso.issuer.issuer, client_secret: CLIENT_SECRET });
    sso.issuer.people.set('ada', { email: 'ada@corp.example', email_verified: true, name: 'Ada' });
    await enter(sso, await signIn(sso, 'ada'));
  });

  it('may be taken away for a public client', async () => {
    const made = await must(
      sso.atelier,
      201,
      'POST',
      ROOT,
      draft({ slug: 'public-one', client_secret: 'x', groups_claim: 'g' }),
      sso.operator,
    );
    const changed = await must(
      sso.atelier,
      200,
      'PATCH',
      `${ROOT}/${made.id}`,
      { client_secret: null, groups_claim: null },
      sso.operator,
    );
    expect(changed).toMatchObject({ has_client_secret: false, groups_claim: null });
    expect(changed.name).toBe('Draft');
  });
});

describe('a provider', () => {
  it.each<[string, string, object]>([
    ['slug', 'of another form', { slug: 'Not A Slug' }],
    ['slug', 'that an address has', { slug: 'complete' }],
    ['issuer_url', 'that is none', { issuer_url: 'issuer.example' }],
    ['issuer_url', 'with a query', { issuer_url: 'https://issuer.example?x=1' }],
    ['issuer_url', 'with credentials', { issuer_url: 'https://user:pass@issuer.example' }],
    [
      'issuer_url',
      'of its metadata',
      { issuer_url: 'https://issuer.example/.well-known/openid-configuration' },
    ],
    ['issuer_url', 'of a metadata service', { issuer_url: 'https://169.254.169.254' }],
    ['scopes', 'without openid', { scopes: ['email'] }],
    ['scopes', 'with a space', { scopes: ['openid', 'a b'] }],
    ['domains', 'that are none', { domains: ['not a domain'] }],
    ['domains', 'as one text', { domains: 'example.com' }],
    ['name', 'left out', { name: undefined }],
    ['client_secret', 'that is empty', { client_secret: '' }],
    ['is_enabled', 'of another type', { is_enabled: 'yes' }],
    ['unknown', 'that nobody knows', { unknown: 1 }],
  ])('with a %s %s is refused', async (field, _what, change) => {
    const answer = await call('POST', ROOT, draft(change));
    expectProblem(answer, { status: 400, code: 'request.invalid', field });
  });

  it('shares neither its slug nor its domains', async () => {
    const twin = await call('POST', ROOT, draft({ slug: 'corporate' }));
    expectProblem(twin, { status: 409, code: 'request.conflict', field: 'slug' });
    const rival = await call('POST', ROOT, draft({ slug: 'rival', domains: ['TAKEN.example'] }));
    expectProblem(rival, { status: 409, code: 'request.conflict', field: 'domains' });
    expect(
      (await call('GET', ROOT)).body.data.map(({ slug }: { slug: string }) => slug),
    ).not.toContain('rival');
  });

  it('keeps what a change does not name, and refuses to lose what it needs', async () => {
    const refused = await call('PATCH', `${ROOT}/${sso.providerId}`, { name: null });
    expectProblem(refused, { status: 400, code: 'request.invalid', field: 'name' });
    const slug = await call('PATCH', `${ROOT}/${sso.providerId}`, { slug: 'another' });
    expectProblem(slug, { status: 400, code: 'request.invalid', field: 'slug' });
    expect(await sso.change({ name: 'Kept' })).toMatchObject({
      scopes: ['openid', 'email', 'profile', 'groups'],
      domains: ['taken.example'],
    });
  });

  it('is for operators alone', async () => {
    for (const [method, path, body] of [
      ['GET', ROOT],
      ['POST', ROOT, draft()],
      ['GET', `${ROOT}/${sso.providerId}`],
      ['DELETE', `${ROOT}/${sso.providerId}`],
    ] as const) {
      expectProblem(await call(method, path, body, person.session), {
        status: 403,
        code: 'rbac.operator_required',
      });
    }
    expectProblem(await call('GET', `${ROOT}/nobody`), { status: 404, code: 'request.not_found' });
  });

  it('that is deleted takes its mappings and the memberships they made along, not the accounts', async () => {
    const space = await must(
      sso.atelier,
      201,
      'POST',
      '/api/v1/search-spaces',
      { name: 'Design' },
      person.session,
    );
    const root = `/api/v1/search-spaces/${space.id}`;
    const mapping = { provider: 'corporate', group: 'design', role: 'Viewer' };
    await must(sso.atelier, 201, 'POST', `${root}/group-mappings`, mapping, person.session);
    sso.issuer.people.set('gil', {
      email: 'gil@corp.example',
      email_verified: true,
      groups: ['design'],
    });
    const session = await enter(sso, await signIn(sso, 'gil'));
    expect((await call('GET', `${root}/my-access`, undefined, session)).status).toBe(200);
    await must(sso.atelier, 204, 'DELETE', `${ROOT}/${sso.providerId}`, undefined, sso.operator);
    await vi.waitFor(async () => {
      expect((await call('GET', `${root}/my-access`, undefined, session)).status).toBe(404);
    }, WAIT);
    expect((await call('GET', '/api/v1/auth/me', undefined, session)).body).toMatchObject({
      email: 'gil@corp.example',
      name: 'gil',
    });
    expect(
      (await call('GET', `${root}/group-mappings`, undefined, person.session)).body.data,
    ).toEqual([]);
    expect((await call('GET', `${root}/my-access`, undefined, person.session)).body).toMatchObject({
      is_owner: true,
    });
    // The space's own trail says who it lost, and why.
    const trail = await call('GET', `${root}/audit-events`, undefined, person.session);
    const reason = 'identity_provider_deleted:corporate';
    for (const action of ['member.removed', 'group_mapping.deleted']) {
      const entry = { action, before: { role: 'Viewer' }, after: { reason } };
      expect(trail.body.data).toContainEqual(expect.objectContaining(entry));
    }
  });
});

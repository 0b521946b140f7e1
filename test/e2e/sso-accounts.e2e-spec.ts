// Proves who an issuer's people become here: nobody's account is taken over, forced domains have one way in and operators
// a second, groups give roles and take them back, and nobody gives by a group what they do not hold.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { request } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, must, type Person } from '../setup/people.js';
import { enter, signIn, type SsoApplication, startSso, whoAmI } from '../setup/sso-application.js';

const WAIT = { timeout: 30_000, interval: 200 };
const PASSWORD = 'a password that is long enough';
const PROVIDERS = '/api/v1/auth/oidc/providers';

let sso: SsoApplication;
let owner: Person;
let spaceId: string;

beforeAll(async () => {
  sso = await startSso();
  owner = await createPerson(sso.atelier, 'owner');
  const space = await must(
    sso.atelier,
    201,
    'POST',
    '/api/v1/search-spaces',
    { name: 'Design' },
    owner.session,
  );
  spaceId = space.id;
});
afterAll(() => sso.stop());

const people = () => sso.issuer.people;
const call = (method: string, path: string, body?: unknown, headers: object = sso.operator) =>
  request(`${sso.atelier.baseUrl}${path}`, method, body, headers);
const createUser = (email: string, more: object = {}) =>
  must(
    sso.atelier,
    201,
    'POST',
    '/api/v1/users',
    { email, password: PASSWORD, name: 'Local', ...more },
    sso.operator,
  );
const login = (email: string, password = PASSWORD) =>
  call('POST', '/api/v1/auth/login', { email, password }, {});
/** The page of a refused sign-in. */
async function expectRefused(name: string, reason: RegExp): Promise<void> {
  const page = await signIn(sso, name);
  expect({ status: page.status, body: page.body }).toMatchObject({
    status: 403,
    body: expect.stringMatching(reason),
  });
}

describe('a person of the issuer', () => {
  it('without a verified address is turned away, and let in where the operator trusts the issuer so far', async () => {
    people().set('vera', { email: 'vera@corp.example', email_verified: false, name: 'Vera' });
    await expectRefused('vera', /not verified your e-mail/);
    await sso.change({ require_verified_email: false });
    await enter(sso, await signIn(sso, 'vera'));
    await sso.change({ require_verified_email: true });
  });

  it('without an address is turned away', async () => {
    people().set('nameless', { name: 'Nobody' });
    await expectRefused('nameless', /tells no e-mail address/);
  });

  it('does not take an account over by its address, even a verified one', async () => {
    const local = await createUser('local@other.example');
    people().set('thief', { email: 'local@other.example', email_verified: true, name: 'Thief' });
    await expectRefused('thief', /may not take it over/);
    expect((await login('local@other.example')).status).toBe(200);
    const user = await must(
      sso.atelier,
      200,
      'GET',
      `/api/v1/users/${local.id}`,
      undefined,
      sso.operator,
    );
    expect(user.name).toBe('Local');
  });

  it('is linked to the account of their address where the operator gave the domain to the issuer', async () => {
    const local = await createUser('lin@linked.example');
    await sso.change({ domains: ['linked.example'] });
    people().set('lin', { email: 'lin@linked.example', email_verified: true, name: 'Lin' });
    const me = await whoAmI(sso, await enter(sso, await signIn(sso, 'lin')));
    expect(me.body).toMatchObject({ id: local.id, name: 'Lin' });
  });

  it('is not linked by an unverified address, whatever else is trusted', async () => {
    await createUser('una@linked.example');
    await sso.change({ require_verified_email: false });
    people().set('una', { email: 'una@linked.example', email_verified: false, name: 'Una' });
    await expectRefused('una', /not verified your e-mail/);
    await sso.change({ require_verified_email: true });
  });

  it('of a domain that another provider has is sent there', async () => {
    const body = {
      slug: 'second',
      name: 'Second',
      issuer_url: sso.issuer.issuer,
      client_id: 'x',
      domains: ['second.example'],
    };
    const made = await must(sso.atelier, 201, 'POST', PROVIDERS, body, sso.operator);
    people().set('sue', { email: 'sue@second.example', email_verified: true, name: 'Sue' });
    await expectRefused('sue', /signs in elsewhere/);
    await must(sso.atelier, 204, 'DELETE', `${PROVIDERS}/${made.id}`, undefined, sso.operator);
  });

  it('gets no account where none are made', async () => {
    await sso.change({ allow_sign_up: false });
    people().set('late', { email: 'late@corp.example', email_verified: true, name: 'Late' });
    await expectRefused('late', /makes none/);
    await sso.change({ allow_sign_up: true });
  });

  it('who is disabled here stays out', async () => {
    people().set('dora', { email: 'dora@corp.example', email_verified: true, name: 'Dora' });
    const session = await enter(sso, await signIn(sso, 'dora'));
    const { id } = (await whoAmI(sso, session)).body;
    await must(
      sso.atelier,
      200,
      'PATCH',
      `/api/v1/users/${id}`,
      { status: 'disabled' },
      sso.operator,
    );
    await expectRefused('dora', /disabled/);
  });
});

describe('a forced domain', () => {
  it('has no password login, and the answer names the way in, whoever is asked for', async () => {
    await createUser('fay@forced.example');
    expect((await login('fay@forced.example')).status).toBe(200);
    await sso.change({ domains: ['linked.example', 'Forced.Example'] });
    for (const [email, password] of [
      ['fay@forced.example', PASSWORD],
      ['fay@forced.example', 'wrong password'],
      ['nobody@forced.example', PASSWORD],
    ] as const) {
      const answer = await login(email, password);
      expectProblem(answer, { status: 403, code: 'sso.required' });
      expect(answer.body).toMatchObject({
        start_url: sso.startUrl,
        detail: expect.stringContaining(sso.startUrl),
      });
    }
  });

  it('has no way round by a reset', async () => {
    const user = await createUser('rae@reset.example');
    const reset = await must(
      sso.atelier,
      201,
      'POST',
      `/api/v1/users/${user.id}/reset-password`,
      undefined,
      sso.operator,
    );
    await sso.change({ domains: ['linked.example', 'forced.example', 'reset.example'] });
    const body = { token: reset.reset_token, password: 'another password, as long' };
    const answer = await call('POST', '/api/v1/auth/reset-password', body, {});
    expectProblem(answer, { status: 403, code: 'sso.required' });
  });

  it('leaves operators a password, unless the provider says otherwise', async () => {
    await createUser('ops@forced.example', { is_operator: true });
    expect((await login('ops@forced.example')).status).toBe(200);
    expectProblem(await login('ops@forced.example', 'wrong password'), {
      status: 403,
      code: 'sso.required',
    });
    await sso.change({ allow_operator_password: false });
    expectProblem(await login('ops@forced.example'), { status: 403, code: 'sso.required' });
    await sso.change({ allow_operator_password: true });
  });

  it('is free again when its provider is switched off', async () => {
    await sso.change({ is_enabled: false });
    await vi.waitFor(
      async () => expect((await login('fay@forced.example')).status).toBe(200),
      WAIT,
    );
    expectProblem(await call('GET', new URL(sso.startUrl).pathname), {
      status: 404,
      code: 'request.not_found',
    });
    await sso.change({ is_enabled: true });
  });
});

describe('a group mapping', () => {
  const path = () => `/api/v1/search-spaces/${spaceId}/group-mappings`;
  const access = (session: object) =>
    call('GET', `/api/v1/search-spaces/${spaceId}/my-access`, undefined, session);
  const join = async (name: string) => enter(sso, await signIn(sso, name));

  it('gives members of a group a role at their next sign-in, changes it and takes it back', async () => {
    const body = { provider: 'corporate', group: 'design', role: 'Viewer' };
    const mapping = await must(sso.atelier, 201, 'POST', path(), body, owner.session);
    expect(mapping).toMatchObject(body);
    await must(
      sso.atelier,
      201,
      'POST',
      path(),
      { ...body, group: 'leads', role: 'Editor' },
      owner.session,
    );
    people().set('gil', {
      email: 'gil@corp.example',
      email_verified: true,
      name: 'Gil',
      groups: ['design'],
    });
    expect((await access(await join('gil'))).body).toMatchObject({ role_name: 'Viewer' });
    people().set('gil', { ...people().get('gil'), groups: ['design', 'leads'] });
    const session = await join('gil');
    expect((await access(session)).body).toMatchObject({ role_name: 'Editor' });
    people().set('gil', { ...people().get('gil'), groups: [] });
    await join('gil');
    await vi.waitFor(async () => expect((await access(session)).status).toBe(404), WAIT);
    const events = await must(
      sso.atelier,
      200,
      'GET',
      `/api/v1/search-spaces/${spaceId}/audit-events`,
      undefined,
      owner.session,
    );
    const actions = events.data.map(
      (event: { action: string; actor_kind: string }) => `${event.action} ${event.actor_kind}`,
    );
    expect(actions).toEqual(
      expect.arrayContaining([
        'group_mapping.created user',
        'member.added system',
        'member.role_changed system',
        'member.removed system',
      ]),
    );
  });

  it('leaves memberships alone that were made by hand', async () => {
    people().set('han', {
      email: 'han@corp.example',
      email_verified: true,
      name: 'Han',
      groups: [],
    });
    await join('han');
    const member = { email: 'han@corp.example', role: 'Editor' };
    await must(
      sso.atelier,
      201,
      'POST',
      `/api/v1/search-spaces/${spaceId}/members`,
      member,
      owner.session,
    );
    people().set('han', { ...people().get('han'), groups: ['design'] });
    expect((await access(await join('han'))).body).toMatchObject({ role_name: 'Editor' });
    people().set('han', { ...people().get('han'), groups: [] });
    expect((await access(await join('han'))).body).toMatchObject({ role_name: 'Editor' });
  });

  it('never gives ownership, nor what its maker does not hold', async () => {
    const asOwner = await call(
      'POST',
      path(),
      { provider: 'corporate', group: 'x', role: 'Owner' },
      owner.session,
    );
    expectProblem(asOwner, { status: 400, code: 'request.invalid', field: 'role' });
    const limited = { name: 'Role giver', permissions: ['members:manage_roles', 'members:view'] };
    await must(
      sso.atelier,
      201,
      'POST',
      `/api/v1/search-spaces/${spaceId}/roles`,
      limited,
      owner.session,
    );
    const giver = await createPerson(sso.atelier, 'giver');
    await must(
      sso.atelier,
      201,
      'POST',
      `/api/v1/search-spaces/${spaceId}/members`,
      { email: giver.email, role: 'Role giver' },
      owner.session,
    );
    const beyond = { provider: 'corporate', group: 'x', role: 'Editor' };
    expectProblem(await call('POST', path(), beyond, giver.session), {
      status: 403,
      code: 'rbac.permission_denied',
    });
    const within = await call('POST', path(), { ...beyond, role: 'Role giver' }, giver.session);
    expect(within.status).toBe(201);
    expectProblem(
      await call('PATCH', `${path()}/${within.body.id}`, { role: 'Editor' }, giver.session),
      { status: 403, code: 'rbac.permission_denied' },
    );
    const { data } = await must(sso.atelier, 200, 'GET', path(), undefined, owner.session);
    const leads = data.find(({ group }: { group: string }) => group === 'leads');
    expectProblem(await call('DELETE', `${path()}/${leads.id}`, undefined, giver.session), {
      status: 403,
      code: 'rbac.permission_denied',
    });
  });

  it('is changed, read and deleted by who may, and found by nobody else', async () => {
    const body = { provider: 'corporate', group: 'short-lived', role: 'Viewer' };
    const { id } = await must(sso.atelier, 201, 'POST', path(), body, owner.session);
    expectProblem(await call('POST', path(), body, owner.session), {
      status: 409,
      code: 'request.conflict',
    });
    expectProblem(await call('POST', path(), { ...body, provider: 'nobody' }, owner.session), {
      status: 400,
      code: 'request.invalid',
      field: 'provider',
    });
    const changed = await must(
      sso.atelier,
      200,
      'PATCH',
      `${path()}/${id}`,
      { role: 'Editor' },
      owner.session,
    );
    expect(changed.role).toBe('Editor');
    const stranger = await createPerson(sso.atelier, 'stranger');
    const foreign = await must(
      sso.atelier,
      201,
      'POST',
      '/api/v1/search-spaces',
      { name: 'Foreign' },
      stranger.session,
    );
    expectProblem(await call('GET', `${path()}/${id}`, undefined, stranger.session), {
      status: 404,
      code: 'request.not_found',
    });
    const wrong = `/api/v1/search-spaces/${foreign.id}/group-mappings/${id}`;
    for (const method of ['GET', 'DELETE']) {
      expectProblem(await call(method, wrong, undefined, stranger.session), {
        status: 404,
        code: 'request.not_found',
      });
    }
    await must(sso.atelier, 204, 'DELETE', `${path()}/${id}`, undefined, owner.session);
    expectProblem(await call('GET', `${path()}/${id}`, undefined, owner.session), {
      status: 404,
      code: 'request.not_found',
    });
  });

  it('keeps its role from being deleted, until the role is given by no mapping', async () => {
    const roles = `/api/v1/search-spaces/${spaceId}/roles`;
    const named = { name: 'Mapped', permissions: ['chats:read'] };
    const role = await must(sso.atelier, 201, 'POST', roles, named, owner.session);
    const body = { provider: 'corporate', group: 'mapped', role: 'Mapped' };
    const { id } = await must(sso.atelier, 201, 'POST', path(), body, owner.session);
    const refused = await call('DELETE', `${roles}/${role.id}`, undefined, owner.session);
    expectProblem(refused, { status: 409, code: 'request.conflict' });
    expect(refused.body.detail).toMatch(/Group mappings give it/);
    await must(sso.atelier, 200, 'GET', `${path()}/${id}`, undefined, owner.session);
    await must(sso.atelier, 204, 'DELETE', `${path()}/${id}`, undefined, owner.session);
    await must(sso.atelier, 204, 'DELETE', `${roles}/${role.id}`, undefined, owner.session);
  });
});

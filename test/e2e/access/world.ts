/** People, spaces and what is in them, made through the routes of a running application. */
import { randomBytes } from 'node:crypto';
import { newId } from '../../../src/common/ids.js';
import { isOperatorScope, SCOPES } from '../../../src/common/permission.js';
import type { TestApplication } from '../../setup/application.js';
import { grant, must, operatorOf } from '../../setup/people.js';
import {
  createPriceOverride,
  createPriceRule,
  createPurchase,
  createReconciliationItem,
} from './books.js';
import { createConnection, createConnectionModel } from './connections.js';
import type { Ids } from './ids.js';
import { createPartIds, createRandomPartIds } from './parts.js';

export type { Ids } from './ids.js';

export type Credentials = Record<string, string>;

export const PASSWORD = 'a password that is long enough';
/** Names no scope that any route of the service asks for. */
const NARROW_SCOPES = ['chatbot.chat'];
const FULL_SCOPES = SCOPES.filter((scope) => !isOperatorScope(scope));

export interface Actor {
  id: string;
  email: string;
  refreshToken: string;
  session: Credentials;
}

/** Made once: passwords are slow on purpose. */
export interface Cast {
  owner: Actor;
  editor: Actor;
  viewer: Actor;
  foreign: Actor;
  /** A Viewer of the space, whom others change. */
  member: Actor;
  /** Of no space. */
  stranger: Actor;
}

export interface World {
  ids: Ids;
  narrowKey: Credentials;
  fullKey: Credentials;
}

/** Settings under which many callers of one address are not taken for one who guesses. */
export const PATIENT_SETTINGS = {
  LOGIN_RPM: '100000',
  LOGIN_ACCOUNT_FAILURES: '100000',
  OUTBOUND_ALLOW: '127.0.0.1',
};

export async function createCast(atelier: TestApplication): Promise<Cast> {
  const names = ['owner', 'editor', 'viewer', 'foreign', 'member', 'stranger'] as const;
  const actors = await Promise.all(
    names.map(async (name) => [name, await createActor(atelier, name)] as const),
  );
  return Object.fromEntries(actors) as unknown as Cast;
}

async function createActor(atelier: TestApplication, name: string): Promise<Actor> {
  const email = `${name}-${newId()}@example.com`;
  const user = { email, password: PASSWORD, name };
  const made = await must(atelier, 201, 'POST', '/api/v1/users', user, operatorOf(atelier));
  return { id: made.id, email, ...(await login(atelier, email)) };
}

export async function login(
  atelier: TestApplication,
  email: string,
  password = PASSWORD,
): Promise<Pick<Actor, 'refreshToken' | 'session'>> {
  const tokens = await must(atelier, 200, 'POST', '/api/v1/auth/login', { email, password }, {});
  const session = { authorization: `Bearer ${tokens.access_token}` };
  return { refreshToken: tokens.refresh_token, session };
}

/** A space of the owner's with an editor, a viewer and one more member, and one of everything in it. */
export async function createWorld(
  atelier: TestApplication,
  cast: Cast,
  owner: Actor,
  provider: Pick<Ids, 'provider' | 'slug'>,
): Promise<World> {
  const space = await createFullSpace(atelier, cast, owner);
  await grant(atelier, space, owner.session, 1_000_000);
  const as = (method: string, path: string, body?: object) =>
    must(atelier, method === 'GET' ? 200 : 201, method, path, body, owner.session);
  const wallets = await as('GET', `/api/v1/billing/wallets?search_space_id=${space}`);
  const ledger = await as('GET', `/api/v1/billing/wallets/${wallets.data[0].id}/ledger`);
  const generation = await createGeneration(atelier, owner, space);
  const invite = await createInvite(atelier, owner, space);
  const narrow = await createKey(atelier, owner, space, NARROW_SCOPES);
  const full = await createKey(atelier, owner, space, FULL_SCOPES);
  const connection = await createConnection(atelier, owner, space);
  const sessions = await as('GET', '/api/v1/auth/sessions');
  const current = sessions.data.find((one: { is_current: boolean }) => one.is_current);
  return {
    ids: {
      space,
      role: await createRole(atelier, owner, space),
      invite: invite.id,
      code: invite.code,
      member: cast.member.id,
      user: cast.stranger.id,
      email: cast.stranger.email,
      wallet: wallets.data[0].id,
      otherWallet: await createWallet(atelier, owner),
      transaction: ledger.data[0].id,
      reconciliationItem: await createReconciliationItem(atelier),
      budget: await createBudget(atelier, owner, space),
      purchase: await createPurchase(atelier, owner, space),
      priceOverride: await createPriceOverride(atelier),
      priceRule: await createPriceRule(atelier),
      route: await createRoute(atelier),
      errorRule: await createErrorRule(atelier),
      houseConnection: 'env:embedded',
      connection,
      connectionModel: await createConnectionModel(atelier, owner, connection),
      subscription: await createSubscription(atelier, await createSpace(atelier, owner)),
      paymentProvider: 'stripe',
      collection: await createCollection(atelier, owner, space),
      generation: generation.id,
      imageToken: generation.token,
      key: (await createKey(atelier, owner, space, ['images.read'])).id,
      session: current.id,
      serviceAccount: await createServiceAccount(atelier, owner, space),
      ...provider,
      mapping: await createMapping(atelier, owner, space, provider.slug),
      refreshToken: 'none',
      resetToken: 'none',
      ...(await createPartIds({ atelier, owner, space, generation: generation.id })),
    },
    narrowKey: narrow.headers,
    fullKey: full.headers,
  };
}

/** Ids of the same form, of nothing. */
export function createRandomIds(): Ids {
  return {
    space: newId(),
    role: newId(),
    invite: newId(),
    code: randomBytes(24).toString('base64url'),
    member: newId(),
    user: newId(),
    email: 'nobody@example.com',
    wallet: newId(),
    otherWallet: newId(),
    transaction: newId(),
    reconciliationItem: newId(),
    budget: newId(),
    purchase: newId(),
    priceOverride: newId(),
    priceRule: newId(),
    route: newId(),
    errorRule: newId(),
    houseConnection: `env:${newId()}`,
    connection: newId(),
    connectionModel: newId(),
    subscription: newId(),
    paymentProvider: 'stripe',
    collection: newId(),
    generation: newId(),
    imageToken: 'none',
    key: newId(),
    session: newId(),
    serviceAccount: newId(),
    provider: newId(),
    slug: 'unknown',
    mapping: newId(),
    refreshToken: 'none',
    resetToken: 'none',
    ...createRandomPartIds(),
  };
}

export async function createSpace(atelier: TestApplication, owner: Actor): Promise<string> {
  const body = { name: `Space ${newId()}` };
  return (await must(atelier, 201, 'POST', '/api/v1/search-spaces', body, owner.session)).id;
}

/** With an editor, a viewer and one more member. */
export async function createFullSpace(
  atelier: TestApplication,
  cast: Cast,
  owner: Actor,
): Promise<string> {
  const space = await createSpace(atelier, owner);
  const path = `/api/v1/search-spaces/${space}/members`;
  const members =
    owner === cast.owner
      ? ([
          [cast.editor, 'Editor'],
          [cast.viewer, 'Viewer'],
          [cast.member, 'Viewer'],
        ] as const)
      : [];
  for (const [{ email }, role] of members) {
    await must(atelier, 201, 'POST', path, { email, role }, owner.session);
  }
  return space;
}

/** One that only warns. */
export function toBudget(space: string): object {
  return {
    name: `Budget ${newId()}`,
    scope: 'space',
    search_space_id: space,
    mode: 'soft',
    period: 'month',
    limit_micros: 1_000_000,
  };
}

export async function createBudget(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<string> {
  const path = '/api/v1/billing/budgets';
  return (await must(atelier, 201, 'POST', path, toBudget(space), owner.session)).id;
}

export async function createRole(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<string> {
  const body = { name: `Role ${newId()}`, permissions: ['image_generations:read'] };
  const path = `/api/v1/search-spaces/${space}/roles`;
  return (await must(atelier, 201, 'POST', path, body, owner.session)).id;
}

export async function createInvite(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<{ id: string; code: string }> {
  const path = `/api/v1/search-spaces/${space}/invites`;
  const made = await must(atelier, 201, 'POST', path, { role: 'Viewer' }, owner.session);
  return { id: made.id, code: made.code };
}

export async function createCollection(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<string> {
  const body = { search_space_id: space, name: `Collection ${newId()}` };
  return (await must(atelier, 201, 'POST', '/api/v1/collections', body, owner.session)).id;
}

export async function createGeneration(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<{ id: string; token: string }> {
  const body = { search_space_id: space, prompt: 'a lighthouse at dawn', size: '32x32' };
  const path = '/api/v1/image-generations';
  const made = await must(atelier, 201, 'POST', path, body, owner.session);
  const token = new URL(made.images[0].url).searchParams.get('token') ?? '';
  return { id: made.id, token };
}

export async function createKey(
  atelier: TestApplication,
  owner: Actor,
  space: string,
  scopes: readonly string[],
): Promise<{ id: string; headers: Credentials }> {
  const body = { name: 'A key', search_space_id: space, scopes };
  const made = await must(atelier, 201, 'POST', '/api/v1/api-keys', body, owner.session);
  return { id: made.id, headers: { authorization: `Bearer ${made.key}` } };
}

export async function createServiceAccount(
  atelier: TestApplication,
  owner: Actor,
  space: string,
): Promise<string> {
  const body = { name: `Account ${newId()}`, role: 'Viewer' };
  const path = `/api/v1/search-spaces/${space}/service-accounts`;
  return (await must(atelier, 201, 'POST', path, body, owner.session)).id;
}

/** An identity provider of the whole service. */
export async function createProvider(
  atelier: TestApplication,
  issuerUrl: string,
): Promise<Pick<Ids, 'provider' | 'slug'>> {
  const slug = `p${newId().slice(-12)}`;
  const body = {
    slug,
    name: 'Corporate',
    issuer_url: issuerUrl,
    client_id: slug,
    groups_claim: 'groups',
  };
  const path = '/api/v1/auth/oidc/providers';
  return { slug, provider: (await must(atelier, 201, 'POST', path, body, operatorOf(atelier))).id };
}

export async function createMapping(
  atelier: TestApplication,
  owner: Actor,
  space: string,
  provider: string,
): Promise<string> {
  const body = { provider, group: `group ${newId()}`, role: 'Viewer' };
  const path = `/api/v1/search-spaces/${space}/group-mappings`;
  return (await must(atelier, 201, 'POST', path, body, owner.session)).id;
}

/** A token with which the stranger sets a new password. */
export async function createReset(atelier: TestApplication, userId: string): Promise<string> {
  const path = `/api/v1/users/${userId}/reset-password`;
  const made = await must(atelier, 201, 'POST', path, undefined, operatorOf(atelier));
  return made.reset_token;
}

/** The wallet of a new space. */
async function createWallet(atelier: TestApplication, owner: Actor): Promise<string> {
  const space = await createSpace(atelier, owner);
  const path = `/api/v1/billing/wallets?search_space_id=${space}`;
  return (await must(atelier, 200, 'GET', path, undefined, owner.session)).data[0].id;
}

/** A name that nobody asks for. */
export async function createRoute(atelier: TestApplication): Promise<string> {
  const body = { name: newId(), candidates: [{ model: 'embedded-image' }] };
  return (await must(atelier, 201, 'POST', '/api/v1/routes', body, operatorOf(atelier))).id;
}

/** Of a status that no vendor answers with. */
export async function createErrorRule(atelier: TestApplication): Promise<string> {
  const body = { name: newId(), error_codes: [599] };
  return (await must(atelier, 201, 'POST', '/api/v1/error-rules', body, operatorOf(atelier))).id;
}

/** One that pays for nothing yet. */
export async function createSubscription(atelier: TestApplication, space: string): Promise<string> {
  const body = {
    search_space_id: space,
    name: 'Studio',
    starts_at: '2098-01-01T00:00:00Z',
    expires_at: '2099-01-01T00:00:00Z',
    month_limit_micros: 1,
  };
  const path = '/api/v1/billing/subscriptions';
  return (await must(atelier, 201, 'POST', path, body, operatorOf(atelier))).id;
}

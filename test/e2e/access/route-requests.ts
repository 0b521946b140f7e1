/** What is sent to each route: its path filled in, its query, and a body that it takes. */
import { newId } from '../../../src/common/ids.js';
import { ADMIN_EMAIL, ADMIN_PASSWORD, type TestApplication } from '../../setup/application.js';
import type { CallerName } from './access-matrix.js';
import { createPriceOverride, createPriceRule, createReconciliationItem, prove } from './books.js';
import { createConnection, createConnectionModel, NOWHERE, toConnection } from './connections.js';
import { PART_PATHS, PART_REQUESTS } from './parts.js';
import * as world from './world.js';
import type { Actor, Cast, Credentials, Ids } from './world.js';

export interface Stage {
  atelier: TestApplication;
  cast: Cast;
  issuerUrl: string;
  /** Of the space in which the callers are members. */
  ids: Ids;
}

/** What a caller who passes may use up: ids in place of the standing ones, and a session of its own. */
export interface Fresh extends Partial<Ids> {
  as?: Credentials;
}

export interface RouteRequest {
  query?: (ids: Ids) => Record<string, string>;
  headers?: (ids: Ids) => Record<string, string>;
  body?: (ids: Ids) => object;
  prepare?: (stage: Stage, caller: CallerName) => Promise<Fresh>;
}

const inSpace = { query: ({ space }: Ids) => ({ search_space_id: space }) };
const picture = { prompt: 'a lighthouse at dawn', size: '32x32' };

const freshSpace = async ({ atelier, cast }: Stage): Promise<Fresh> => ({
  space: await world.createFullSpace(atelier, cast, cast.owner),
});
const freshKey = async ({ atelier, cast, ids }: Stage): Promise<Fresh> => ({
  key: (await world.createKey(atelier, cast.owner, ids.space, ['images.read'])).id,
});

/** What is not here is sent bare. */
export const REQUESTS: Readonly<Record<string, RouteRequest>> = {
  ...PART_REQUESTS,
  'POST /api/v1/auth/login': {
    prepare: async ({ cast }) => ({ email: cast.owner.email }),
    body: ({ email }) => ({ email, password: world.PASSWORD }),
  },
  'POST /api/v1/auth/refresh': {
    prepare: async ({ atelier, cast }) => {
      const { refreshToken } = await world.login(atelier, cast.stranger.email);
      return { refreshToken };
    },
    body: ({ refreshToken }) => ({ refresh_token: refreshToken }),
  },
  'POST /api/v1/auth/reset-password': {
    prepare: async ({ atelier, cast }) => ({
      resetToken: await world.createReset(atelier, cast.stranger.id),
    }),
    body: ({ resetToken }) => ({ token: resetToken, password: world.PASSWORD }),
  },
  'GET /api/v1/image-generations/{id}/image': {
    query: ({ imageToken }) => ({ index: '0', token: imageToken }),
  },
  'POST /api/v1/auth/oidc/exchange': { body: () => ({ code: 'x'.repeat(43) }) },
  'GET /api/v1/auth/oidc/{slug}/callback': { query: () => ({ state: 'unknown', code: 'x' }) },
  'POST /api/v1/auth/oidc/providers': {
    body: () => ({
      slug: `p${newId().slice(-12)}`,
      name: 'Corporate',
      issuer_url: 'https://login.example.com',
      client_id: newId(),
    }),
  },
  'PATCH /api/v1/auth/oidc/providers/{id}': { body: () => ({ name: 'Corporate' }) },
  'DELETE /api/v1/auth/oidc/providers/{id}': {
    prepare: ({ atelier, issuerUrl }) => world.createProvider(atelier, issuerUrl),
  },
  'PATCH /api/v1/auth/me': { body: () => ({ name: 'Ada' }) },
  'POST /api/v1/auth/logout': { prepare: freshSession },
  // Too short a password: the gate is passed, and the session of the others goes on.
  'POST /api/v1/auth/change-password': {
    body: () => ({ current_password: world.PASSWORD, new_password: 'short' }),
  },
  'DELETE /api/v1/auth/sessions/{id}': {
    async prepare({ atelier, cast }) {
      await world.login(atelier, cast.owner.email);
      const sessions = '/api/v1/auth/sessions';
      const open = await atelier.call('GET', sessions, undefined, cast.owner.session);
      const other = open.body.data.find((one: { is_current: boolean }) => !one.is_current);
      return { session: other.id };
    },
  },
  'POST /api/v1/search-spaces': { body: () => ({ name: 'Marketing' }) },
  'POST /api/v1/invites/{code}/accept': {
    async prepare({ atelier, cast }) {
      const space = await world.createSpace(atelier, cast.owner);
      return { code: (await world.createInvite(atelier, cast.owner, space)).code };
    },
  },
  'POST /api/v1/users': {
    body: () => ({ email: `${newId()}@example.com`, password: world.PASSWORD, name: 'Ada' }),
  },
  'PATCH /api/v1/users/{id}': { body: () => ({ name: 'Ada' }) },
  'POST /api/v1/billing/wallets/{walletId}/grants': {
    body: () => ({ amount_micros: 1, reason: 'Budget of March' }),
  },
  'POST /api/v1/billing/wallets/{walletId}/transfers': {
    body: ({ otherWallet }) => ({ to_wallet_id: otherWallet, amount_micros: 1, reason: 'Moved' }),
  },
  'POST /api/v1/billing/wallets/{walletId}/adjustments': {
    body: ({ transaction }) => ({
      amount_micros: 1,
      reason: 'Too little',
      corrects_transaction_id: transaction,
    }),
  },
  'PATCH /api/v1/billing/wallets/{walletId}': { body: () => ({ overdraft_micros: 0 }) },
  'GET /api/v1/billing/proof': {
    async prepare({ atelier }) {
      await prove(atelier);
      return {};
    },
  },
  'POST /api/v1/billing/reconciliation/{id}/resolve': {
    prepare: async ({ atelier }) => ({
      reconciliationItem: await createReconciliationItem(atelier),
    }),
    body: () => ({ note: 'The vendor did not bill it' }),
  },
  'PATCH /api/v1/search-spaces/{spaceId}': { body: () => ({ description: 'Pictures' }) },
  'DELETE /api/v1/search-spaces/{spaceId}': { prepare: freshSpace },
  'POST /api/v1/search-spaces/{spaceId}/transfer-ownership': {
    prepare: freshSpace,
    body: ({ member }) => ({ user_id: member, role: 'Editor' }),
  },
  'POST /api/v1/search-spaces/{spaceId}/members': {
    prepare: freshSpace,
    body: ({ email }) => ({ email, role: 'Viewer' }),
  },
  'PATCH /api/v1/search-spaces/{spaceId}/members/{userId}': {
    body: () => ({ role: 'Viewer' }),
  },
  'DELETE /api/v1/search-spaces/{spaceId}/members/{userId}': { prepare: freshSpace },
  'DELETE /api/v1/search-spaces/{spaceId}/members/me': { prepare: freshSpace },
  'POST /api/v1/search-spaces/{spaceId}/roles': {
    body: () => ({ name: `Role ${newId()}`, permissions: ['image_generations:read'] }),
  },
  'PATCH /api/v1/search-spaces/{spaceId}/roles/{roleId}': {
    body: () => ({ description: 'Looks on' }),
  },
  'DELETE /api/v1/search-spaces/{spaceId}/roles/{roleId}': {
    prepare: async ({ atelier, cast, ids }) => ({
      role: await world.createRole(atelier, cast.owner, ids.space),
    }),
  },
  'POST /api/v1/search-spaces/{spaceId}/invites': { body: () => ({ role: 'Viewer' }) },
  'DELETE /api/v1/search-spaces/{spaceId}/invites/{inviteId}': {
    prepare: async ({ atelier, cast, ids }) => ({
      invite: (await world.createInvite(atelier, cast.owner, ids.space)).id,
    }),
  },
  'POST /api/v1/search-spaces/{spaceId}/group-mappings': {
    body: ({ slug }) => ({ provider: slug, group: newId(), role: 'Viewer' }),
  },
  'PATCH /api/v1/search-spaces/{spaceId}/group-mappings/{mappingId}': {
    body: () => ({ role: 'Viewer' }),
  },
  'DELETE /api/v1/search-spaces/{spaceId}/group-mappings/{mappingId}': {
    prepare: async ({ atelier, cast, ids }) => ({
      mapping: await world.createMapping(atelier, cast.owner, ids.space, ids.slug),
    }),
  },
  'POST /api/v1/search-spaces/{spaceId}/service-accounts': {
    body: () => ({ name: 'Nightly renderer', role: 'Viewer' }),
  },
  'DELETE /api/v1/search-spaces/{spaceId}/service-accounts/{id}': {
    prepare: async ({ atelier, cast, ids }) => ({
      serviceAccount: await world.createServiceAccount(atelier, cast.owner, ids.space),
    }),
  },
  'POST /api/v1/collections': {
    body: ({ space }) => ({ search_space_id: space, name: `Collection ${newId()}` }),
  },
  'GET /api/v1/collections': inSpace,
  'PATCH /api/v1/collections/{id}': { body: () => ({ description: 'For the windows' }) },
  'DELETE /api/v1/collections/{id}': {
    prepare: async ({ atelier, cast, ids }) => ({
      collection: await world.createCollection(atelier, cast.owner, ids.space),
    }),
  },
  'POST /api/v1/image-generations': {
    body: ({ space }) => ({ ...picture, search_space_id: space }),
  },
  'GET /api/v1/image-generations': inSpace,
  'DELETE /api/v1/image-generations/{id}': {
    prepare: async ({ atelier, cast, ids }) => ({
      generation: (await world.createGeneration(atelier, cast.owner, ids.space)).id,
    }),
  },
  'POST /api/v1/image-generations/quote': {
    body: ({ space }) => ({ ...picture, search_space_id: space }),
  },
  'GET /api/v1/billing/wallets': inSpace,
  'POST /api/v1/billing/budgets': { body: ({ space }) => world.toBudget(space) },
  'GET /api/v1/billing/budgets': inSpace,
  'GET /api/v1/billing/budgets/status': inSpace,
  'PUT /api/v1/billing/budgets/keys/{apiKeyId}': { body: () => ({ quota_micros: 1_000_000 }) },
  'PATCH /api/v1/billing/budgets/{id}': { body: () => ({ limit_micros: 2_000_000 }) },
  'DELETE /api/v1/billing/budgets/{id}': {
    prepare: async ({ atelier, cast, ids }) => ({
      budget: await world.createBudget(atelier, cast.owner, ids.space),
    }),
  },
  'GET /api/v1/billing/subscriptions': inSpace,
  'POST /api/v1/billing/prices/overrides': {
    body: () => ({ provider: 'nobody', model: newId(), unit: 'image', price_micros: 1 }),
  },
  'DELETE /api/v1/billing/prices/overrides/{id}': {
    prepare: async ({ atelier }) => ({ priceOverride: await createPriceOverride(atelier) }),
  },
  'POST /api/v1/billing/prices/import': {
    body: () => ({
      lines: [{ provider: 'nobody', model: 'none', unit: 'image', usd: 1 }],
      dry_run: true,
    }),
  },
  'POST /api/v1/billing/price-rules': {
    body: () => ({ scope: 'route', route: newId(), multiplier_bp: 10_000 }),
  },
  'PATCH /api/v1/billing/price-rules/{id}': { body: () => ({ note: 'Contract of March' }) },
  'DELETE /api/v1/billing/price-rules/{id}': {
    prepare: async ({ atelier }) => ({ priceRule: await createPriceRule(atelier) }),
  },
  'POST /api/v1/routes': { body: () => ({ name: newId(), candidates: [{ model: 'flux' }] }) },
  'PATCH /api/v1/routes/{id}': { body: () => ({ note: 'Contract of March' }) },
  'DELETE /api/v1/routes/{id}': {
    prepare: async ({ atelier }) => ({ route: await world.createRoute(atelier) }),
  },
  'POST /api/v1/error-rules': { body: () => ({ name: newId(), error_codes: [599] }) },
  'PATCH /api/v1/error-rules/{id}': { body: () => ({ priority: 7 }) },
  'DELETE /api/v1/error-rules/{id}': {
    prepare: async ({ atelier }) => ({ errorRule: await world.createErrorRule(atelier) }),
  },
  // It pays for nothing yet: the others' calls go on as they are.
  'POST /api/v1/billing/subscriptions': {
    body: ({ space }) => ({
      search_space_id: space,
      name: 'Studio',
      starts_at: '2098-01-01T00:00:00Z',
      expires_at: '2099-01-01T00:00:00Z',
      month_limit_micros: 1,
    }),
  },
  'PATCH /api/v1/billing/subscriptions/{id}': { body: () => ({ name: 'Studio' }) },
  'POST /api/v1/billing/subscriptions/{id}/end': {
    prepare: async (stage) => {
      const { space } = await freshSpace(stage);
      return { subscription: await world.createSubscription(stage.atelier, space!) };
    },
  },
  'GET /api/v1/billing/usage': inSpace,
  'GET /api/v1/billing/usage/export': inSpace,
  'GET /api/v1/billing/usage/report': inSpace,
  'GET /api/v1/billing/usage/report/export': inSpace,
  'GET /api/v1/billing/usage/members': inSpace,
  'GET /api/v1/providers/status/own': inSpace,
  'POST /api/v1/payments/webhook/{provider}': { body: () => ({ type: 'unsigned' }) },
  'POST /api/v1/billing/purchases': {
    body: ({ space }) => ({ search_space_id: space, quantity: 1 }),
  },
  'GET /api/v1/billing/purchases': inSpace,
  'GET /api/v1/billing/auto-reload': inSpace,
  'PUT /api/v1/billing/auto-reload': {
    body: ({ space }) => ({
      search_space_id: space,
      enabled: false,
      threshold_micros: 1_000_000,
      quantity: 10,
    }),
  },
  'POST /api/v1/connections': { body: ({ space }) => toConnection(space) },
  'GET /api/v1/connections': inSpace,
  'POST /api/v1/connections/test-preview': {
    body: () => ({ provider: 'openai', base_url: NOWHERE, api_key: 'none' }),
  },
  'POST /api/v1/connections/discover-preview': {
    body: () => ({ provider: 'openai', base_url: NOWHERE, api_key: 'none' }),
  },
  'PATCH /api/v1/connections/{id}': { body: () => ({ priority: 60 }) },
  'DELETE /api/v1/connections/{id}': {
    prepare: async ({ atelier, cast, ids }) => ({
      connection: await createConnection(atelier, cast.owner, ids.space),
    }),
  },
  'POST /api/v1/connections/{id}/models': { body: () => ({ name: newId(), kind: 'chat' }) },
  'POST /api/v1/connections/{id}/models/enable': {
    body: ({ connectionModel }) => ({ names: [connectionModel] }),
  },
  'PATCH /api/v1/connections/{id}/models/{name}': { body: () => ({ quality: 60 }) },
  'DELETE /api/v1/connections/{id}/models/{name}': {
    prepare: async ({ atelier, cast, ids }) => ({
      connectionModel: await createConnectionModel(atelier, cast.owner, ids.connection),
    }),
  },
  'PUT /api/v1/search-spaces/{spaceId}/model-preferences': {
    body: () => ({ image_model: 'auto' }),
  },
  'POST /api/v1/api-keys': {
    body: ({ space }) => ({ name: 'A key', search_space_id: space, scopes: ['images.read'] }),
  },
  'GET /api/v1/api-keys': inSpace,
  'PATCH /api/v1/api-keys/{id}': { body: () => ({ name: 'Build server' }) },
  'DELETE /api/v1/api-keys/{id}': { prepare: freshKey },
  'POST /api/v1/api-keys/{id}/activate': { prepare: freshKey },
  'POST /api/v1/api-keys/{id}/deactivate': { prepare: freshKey },
  'POST /api/v1/api-keys/{id}/rotate': { prepare: freshKey, body: () => ({ overlap_s: 60 }) },
};

async function freshSession({ atelier, cast }: Stage, caller: CallerName): Promise<Fresh> {
  const actors: Partial<Record<CallerName, Actor>> = { ...cast };
  const actor = actors[caller];
  const { session } = actor
    ? await world.login(atelier, actor.email)
    : await world.login(atelier, ADMIN_EMAIL, ADMIN_PASSWORD);
  return { as: session };
}

/** What `{name}` stands for where the name alone says it. */
const NAMED: Readonly<Record<string, keyof Ids>> = {
  spaceId: 'space',
  roleId: 'role',
  inviteId: 'invite',
  userId: 'member',
  walletId: 'wallet',
  code: 'code',
  mappingId: 'mapping',
  apiKeyId: 'key',
  name: 'connectionModel',
  model: 'connectionModel',
  slug: 'slug',
  provider: 'paymentProvider',
  deliveryId: 'webhookDelivery',
};

/** What `{id}` stands for, by the beginning of the path. */
const BY_PATH: readonly (readonly [string, keyof Ids])[] = [
  ...PART_PATHS,
  ['/api/v1/connections/{id}/clear-cooldown', 'houseConnection'],
  ['/api/v1/connections/', 'connection'],
  ['/api/v1/users/', 'user'],
  ['/api/v1/auth/oidc/providers/', 'provider'],
  ['/api/v1/search-spaces/{spaceId}/service-accounts/', 'serviceAccount'],
  ['/api/v1/auth/sessions/', 'session'],
  ['/api/v1/collections/', 'collection'],
  ['/api/v1/billing/budgets/', 'budget'],
  ['/api/v1/billing/reconciliation/', 'reconciliationItem'],
  ['/api/v1/billing/purchases/', 'purchase'],
  ['/api/v1/billing/prices/overrides/', 'priceOverride'],
  ['/api/v1/billing/price-rules/', 'priceRule'],
  ['/api/v1/routes/', 'route'],
  ['/api/v1/error-rules/', 'errorRule'],
  ['/api/v1/billing/subscriptions/', 'subscription'],
  ['/api/v1/image-generations/', 'generation'],
  ['/api/v1/api-keys/', 'key'],
];

/** Which ids stand in the path of a route, in their order. */
export function listPathIds(route: string): (keyof Ids)[] {
  const [, path = ''] = route.split(' ');
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const known = NAMED[name] ?? BY_PATH.find(([start]) => path.startsWith(start))?.[1];
    if (!known) throw new Error(`say in route-requests.ts what {${name}} of ${path} stands for`);
    return known;
  });
}

export interface ReadyRequest {
  method: string;
  path: string;
  body: object | undefined;
  headers: Record<string, string>;
}

/** The request to a route about these ids. */
export function toRequest(route: string, ids: Ids): ReadyRequest {
  const [method = '', pattern = ''] = route.split(' ');
  const { query, headers, body } = REQUESTS[route] ?? {};
  const names = listPathIds(route);
  const path = pattern.replaceAll(/\{\w+\}/g, () => {
    const name = names.shift();
    return name ? ids[name] : '';
  });
  const text = new URLSearchParams(query?.(ids) ?? {}).toString();
  return {
    method,
    path: text === '' ? path : `${path}?${text}`,
    body: body?.(ids),
    headers: headers?.(ids) ?? {},
  };
}

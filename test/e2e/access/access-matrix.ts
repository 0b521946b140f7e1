/**
 * Who gets what from every route of the service: one line a route, one column a kind of caller. This is the statement
 * of the rules (design.md 2-4), not a record of what happens; a route that is not in it fails the suite.
 *
 * `ok`: the gate lets the caller through, whatever the route then says (never 401, 403, 404 or a fault).
 * - none: no credentials. foreign: the owner of another space. viewer, editor, owner: members under these roles.
 * - narrow: an API key of the owner whose one scope opens no route here. full: one with every scope an owner can give.
 * - operator: of the service, and no member of the space.
 */
export const CALLERS = [
  'none',
  'foreign',
  'viewer',
  'editor',
  'owner',
  'narrow',
  'full',
  'operator',
] as const;

export type CallerName = (typeof CALLERS)[number];
export type Outcome = 'ok' | '401' | '403' | '404';
export type Row = Readonly<Record<CallerName, Outcome>>;

const PUBLIC = `
GET    /                                                            ok  ok  ok  ok  ok  ok  ok  ok
GET    /health                                                      ok  ok  ok  ok  ok  ok  ok  ok
GET    /health/live                                                 ok  ok  ok  ok  ok  ok  ok  ok
GET    /health/ready                                                ok  ok  ok  ok  ok  ok  ok  ok
GET    /metrics                                                     ok  ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/auth/login                                           ok  ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/auth/refresh                                         ok  ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/auth/reset-password                                  ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/auth/oidc                                            ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/auth/oidc/complete                                   ok  ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/auth/oidc/exchange                                   ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/auth/oidc/{slug}/start                               ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/auth/oidc/{slug}/callback                            ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/invites/{code}                                       ok  ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/payments/webhook/{provider}                          ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/image-generations/{id}/image                         ok  ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/media/{id}/file                                      ok  ok  ok  ok  ok  ok  ok  ok
PUT    /api/v1/media/uploads/{id}                                   ok  ok  ok  ok  ok  ok  ok  ok
`;

/** Of nobody's space: any login, or any caller. Keys change no account and make no space. */
const OWN_ACCOUNT = `
GET    /api/v1/auth/me                                              401 ok  ok  ok  ok  ok  ok  ok
PATCH  /api/v1/auth/me                                              401 ok  ok  ok  ok  403 403 ok
POST   /api/v1/auth/logout                                          401 ok  ok  ok  ok  403 403 ok
POST   /api/v1/auth/change-password                                 401 ok  ok  ok  ok  403 403 ok
GET    /api/v1/auth/sessions                                        401 ok  ok  ok  ok  403 403 ok
DELETE /api/v1/auth/sessions                                        401 ok  ok  ok  ok  403 403 ok
DELETE /api/v1/auth/sessions/{id}                                   401 404 404 404 ok  403 403 404
POST   /api/v1/search-spaces                                        401 ok  ok  ok  ok  403 403 ok
GET    /api/v1/search-spaces                                        401 ok  ok  ok  ok  ok  ok  ok
POST   /api/v1/invites/{code}/accept                                401 ok  ok  ok  ok  403 403 ok
GET    /api/v1/models                                               401 ok  ok  ok  ok  403 ok  ok
GET    /api/v1/billing/prices                                       401 ok  ok  ok  ok  ok  ok  ok
GET    /api/v1/providers                                            401 ok  ok  ok  ok  ok  ok  ok
`;

const OPERATORS = `
POST   /api/v1/users                                                401 403 403 403 403 403 403 ok
GET    /api/v1/users                                                401 403 403 403 403 403 403 ok
GET    /api/v1/users/{id}                                           401 403 403 403 403 403 403 ok
PATCH  /api/v1/users/{id}                                           401 403 403 403 403 403 403 ok
POST   /api/v1/users/{id}/reset-password                            401 403 403 403 403 403 403 ok
POST   /api/v1/users/{id}/revoke-sessions                           401 403 403 403 403 403 403 ok
POST   /api/v1/auth/oidc/providers                                  401 403 403 403 403 403 403 ok
GET    /api/v1/auth/oidc/providers                                  401 403 403 403 403 403 403 ok
GET    /api/v1/auth/oidc/providers/{id}                             401 403 403 403 403 403 403 ok
PATCH  /api/v1/auth/oidc/providers/{id}                             401 403 403 403 403 403 403 ok
DELETE /api/v1/auth/oidc/providers/{id}                             401 403 403 403 403 403 403 ok
GET    /api/v1/audit-events                                         401 403 403 403 403 403 403 ok
GET    /api/v1/audit-events/export                                  401 403 403 403 403 403 403 ok
POST   /api/v1/billing/prices/overrides                             401 403 403 403 403 403 403 ok
GET    /api/v1/billing/prices/overrides                             401 403 403 403 403 403 403 ok
DELETE /api/v1/billing/prices/overrides/{id}                        401 403 403 403 403 403 403 ok
POST   /api/v1/billing/prices/import                                401 403 403 403 403 403 403 ok
GET    /api/v1/billing/prices/missing                               401 403 403 403 403 403 403 ok
POST   /api/v1/billing/price-rules                                  401 403 403 403 403 403 403 ok
GET    /api/v1/billing/price-rules                                  401 403 403 403 403 403 403 ok
PATCH  /api/v1/billing/price-rules/{id}                             401 403 403 403 403 403 403 ok
DELETE /api/v1/billing/price-rules/{id}                             401 403 403 403 403 403 403 ok
POST   /api/v1/billing/subscriptions                                401 403 403 403 403 403 403 ok
GET    /api/v1/billing/subscriptions/all                            401 403 403 403 403 403 403 ok
PATCH  /api/v1/billing/subscriptions/{id}                           401 403 403 403 403 403 403 ok
POST   /api/v1/billing/subscriptions/{id}/end                       401 403 403 403 403 403 403 ok
POST   /api/v1/billing/wallets/{walletId}/grants                    401 403 403 403 403 403 403 ok
POST   /api/v1/billing/wallets/{walletId}/transfers                 401 403 403 403 403 403 403 ok
POST   /api/v1/billing/wallets/{walletId}/adjustments               401 403 403 403 403 403 403 ok
PATCH  /api/v1/billing/wallets/{walletId}                           401 403 403 403 403 403 403 ok
GET    /api/v1/billing/proof                                        401 403 403 403 403 403 403 ok
POST   /api/v1/billing/proof                                        401 403 403 403 403 403 403 ok
GET    /api/v1/billing/reconciliation                               401 403 403 403 403 403 403 ok
POST   /api/v1/billing/reconciliation/{id}/resolve                  401 403 403 403 403 403 403 ok
GET    /api/v1/billing/usage/report/all                             401 403 403 403 403 403 403 ok
GET    /api/v1/billing/usage/report/all/export                      401 403 403 403 403 403 403 ok
POST   /api/v1/routes                                               401 403 403 403 403 403 403 ok
GET    /api/v1/routes                                               401 403 403 403 403 403 403 ok
GET    /api/v1/routes/{id}                                          401 403 403 403 403 403 403 ok
PATCH  /api/v1/routes/{id}                                          401 403 403 403 403 403 403 ok
DELETE /api/v1/routes/{id}                                          401 403 403 403 403 403 403 ok
POST   /api/v1/error-rules                                          401 403 403 403 403 403 403 ok
GET    /api/v1/ops/dead-letters                                     401 403 403 403 403 403 403 ok
POST   /api/v1/ops/dead-letters/{id}/retry                          401 403 403 403 403 403 403 ok
DELETE /api/v1/ops/dead-letters/{id}                                401 403 403 403 403 403 403 ok
GET    /api/v1/ops/storage/cleanups/{id}                            401 403 403 403 403 403 403 ok
POST   /api/v1/ops/storage/cleanup                                  401 403 403 403 403 403 403 ok
POST   /api/v1/ops/storage/scans                                    401 403 403 403 403 403 403 ok
GET    /api/v1/ops/storage/scans                                    401 403 403 403 403 403 403 ok
GET    /api/v1/ops/storage/scans/{id}                               401 403 403 403 403 403 403 ok
GET    /api/v1/ops/storage/scans/{id}/findings                      401 403 403 403 403 403 403 ok
POST   /api/v1/ops/storage/scans/{id}/repair                        401 403 403 403 403 403 403 ok
GET    /api/v1/ops/legal-holds                                      401 403 403 403 403 403 403 ok
GET    /api/v1/ops/storage/stats                                    401 403 403 403 403 403 403 ok
PUT    /api/v1/search-spaces/{spaceId}/storage-quota                401 403 403 403 403 403 403 ok
POST   /api/v1/search-spaces/{spaceId}/legal-holds/{id}/lift        401 403 403 403 403 403 403 ok
POST   /api/v1/search-spaces/{spaceId}/legal-holds                  401 403 403 403 403 403 403 ok
GET    /api/v1/error-rules                                          401 403 403 403 403 403 403 ok
GET    /api/v1/error-rules/{id}                                     401 403 403 403 403 403 403 ok
PATCH  /api/v1/error-rules/{id}                                     401 403 403 403 403 403 403 ok
DELETE /api/v1/error-rules/{id}                                     401 403 403 403 403 403 403 ok
POST   /api/v1/models/invalidate-cache                              401 403 403 403 403 403 403 ok
GET    /api/v1/providers/status                                     401 403 403 403 403 403 403 ok
GET    /api/v1/providers/analytics                                  401 403 403 403 403 403 403 ok
POST   /api/v1/connections/{id}/clear-cooldown                      401 403 403 403 403 403 403 ok
`;

/**
 * Who may invite may end an invite: nothing is lost with it (seed-systems.md 1.7). Leaving is everybody's; the owner is
 * let through and told to transfer the space first. Group mappings and service accounts are for who manages rights.
 */
const SPACES = `
GET    /api/v1/webhooks                                             401 404 ok  ok  ok  403 ok  404
POST   /api/v1/webhooks                                             401 404 403 403 ok  403 403 404
GET    /api/v1/webhooks/{id}                                        401 404 ok  ok  ok  403 ok  404
PATCH  /api/v1/webhooks/{id}                                        401 404 403 403 ok  403 403 404
DELETE /api/v1/webhooks/{id}                                        401 404 403 403 ok  403 403 404
POST   /api/v1/webhooks/{id}/rotate-secret                          401 404 403 403 ok  403 403 404
POST   /api/v1/webhooks/{id}/test                                   401 404 403 403 ok  403 403 404
GET    /api/v1/webhooks/{id}/deliveries                             401 404 ok  ok  ok  403 ok  404
POST   /api/v1/webhooks/{id}/deliveries/redeliver-dead              401 404 403 403 ok  403 403 404
POST   /api/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver      401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}                              401 404 ok  ok  ok  ok  ok  404
PATCH  /api/v1/search-spaces/{spaceId}                              401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}                              401 404 403 403 ok  403 403 404
POST   /api/v1/create-image                                         401 403 403 ok  ok  403 ok  403
GET    /api/v1/try-on/consents                                      401 404 ok  ok  ok  403 403 404
POST   /api/v1/try-on/consents/{id}/withdraw                        401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/try-on-consent               401 404 ok  ok  ok  403 403 404
PUT    /api/v1/search-spaces/{spaceId}/try-on-consent               401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/my-access                    401 404 ok  ok  ok  ok  ok  404
POST   /api/v1/search-spaces/{spaceId}/transfer-ownership           401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/audit-events                 401 404 ok  ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/audit-events/export          401 404 ok  ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/members                      401 404 ok  ok  ok  403 403 404
POST   /api/v1/search-spaces/{spaceId}/members                      401 404 403 ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/members/{userId}             401 404 ok  ok  ok  403 403 404
PATCH  /api/v1/search-spaces/{spaceId}/members/{userId}             401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/members/{userId}             401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/members/me                   401 404 ok  ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/roles                        401 404 ok  ok  ok  403 403 404
POST   /api/v1/search-spaces/{spaceId}/roles                        401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/roles/{roleId}               401 404 ok  ok  ok  403 403 404
PATCH  /api/v1/search-spaces/{spaceId}/roles/{roleId}               401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/roles/{roleId}               401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/invites                      401 404 403 ok  ok  403 403 404
POST   /api/v1/search-spaces/{spaceId}/invites                      401 404 403 ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/invites/{inviteId}           401 404 403 ok  ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/invites/{inviteId}           401 404 403 ok  ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/group-mappings               401 404 403 403 ok  403 403 404
POST   /api/v1/search-spaces/{spaceId}/group-mappings               401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/group-mappings/{mappingId}   401 404 403 403 ok  403 403 404
PATCH  /api/v1/search-spaces/{spaceId}/group-mappings/{mappingId}   401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/group-mappings/{mappingId}   401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/service-accounts             401 404 403 403 ok  403 403 404
POST   /api/v1/search-spaces/{spaceId}/service-accounts             401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/service-accounts/{id}        401 404 403 403 ok  403 403 404
`;

const WORK = `
POST   /api/v1/collections                                          401 404 403 ok  ok  403 ok  404
GET    /api/v1/collections                                          401 404 ok  ok  ok  403 ok  404
GET    /api/v1/collections/{id}                                     401 404 ok  ok  ok  403 ok  404
PATCH  /api/v1/collections/{id}                                     401 404 403 ok  ok  403 ok  404
DELETE /api/v1/collections/{id}                                     401 404 403 403 ok  403 ok  404
POST   /api/v1/prompts/validate                                     401 404 403 ok  ok  403 ok  404
GET    /api/v1/prompts/optimizer/health                             401 404 ok  ok  ok  403 ok  404
GET    /api/v1/prompts/optimizer/effectiveness                      401 404 ok  ok  ok  403 ok  404
POST   /api/v1/prompt-templates                                     401 404 403 ok  ok  403 ok  404
GET    /api/v1/prompt-templates                                     401 404 ok  ok  ok  403 ok  404
GET    /api/v1/prompt-templates/{id}                                401 404 ok  ok  ok  403 ok  404
GET    /api/v1/prompt-templates/{id}/versions                       401 404 ok  ok  ok  403 ok  404
PATCH  /api/v1/prompt-templates/{id}                                401 404 403 ok  ok  403 ok  404
POST   /api/v1/prompt-templates/{id}/render                         401 404 ok  ok  ok  403 ok  404
DELETE /api/v1/prompt-templates/{id}                                401 404 403 403 ok  403 ok  404
POST   /api/v1/image-generations                                    401 404 403 ok  ok  403 ok  404
GET    /api/v1/image-generations                                    401 404 ok  ok  ok  403 ok  404
POST   /api/v1/image-generations/quick                              401 404 403 ok  ok  403 ok  404
POST   /api/v1/image-generations/batch                              401 404 403 ok  ok  403 ok  404
GET    /api/v1/image-generations/batches/{batchId}                  401 404 ok  ok  ok  403 ok  404
GET    /api/v1/image-generations/{id}                               401 404 ok  ok  ok  403 ok  404
DELETE /api/v1/image-generations/{id}                               401 404 403 403 ok  403 ok  404
POST   /api/v1/storage/cleanup                                      401 404 403 403 ok  403 ok  404
GET    /api/v1/storage/cleanups/{id}                                401 404 403 403 ok  403 ok  404
GET    /api/v1/storage/stats                                        401 404 ok  ok  ok  403 ok  404
GET    /api/v1/storage/stats/collections                            401 404 ok  ok  ok  403 ok  404
POST   /api/v1/image-generations/{id}/cancel                        401 404 403 ok  ok  403 ok  404
PUT    /api/v1/image-generations/{id}/tags                          401 404 403 ok  ok  403 ok  404
PUT    /api/v1/image-generations/{id}/favourite                     401 404 ok  ok  ok  403 ok  404
DELETE /api/v1/image-generations/{id}/favourite                     401 404 ok  ok  ok  403 ok  404
GET    /api/v1/image-generation-tags                                401 404 ok  ok  ok  403 ok  404
GET    /api/v1/image-generations/{id}/events                        401 404 ok  ok  ok  403 ok  404
GET    /api/v1/image-generations/{id}/lineage                       401 404 ok  ok  ok  403 ok  404
POST   /api/v1/media                                                401 404 403 ok  ok  403 ok  404
GET    /api/v1/media                                                401 404 ok  ok  ok  403 ok  404
GET    /api/v1/media/{id}                                           401 404 ok  ok  ok  403 ok  404
GET    /api/v1/media/{id}/content                                   401 404 ok  ok  ok  403 ok  404
GET    /api/v1/media/{id}/similar                                   401 404 ok  ok  ok  403 ok  404
DELETE /api/v1/media/{id}                                           401 404 403 403 ok  403 ok  404
POST   /api/v1/media/{id}/links                                     401 404 ok  ok  ok  403 ok  404
POST   /api/v1/media/{id}/links/revoke                              401 404 403 ok  ok  403 ok  404
POST   /api/v1/media/uploads                                        401 404 403 ok  ok  403 ok  404
POST   /api/v1/media/uploads/{id}/complete                          401 404 404 404 ok  403 ok  404
POST   /api/v1/media/similar                                        401 404 ok  ok  ok  403 ok  404
POST   /api/v1/media/verify                                         401 404 ok  ok  ok  403 ok  404
POST   /api/v1/image-generations/quote                              401 404 403 ok  ok  403 ok  404
POST   /v1/images/generations                                       401 404 403 ok  ok  403 ok  404
POST   /v1/images/edits                                             401 404 403 ok  ok  403 ok  404
POST   /v1/images/variations                                        401 404 403 ok  ok  403 ok  404
POST   /v1/chat/completions                                         401 404 403 ok  ok  403 ok  404
POST   /v1/embeddings                                               401 404 403 ok  ok  403 ok  404
POST   /v1/responses                                                401 404 403 ok  ok  403 ok  404
POST   /v1/moderations                                              401 404 403 ok  ok  403 ok  404
GET    /api/v1/billing/subscriptions                                401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/wallets                                      401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/wallets/{walletId}/ledger                    401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/wallets/{walletId}/grants                    401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/wallets/{walletId}/statement                 401 404 ok  ok  ok  403 ok  404
POST   /api/v1/billing/purchases                                    401 404 403 403 ok  403 403 404
GET    /api/v1/billing/purchases                                    401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/purchases/{id}                               401 404 ok  ok  ok  403 ok  404
POST   /api/v1/billing/purchases/{id}/finalize                      401 404 403 403 ok  403 403 404
GET    /api/v1/billing/auto-reload                                  401 404 403 403 ok  403 403 404
PUT    /api/v1/billing/auto-reload                                  401 404 403 403 ok  403 403 404
GET    /api/v1/billing/usage                                        401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/usage/export                                 401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/usage/report                                 401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/usage/report/export                          401 404 ok  ok  ok  403 ok  404
GET    /api/v1/billing/usage/members                                401 404 ok  ok  ok  403 ok  404
GET    /api/v1/providers/status/own                                 401 404 ok  ok  ok  403 403 404
`;

/** Operators cap every space. A budget is the owner's own; members see what they are held to. */
const BUDGETS = `
POST   /api/v1/billing/budgets                                      401 404 403 403 ok  403 403 ok
GET    /api/v1/billing/budgets                                      401 404 ok  ok  ok  403 ok  ok
GET    /api/v1/billing/budgets/status                               401 404 ok  ok  ok  403 ok  404
PUT    /api/v1/billing/budgets/keys/{apiKeyId}                      401 404 404 404 ok  403 403 ok
GET    /api/v1/billing/budgets/{id}                                 401 404 ok  ok  ok  403 ok  ok
GET    /api/v1/billing/budgets/{id}/periods                         401 404 ok  ok  ok  403 ok  ok
PATCH  /api/v1/billing/budgets/{id}                                 401 404 403 403 ok  403 403 ok
DELETE /api/v1/billing/budgets/{id}                                 401 404 403 403 ok  403 403 ok
POST   /api/v1/billing/budgets/{id}/reset                           401 404 403 403 ok  403 403 ok
`;

/** The key of these rows is the owner's: for members who manage no keys it is as good as missing. */
const KEYS = `
POST   /api/v1/api-keys                                             401 404 ok  ok  ok  403 403 404
GET    /api/v1/api-keys                                             401 404 ok  ok  ok  403 403 404
GET    /api/v1/api-keys/{id}                                        401 404 404 404 ok  403 403 404
GET    /api/v1/api-keys/{id}/usage                                  401 404 404 404 ok  403 403 404
GET    /api/v1/api-keys/current/usage                               401 ok  ok  ok  ok  ok  ok  ok
PATCH  /api/v1/api-keys/{id}                                        401 404 404 404 ok  403 403 404
DELETE /api/v1/api-keys/{id}                                        401 404 404 404 ok  403 403 404
POST   /api/v1/api-keys/{id}/activate                               401 404 404 404 ok  403 403 404
POST   /api/v1/api-keys/{id}/deactivate                             401 404 404 404 ok  403 403 404
POST   /api/v1/api-keys/{id}/rotate                                 401 404 404 404 ok  403 403 404
`;

/** The connection of these rows is the space's. Everybody may see whether a credential of their own works. */
const CONNECTIONS = `
POST   /api/v1/connections/test-preview                             401 ok  ok  ok  ok  403 403 ok
POST   /api/v1/connections/discover-preview                         401 ok  ok  ok  ok  403 403 ok
POST   /api/v1/connections                                          401 404 403 ok  ok  403 403 404
GET    /api/v1/connections                                          401 404 ok  ok  ok  403 403 404
GET    /api/v1/connections/{id}                                     401 404 ok  ok  ok  403 403 404
PATCH  /api/v1/connections/{id}                                     401 404 403 ok  ok  403 403 404
DELETE /api/v1/connections/{id}                                     401 404 403 403 ok  403 403 404
POST   /api/v1/connections/{id}/verify                              401 404 403 ok  ok  403 403 404
POST   /api/v1/connections/{id}/discover                            401 404 403 ok  ok  403 403 404
GET    /api/v1/connections/{id}/models                              401 404 ok  ok  ok  403 403 404
POST   /api/v1/connections/{id}/models                              401 404 403 ok  ok  403 403 404
POST   /api/v1/connections/{id}/models/enable                       401 404 403 ok  ok  403 403 404
PATCH  /api/v1/connections/{id}/models/{name}                       401 404 403 ok  ok  403 403 404
DELETE /api/v1/connections/{id}/models/{name}                       401 404 403 ok  ok  403 403 404
POST   /api/v1/connections/{id}/models/{name}/test                  401 404 403 ok  ok  403 403 404
GET    /v1/models                                                   401 404 ok  ok  ok  403 ok  404
GET    /v1/models/{model}                                           401 404 ok  ok  ok  403 ok  404
GET    /api/v1/search-spaces/{spaceId}/model-preferences            401 404 ok  ok  ok  403 ok  404
PUT    /api/v1/search-spaces/{spaceId}/model-preferences            401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/provenance                   401 404 ok  ok  ok  403 ok  404
PUT    /api/v1/search-spaces/{spaceId}/provenance                   401 404 403 403 ok  403 403 404
GET    /api/v1/search-spaces/{spaceId}/legal-holds                  401 404 ok  ok  ok  403 ok  404
GET    /api/v1/search-spaces/{spaceId}/retention                    401 404 ok  ok  ok  403 ok  404
PUT    /api/v1/search-spaces/{spaceId}/retention                    401 404 403 403 ok  403 403 404
DELETE /api/v1/search-spaces/{spaceId}/retention                    401 404 403 403 ok  403 403 404
`;

/** By route: `GET /api/v1/models`. */
export const MATRIX: ReadonlyMap<string, Row> = toMatrix(
  [PUBLIC, OWN_ACCOUNT, OPERATORS, SPACES, WORK, BUDGETS, KEYS, CONNECTIONS].join(''),
);

function toMatrix(text: string): ReadonlyMap<string, Row> {
  const lines = text.split('\n').filter((line) => line !== '');
  const matrix = new Map(lines.map((line) => toEntry(line)));
  if (matrix.size !== lines.length) throw new Error('a route stands twice in the table');
  return matrix;
}

function toEntry(line: string): [route: string, row: Row] {
  const [method, path, ...outcomes] = line.split(/ +/);
  if (outcomes.length !== CALLERS.length || !outcomes.every(isOutcome)) {
    throw new Error(`a line of the table cannot be read: ${line}`);
  }
  const row = Object.fromEntries(CALLERS.map((caller, index) => [caller, outcomes[index]]));
  return [`${method} ${path}`, row as Row];
}

function isOutcome(text: string): text is Outcome {
  return ['ok', '401', '403', '404'].includes(text);
}

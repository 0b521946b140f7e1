/** Also the place of the secrets' seals. */
export const WEBHOOKS_TABLE = 'webhook_endpoints';

export const URL_LENGTH_MAX = 2_048;
export const DESCRIPTION_LENGTH_MAX = 500;

/** How long the secret before still signs beside a new one. */
export const OVERLAP_DEFAULT_S = 86_400;
export const OVERLAP_MAX_S = 604_800;

/** An endpoint that took nothing for this long is disabled. */
export const FAILING_DAYS_MAX = 5;
const MS_PER_DAY = 86_400_000;

/** Why an endpoint was disabled by itself: it answered 410, or it took nothing for too long. */
export type DisabledReason = 'gone' | 'failing';

/** An address that a space is told at. */
export interface WebhookEndpoint {
  id: string;
  searchSpaceId: string;
  url: string;
  description: string;
  /** Types, or `*` for all that there are and will be. */
  events: readonly string[];
  includesPrompt: boolean;
  isEnabled: boolean;
  secretSealed: string;
  /** The one before; signs until `previousSecretUntil`. */
  previousSecretSealed: string | null;
  previousSecretUntil: Date | null;
  /** The first failure since something was last taken; null when the last was taken. */
  failingSince: Date | null;
  /** Null while it is enabled, and when a person disabled it. */
  disabledReason: DisabledReason | null;
  disabledAt: Date | null;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Undefined stays as it is. */
export interface WebhookChanges {
  url?: string;
  description?: string;
  events?: readonly string[];
  includesPrompt?: boolean;
  isEnabled?: boolean;
}

/** As it stands after the changes; enabling it again forgives what failed before. */
export function toChanged(
  before: WebhookEndpoint,
  changes: WebhookChanges,
  now: Date,
): WebhookEndpoint {
  const isEnabled = changes.isEnabled ?? before.isEnabled;
  const isReset = isEnabled && !before.isEnabled;
  return {
    ...before,
    url: changes.url ?? before.url,
    description: changes.description ?? before.description,
    events: changes.events ?? before.events,
    includesPrompt: changes.includesPrompt ?? before.includesPrompt,
    isEnabled,
    ...(isReset && { failingSince: null, disabledReason: null, disabledAt: null }),
    updatedAt: now,
  };
}

/** Whether an endpoint that fails now has failed for too long. */
export function isGivenUp(failingSince: Date, now: Date): boolean {
  return now.getTime() - failingSince.getTime() >= FAILING_DAYS_MAX * MS_PER_DAY;
}

/** What the reader of an endpoint should know and do; null when there is nothing. */
export function toNotice(endpoint: WebhookEndpoint): string | null {
  const { disabledReason, disabledAt, failingSince } = endpoint;
  const next = 'Mend the receiver, then enable the endpoint again with is_enabled.';
  if (disabledReason === 'gone') {
    return `Disabled at ${disabledAt?.toISOString()}: the receiver answered 410. ${next}`;
  }
  if (disabledReason === 'failing') {
    return `Disabled at ${disabledAt?.toISOString()}: nothing was taken for ${FAILING_DAYS_MAX} days. ${next}`;
  }
  if (failingSince === null) return null;
  return `Failing since ${failingSince.toISOString()}; after ${FAILING_DAYS_MAX} days it is disabled. See its deliveries.`;
}

/** As the audit trail tells of it: no secret, and of the address what is no query. */
export function toWebhookState(endpoint: WebhookEndpoint): Readonly<Record<string, unknown>> {
  return {
    url: withoutQuery(endpoint.url),
    description: endpoint.description,
    events: endpoint.events,
    include_prompt: endpoint.includesPrompt,
    is_enabled: endpoint.isEnabled,
    disabled_reason: endpoint.disabledReason,
  };
}

/** Receivers carry tokens in their queries. */
function withoutQuery(url: string): string {
  const [address = ''] = url.split('?', 1);
  return address === url ? url : `${address}?…`;
}

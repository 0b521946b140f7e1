/** One type of event, as callers subscribe to it. */
export interface WebhookEventType {
  type: string;
  summary: string;
}

/** Every type, in the order of the documentation (docs/webhooks.md has an example of each). */
export const WEBHOOK_EVENT_TYPES = [
  { type: 'generation.succeeded', summary: 'All pictures of a generation are there' },
  { type: 'generation.partially_succeeded', summary: 'Some pictures of a generation are there' },
  { type: 'generation.failed', summary: 'A generation ended without a picture' },
  { type: 'generation.canceled', summary: 'A generation was canceled' },
  { type: 'try_on.created', summary: 'A virtual try-on delivered its picture' },
  { type: 'media.deleted', summary: 'The bytes of a picture are no longer kept' },
  { type: 'budget.threshold_crossed', summary: 'A budget reached one of its thresholds' },
  { type: 'budget.exhausted', summary: 'A budget has nothing left' },
  { type: 'wallet.low', summary: 'The wallet of the space runs low, or is empty' },
  { type: 'credit.purchased', summary: 'Credit was bought' },
  { type: 'auto_reload.declined', summary: 'The saved card was declined, auto-reload is off' },
  { type: 'spend.anomalous', summary: 'Far more was spent today than on the days before' },
  { type: 'storage.quota_warning', summary: 'A space stores 90 % of what it may, or more' },
  { type: 'webhook.test', summary: 'Somebody asked for a test; every endpoint gets its own' },
] as const satisfies readonly WebhookEventType[];

export type WebhookEvent = (typeof WEBHOOK_EVENT_TYPES)[number]['type'];

export const ALL_EVENTS = '*';
export const TEST_EVENT: WebhookEvent = 'webhook.test';
/** Outbox kind and event alike. */
export const WALLET_LOW: WebhookEvent = 'wallet.low';

/** What a subscription may name: tests need none. */
export const SUBSCRIBABLE: readonly string[] = [
  ALL_EVENTS,
  ...WEBHOOK_EVENT_TYPES.map(({ type }) => type).filter((type) => type !== TEST_EVENT),
];

/** Events about a generation, which are completed from its record when they are sent. */
export function isOfGeneration(event: string): boolean {
  return event.startsWith('generation.') || event === 'try_on.created';
}

export interface NewsDraft {
  event: WebhookEvent;
  data: Readonly<Record<string, unknown>>;
}

type Facts = Readonly<Record<string, unknown>>;
type ToNews = (facts: Facts) => NewsDraft[];

/** Which kind of the outbox becomes which event, with which of its facts. A new kind is one line here and one above. */
const NEWS: Readonly<Record<string, ToNews>> = {
  'generation.concluded': toGenerationNews,
  'media.blob_released': as('media.deleted', ['sha256']),
  'budget.threshold_reached': as('budget.threshold_crossed', [
    'budget_id',
    'name',
    'scope',
    'mode',
    'period',
    'period_start',
    'percent',
    'spent_micros',
    'limit_micros',
  ]),
  'budget.exhausted': as('budget.exhausted', [
    'budget_id',
    'name',
    'scope',
    'mode',
    'period',
    'period_start',
    'reason',
    'spent_micros',
    'limit_micros',
  ]),
  [WALLET_LOW]: as('wallet.low', ['wallet_id', 'status', 'available_micros']),
  'credit.purchased': as('credit.purchased', [
    'purchase_id',
    'wallet_id',
    'quantity',
    'micros',
    'amount_minor',
    'currency',
    'source',
  ]),
  'auto_reload.declined': as('auto_reload.declined', ['purchase_id', 'wallet_id', 'failure']),
  'storage.quota_reached': as('storage.quota_warning', ['percent', 'used_bytes', 'max_bytes']),
  'spend.anomalous': as('spend.anomalous', ['day', 'charged_micros', 'mean_micros']),
};

/** The kinds of the outbox that become events. */
export const NEWS_KINDS: readonly string[] = Object.keys(NEWS);

/** What is told of one event of the outbox; nothing for a kind that is not told of. */
export function toNews(kind: string, facts: Facts): NewsDraft[] {
  return NEWS[kind]?.(facts) ?? [];
}

function as(event: WebhookEvent, names: readonly string[]): ToNews {
  return (facts) => [{ event, data: pick(facts, names) }];
}

const CONCLUDED: Readonly<Record<string, WebhookEvent>> = {
  succeeded: 'generation.succeeded',
  partially_succeeded: 'generation.partially_succeeded',
  failed: 'generation.failed',
  canceled: 'generation.canceled',
};

/** A try-on is told of as a generation, and in the words of the service that it replaces. */
function toGenerationNews(facts: Facts): NewsDraft[] {
  const event = CONCLUDED[String(facts.status)];
  if (event === undefined) return [];
  const names = ['generation_id', 'status', 'operation', 'provider', 'model', 'created_by'];
  const data = {
    ...pick(facts, [...names, 'latency_ms']),
    image_count: facts.images,
    cost_micros: facts.charged_micros,
  };
  const isTryOn = facts.operation === 'try_on' && Number(facts.images) > 0;
  return isTryOn ? [{ event, data }, toTryOn(facts)] : [{ event, data }];
}

/** The user is the shop's, as it named them; of a try-on without such a name whoever asked. */
function toTryOn(facts: Facts): NewsDraft {
  const data = {
    generation_id: facts.generation_id,
    user_id: facts.end_user_id ?? facts.created_by,
    used_credits: facts.images,
    catalog_id: facts.catalog_id ?? null,
    latency_ms: facts.latency_ms,
  };
  return { event: 'try_on.created', data };
}

function pick(facts: Facts, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]),
  );
}

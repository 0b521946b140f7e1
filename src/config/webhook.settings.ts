import { integer, type Setting } from './setting.js';

/** What spaces have sent to addresses of their own. Part of the list in env.schema.ts. */
export const WEBHOOK_SETTINGS = [
  integer('WEBHOOKS_PER_SPACE_MAX', 20, 1, 1_000, 'webhooks', 'Webhooks of one search space.'),
  integer(
    'WEBHOOK_TIMEOUT_S',
    15,
    1,
    60,
    's',
    'How long the receiver of a webhook may take for its answer.',
  ),
  integer(
    'WEBHOOK_CONCURRENCY',
    128,
    1,
    10_000,
    'deliveries',
    'Webhooks that one process sends at once; 4 at most to one of them, 16 of one search space.',
  ),
  integer(
    'WEBHOOK_LOG_DAYS',
    30,
    4,
    3_650,
    'days',
    'How long deliveries of webhooks are listed and can be sent again; longer than they are tried.',
  ),
] as const satisfies readonly Setting[];

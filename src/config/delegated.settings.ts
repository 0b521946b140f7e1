import { choice, integer, secret, text, url, type Setting } from './setting.js';

/** The remote backend of delegated accounts; unset = there are none. Part of the list in env.schema.ts. */
export const DELEGATED_SETTINGS = [
  url(
    'DELEGATED_URL',
    'Base URL of a backend that verifies keys and credit of delegated accounts (docs/delegated-accounts.md). Unset: off.',
  ),
  secret(
    'DELEGATED_SECRET',
    32,
    'Signs what is sent to that backend, and checks the signature of its replies.',
  ),
  text('DELEGATED_SPACE_ID', null, 'Search space in which delegated users act and which pays.'),
  choice(
    'DELEGATED_REPLY_SIGNATURE',
    'optional',
    ['optional', 'required'],
    'Whether a reply of that backend without a signature is believed; a wrong one never is.',
  ),
  integer('DELEGATED_TIMEOUT_MS', 5_000, 100, 30_000, 'ms', 'How long one call to it may take.'),
  integer(
    'DELEGATED_RETRY_DELAY_MS',
    250,
    1,
    10_000,
    'ms',
    'Wait before a question is asked a second time; doubled before the third, the last.',
  ),
  integer('DELEGATED_CALLS_MAX', 128, 1, 10_000, 'calls', 'Questions to it under way at once.'),
  integer('DELEGATED_CACHE_S', 60, 0, 60, 's', 'How long a verified key is believed unasked.'),
  integer(
    'DELEGATED_BREAKER_FAULTS',
    5,
    1,
    1_000,
    'faults',
    'Faults in a row after which it is left alone.',
  ),
  integer(
    'DELEGATED_BREAKER_OPEN_S',
    60,
    1,
    3_600,
    's',
    'How long it is then left alone before one probe.',
  ),
] as const satisfies readonly Setting[];

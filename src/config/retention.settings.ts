import { integer, type Setting } from './setting.js';

/** How long pictures are kept. Part of the list in env.schema.ts. */
export const RETENTION_SETTINGS = [
  integer(
    'RETENTION_DEFAULT_DAYS',
    0,
    0,
    36_500,
    'days',
    'How long generations of spaces without a policy are kept; 0 = for ever.',
  ),
  integer('RETENTION_MIN_DAYS', 1, 1, 36_500, 'days', 'The least that a space may choose.'),
  integer(
    'RETENTION_MAX_DAYS',
    0,
    0,
    36_500,
    'days',
    'The most that a space may choose, also where it chose for ever; 0 = no bound.',
  ),
  integer(
    'RETENTION_EVERY_S',
    3_600,
    1,
    86_400,
    's',
    'How often what is past its time is deleted, by one process at a time.',
  ),
  integer(
    'STORAGE_QUOTA_BYTES',
    0,
    0,
    Number.MAX_SAFE_INTEGER,
    'bytes',
    'How much a space without a quota of its own may store; 0 = no bound.',
  ),
  integer(
    'STORAGE_SCAN_AT_H',
    3,
    -1,
    23,
    'hour of the day, UTC',
    'When the store is compared with the rows every night, which changes nothing; -1 = only when an operator asks.',
  ),
] as const satisfies readonly Setting[];

import { integer, type Setting } from './setting.js';

/** How long usage is kept, and which spending is told of. Part of the list in env.schema.ts. */
export const USAGE_SETTINGS = [
  integer(
    'USAGE_ROWS_DAYS',
    90,
    31,
    3_650,
    'days',
    'Rows of single calls are kept at least so long; then their whole month is dropped.',
  ),
  integer(
    'USAGE_KEYS_DAYS',
    365,
    31,
    3_650,
    'days',
    'How long the id of a call keeps a repeated conclusion from being written twice; never less than its row.',
  ),
  integer(
    'USAGE_DAILY_DAYS',
    730,
    31,
    36_500,
    'days',
    'How long the daily sums are kept, which reports are made from.',
  ),
  integer(
    'SPEND_ANOMALY_FACTOR_PERCENT',
    300,
    101,
    100_000,
    'percent',
    "A space's day is out of the ordinary when it was charged more than so much of the mean of the 14 days before.",
  ),
  integer(
    'SPEND_ANOMALY_FLOOR_MICROS',
    10_000_000,
    0,
    1_000_000_000_000,
    'micros',
    'A day that was charged no more than this is never out of the ordinary.',
  ),
] as const satisfies readonly Setting[];

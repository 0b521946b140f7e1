import { choice, integer, type Setting } from './setting.js';

/** How people may be dressed. Part of the list in env.schema.ts. */
export const TRY_ON_SETTINGS = [
  choice(
    'TRY_ON_CONSENT',
    'required',
    ['required', 'optional'],
    'Whether a try-on must say by what right it shows a person.',
  ),
  integer(
    'TRY_ON_RPM',
    10,
    1,
    1_000_000,
    'per minute',
    'Most try-ons of one user of one caller at POST /api/v1/create-image, over all processes.',
  ),
] as const satisfies readonly Setting[];

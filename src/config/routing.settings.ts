import { integer, type Setting } from './setting.js';

/** How a model and its connection are chosen. Part of the list in env.schema.ts. */
export const ROUTING_SETTINGS = [
  integer(
    'ROUTING_RETRIES_MAX',
    3,
    0,
    10,
    'candidates',
    'Most candidates that a call may fall back to after the first; a request may ask for fewer.',
  ),
] as const satisfies readonly Setting[];

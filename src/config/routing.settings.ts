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
  integer(
    'MODELS_CACHE_S',
    900,
    0,
    86_400,
    's',
    'How long a caller’s list of models is kept while no model, route, connection, role or key changes; 0 = not at all.',
  ),
] as const satisfies readonly Setting[];

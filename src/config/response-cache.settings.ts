import { integer, type Setting } from './setting.js';

const MEBIBYTE = 1_048_576;

/** What is kept of answers. Part of the list in env.schema.ts. */
export const RESPONSE_CACHE_SETTINGS = [
  integer(
    'RESPONSE_CACHE_BYTES',
    64 * MEBIBYTE,
    2 * MEBIBYTE,
    65_536 * MEBIBYTE,
    'bytes',
    'Answers of chat and embedding models that a process keeps in memory for spaces that want it. With REDIS_URL they are in Redis, and its own bound counts.',
  ),
] as const satisfies readonly Setting[];

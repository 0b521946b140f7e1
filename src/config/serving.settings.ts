import { integer, type Setting } from './setting.js';

/** How stored pictures are served. Part of the list in env.schema.ts. */
export const SERVING_SETTINGS = [
  integer(
    'IMAGE_STALL_S',
    30,
    1,
    3_600,
    's',
    'A client that takes nothing of a picture for this long is disconnected.',
  ),
  integer(
    'TRANSFORM_CONCURRENCY',
    0,
    0,
    64,
    'pictures',
    'Transforms that run at once. 0: one for every two cores, and at most 3, as files are read by the same four threads; for more raise UV_THREADPOOL_SIZE too.',
  ),
  integer(
    'TRANSFORM_WAITING_MAX',
    64,
    0,
    10_000,
    'pictures',
    'Transforms that wait for their turn; beyond it requests are answered 429.',
  ),
  integer(
    'TRANSFORM_TIMEOUT_S',
    20,
    1,
    600,
    's',
    'Time of one transform, and the longest wait for its turn.',
  ),
  integer(
    'TRANSFORM_CACHE_BYTES',
    536_870_912,
    0,
    1_099_511_627_776,
    'bytes',
    'Made pictures kept in DATA_DIR/derived; what was not asked for longest goes first. 0 keeps none.',
  ),
] as const satisfies readonly Setting[];

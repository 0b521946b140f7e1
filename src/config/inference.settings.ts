import { integer, type Setting } from './setting.js';

/** Calls for text: chat and embeddings. Part of the list in env.schema.ts. */
export const INFERENCE_SETTINGS = [
  integer(
    'INFERENCE_DEADLINE_S',
    600,
    1,
    3_600,
    's',
    'A chat or embedding call that has not ended by then is ended; what it used is charged.',
  ),
  integer(
    'INFERENCE_HELD_OUTPUT_TOKENS',
    4_096,
    64,
    1_000_000,
    'tokens',
    'Of an answer so much is set aside at most before the call; at 80 % as much again.',
  ),
  integer(
    'INFERENCE_WHOLE_OUTPUT_TOKENS',
    16_384,
    64,
    1_000_000,
    'tokens',
    'An answer that is no stream, and whose length the request leaves open, has at most so many on the house credential.',
  ),
  integer(
    'STREAM_PING_S',
    10,
    1,
    600,
    's',
    'A client that waits for the first piece of a stream gets a comment this often.',
  ),
] as const satisfies readonly Setting[];

import { integer, type Setting } from './setting.js';

/** What waits for a run, and who watches it. Part of the list in env.schema.ts. */
export const QUEUE_SETTINGS = [
  integer(
    'QUEUED_PER_SPACE_MAX',
    2_000,
    1,
    100_000,
    'generations',
    'Generations of one space that may wait in the queue; one more gets 429.',
  ),
  integer(
    'QUEUED_MAX',
    20_000,
    1,
    1_000_000,
    'generations',
    'Generations of all spaces that may wait in the queue; one more gets 429.',
  ),
  integer(
    'QUEUE_SPACE_SHARE',
    50,
    1,
    100,
    'percent',
    'Of the runs of one process, what queued generations of one space are given while others wait.',
  ),
  integer(
    'EVENT_LISTENERS_MAX',
    1_000,
    1,
    100_000,
    'streams',
    'Streams of events of generations that one process serves at once.',
  ),
  integer(
    'EVENT_LISTENERS_PER_CALLER',
    32,
    1,
    10_000,
    'streams',
    'Of these, the streams of one caller.',
  ),
  integer(
    'DEAD_LETTERS_MAX',
    10_000,
    1,
    1_000_000,
    'generations',
    'Generations failed inside the service that are listed for operators; the oldest go first.',
  ),
] as const satisfies readonly Setting[];

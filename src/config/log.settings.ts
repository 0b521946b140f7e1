import { choice, type Setting, text } from './setting.js';

/** What is logged, and where. Part of the list in env.schema.ts. */
export const LOG_SETTINGS = [
  choice(
    'LOG_LEVEL',
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'Least level logged.',
  ),
  text('LOG_FILE', null, 'Log to this file as well, rotated at 10 MB, 5 files kept.'),
] as const satisfies readonly Setting[];

import { integer, type Setting, text } from './setting.js';

/** Who shortens long prompts. Part of the list in env.schema.ts. */
export const PROMPT_SETTINGS = [
  text(
    'PROMPT_OPTIMIZER_MODEL',
    'gpt-oss:20b',
    'Chat model or route that shortens prompts of more than 3,000 characters; it needs a connection and a price.',
  ),
  integer(
    'PROMPT_OPTIMIZER_TIMEOUT_S',
    120,
    1,
    600,
    's',
    'It has so long for a prompt, both tries together; while a generation waits no longer than SYNC_WAIT_S.',
  ),
] as const satisfies readonly Setting[];

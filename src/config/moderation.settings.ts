import { type Setting, text } from './setting.js';

/** From which risk prompts are refused or noted. Part of the list in env.schema.ts. */
export const MODERATION_SETTINGS = [
  text(
    'PROMPT_RISK_BLOCK',
    '80',
    'Prompts of this risk or more are refused: a whole number of percent from 1 to 100, or `off`.',
  ),
  text(
    'PROMPT_RISK_WARN',
    '60',
    'Prompts of this risk or more are logged, counted and audited: percent from 1 to 100, or `off`.',
  ),
] as const satisfies readonly Setting[];

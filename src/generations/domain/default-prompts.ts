import type { Operation } from './generation.js';
import { TRY_ON_PROMPT } from './try-on.js';

/** What is asked for where the operation says it all and the caller says nothing more. */
export const DEFAULT_PROMPTS: Readonly<Partial<Record<Operation, string>>> = {
  try_on: TRY_ON_PROMPT,
  variation: 'another version of this picture',
  upscale: 'the same picture, larger and sharper',
  remove_background: 'the figure without its background',
};

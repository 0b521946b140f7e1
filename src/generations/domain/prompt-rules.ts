import { countCharacters } from '../../common/count-characters.js';
import { DomainError } from '../../common/domain-error.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';

/** What became of a prompt before it was sent; kept with the generation. */
export interface PromptValidation {
  outcome: PromptOutcome;
  /** In code points, as all lengths here. */
  originalLength: number;
  /** Null = it was not rewritten. */
  optimizedLength: number | null;
  /** Milliseconds that the rewriting took, also in vain; null = none was tried. */
  optimizationTimeMs: number | null;
  /** Public name of the model that rewrote it, or was to; null = none. */
  model: string | null;
}

export const PROMPT_OUTCOMES = ['valid', 'optimized', 'too_long', 'optimization_failed'] as const;
export type PromptOutcome = (typeof PROMPT_OUTCOMES)[number];

/** @throws DomainError `request.invalid` naming `prompt` */
export function assertPrompt(prompt: string): void {
  if (prompt.trim() === '') throw DomainError.invalid('prompt', 'must not be blank');
  // Code units are at least as many as characters: counting is only needed beyond the bound.
  if (prompt.length <= PROMPT_CHARS_MAX) return;
  const length = countCharacters(prompt);
  if (length <= PROMPT_CHARS_MAX) return;
  throw DomainError.invalid(
    'prompt',
    `must have at most ${PROMPT_CHARS_MAX} characters (Unicode code points), not ${length}: shorten it`,
  );
}

export function toUntouched(prompt: string): PromptValidation {
  return {
    outcome: 'valid',
    originalLength: countCharacters(prompt),
    optimizedLength: null,
    optimizationTimeMs: null,
    model: null,
  };
}

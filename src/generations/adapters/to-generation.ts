import { type Attempt, type Generation, type GenerationError } from '../domain/generation.js';
import type { AttemptEntity } from './attempt.entity.js';
import type { GenerationEntity } from './generation.entity.js';

export function toGeneration(row: GenerationEntity): Generation {
  const { errorCode, errorMessage, ...rest } = row;
  return { ...rest, error: toError(errorCode, errorMessage) };
}

export function toAttempt(row: AttemptEntity): Attempt {
  const { errorCode, errorMessage, ...rest } = row;
  return { ...rest, error: toError(errorCode, errorMessage) };
}

function toError(code: string | null, message: string | null): GenerationError | null {
  return code === null ? null : { code, message: message ?? '' };
}

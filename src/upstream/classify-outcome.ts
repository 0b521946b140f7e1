import { ProviderError } from '../providers/spec/provider.errors.js';
import type { Outcome } from './domain/outcome.js';

/** @param error null = it succeeded */
export function classifyOutcome(error: unknown): Outcome {
  if (error === null) return 'succeeded';
  return error instanceof ProviderError ? error.kind : 'own';
}

import type { Caller } from './caller.js';
import { DomainError } from './domain-error.js';
import { isAllowedBy } from './wildcard.js';

/** Whether the caller may ask for the model: everybody but a key that is held to others. */
export function isModelAllowed(caller: Caller, model: string): boolean {
  return isAllowedBy(caller.allowedModels, model);
}

/**
 * Called with the model that will run, however it was chosen, before any money is held.
 * @throws DomainError `auth.model_not_allowed` naming the model
 */
export function assertModelAllowed(caller: Caller, model: string): void {
  if (!isModelAllowed(caller, model)) throw toModelNotAllowed(model);
}

export function toModelNotAllowed(model: string): DomainError {
  return new DomainError(
    'auth.model_not_allowed',
    `This API key may not use the model ${model}. GET /v1/models lists those it may.`,
    { details: { model }, fields: [{ field: 'model', message: 'is not allowed for this key' }] },
  );
}

import { DomainError } from '../common/domain-error.js';
import type { Exclusion } from './connection-chooser.js';

const NAMES_TOLD_MAX = 12;

export function toUnknown(name: string, known: readonly string[]): DomainError {
  const some = known.slice(0, NAMES_TOLD_MAX).join(', ');
  return new DomainError(
    'routing.model_unknown',
    `The model ${JSON.stringify(name.slice(0, 100))} is not known here. Ask for one of: ${some}.`,
    { fields: [{ field: 'model', message: 'is not known' }] },
  );
}

export function toNoConnection(model: string, provider: string | null): DomainError {
  const missing = provider === null ? 'one that does' : `one to ${provider}`;
  return new DomainError(
    'routing.no_connection',
    `No connection serves ${model}: an operator must add ${missing}, by its settings or POST /api/v1/connections.`,
  );
}

/** @param names that are open to the space */
export function toRestricted(name: string, names: readonly string[]): DomainError {
  const some = names.slice(0, NAMES_TOLD_MAX).join(', ');
  return new DomainError(
    'routing.model_restricted',
    `The model ${JSON.stringify(name.slice(0, 100))} is not open to this search space. Ask for one of: ${some}.`,
    { fields: [{ field: 'model', message: 'is not open to this search space' }] },
  );
}

export function toUnavailable(
  what: string,
  exclusions: readonly Exclusion[],
  now: Date,
): DomainError {
  const times = exclusions.flatMap(({ until }) => until?.getTime() ?? []);
  const waitMs = times.length > 0 ? Math.min(...times) - now.getTime() : null;
  return new DomainError(
    'upstream.unavailable',
    `No connection can be called for ${what} at the moment. Ask again later, or for another model.`,
    waitMs === null ? {} : { retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)) },
  );
}

export function toNothingFits(): DomainError {
  return new DomainError(
    'routing.capability_missing',
    'No model that is available here can do this request. GET /api/v1/models tells what each takes.',
    { fields: [{ field: 'model', message: 'has none that can do this' }] },
  );
}

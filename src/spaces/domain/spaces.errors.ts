import { DomainError } from '../../common/domain-error.js';
import { COLLECTIONS_PER_SPACE_MAX } from './collection.js';

export function spaceBeingDeleted(): DomainError {
  return new DomainError(
    'request.conflict',
    'The search space is being deleted. There is nothing more to do: it is gone when this answers 404.',
  );
}

/** Nothing has changed. */
export function deletionNotQueued(cause: unknown): DomainError {
  return new DomainError(
    'service.unavailable',
    'The deletion could not be queued, and the search space is as it was. Try again in a moment.',
    { cause, retryAfterS: 5 },
  );
}

export function collectionNotFound(): DomainError {
  return DomainError.notFound('collection');
}

export function collectionNameTaken(): DomainError {
  return new DomainError(
    'request.conflict',
    'name: there is a collection of this name in the search space. Change that one, or take another name.',
    { fields: [{ field: 'name', message: 'is in use' }] },
  );
}

export function tooManyCollections(): DomainError {
  return new DomainError(
    'request.conflict',
    `The search space has ${COLLECTIONS_PER_SPACE_MAX} collections, which is the most. Delete one first.`,
  );
}

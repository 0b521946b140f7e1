import { findCurrentRequest } from '../http/request-scope.js';

/** The role that work for a caller runs under; row-level security holds it to the caller's spaces. */
export const APP_ROLE = 'atelier_app';

/** Whose rows a unit of work may touch. */
export interface Tenancy {
  searchSpaceIds: readonly string[];
  /** The user who acts, for rows that are theirs in whatever space; null where nobody is known. */
  userId: string | null;
}

/**
 * The spaces in which the request being served has proven a membership, and those named here. Null is the system:
 * jobs, start-up, public routes such as a login, and operators, whose routes assert by themselves.
 */
export function findTenancy(searchSpaceIds: readonly string[]): Tenancy | null {
  const request = findCurrentRequest();
  if (request === null || request.actsForSystem) return null;
  return {
    searchSpaceIds: [...request.provenSpaceIds, ...searchSpaceIds],
    userId: request.caller?.userId ?? null,
  };
}

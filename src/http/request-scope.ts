import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestContext } from './request-context.js';

const scope = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and whatever it starts, as part of this request. */
export function runInRequest(context: RequestContext, work: () => void): void {
  scope.run(context, work);
}

/** Remembers that the caller is a member of the space: for as long as the request lasts its rows are within reach. */
export function proveSpace(searchSpaceId: string): void {
  const spaceIds = scope.getStore()?.provenSpaceIds;
  if (spaceIds && !spaceIds.includes(searchSpaceId)) spaceIds.push(searchSpaceId);
}

/**
 * The request that the running code serves; null in jobs, at start-up and before a body was read. For what is
 * true of every change, such as who made it; what a service needs to decide, it is given.
 */
export function findCurrentRequest(): RequestContext | null {
  return scope.getStore() ?? null;
}

/**
 * Runs what a caller may set off but not do as the system's own work, which no membership bounds, such as booking a
 * payment that its provider has confirmed. The trail still tells whose request it was.
 */
export function runAsSystem<T>(work: () => Promise<T>): Promise<T> {
  const request = scope.getStore();
  return request ? scope.run({ ...request, actsForSystem: true }, work) : work();
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestContext } from './request-context.js';

const scope = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and whatever it starts, as part of this request. */
export function runInRequest(context: RequestContext, work: () => void): void {
  scope.run(context, work);
}

/**
 * The request that the running code serves; null in jobs, at start-up and before a body was read. For what is
 * true of every change, such as who made it; what a service needs to decide, it is given.
 */
export function findCurrentRequest(): RequestContext | null {
  return scope.getStore() ?? null;
}

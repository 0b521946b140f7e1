import type { FastifyInstance } from 'fastify';
import { findMark } from './route-mark.js';

/** Routes that Swagger registers itself; they are public by decision. */
const DOCUMENTATION = /^\/docs(\/|-json$|-yaml$|$)/;

/** The routes carry no mark saying who may call them; the boot stops. */
export class UnmarkedRoutesError extends Error {
  override readonly name = 'UnmarkedRoutesError';

  constructor(readonly routes: readonly string[]) {
    super(
      `These routes say neither @Public nor @Requires…, and would be open to all: ${routes.join(', ')}`,
    );
  }
}

/** Watches the routes as they are made. Call the returned function once all are there. */
export function auditRoutes(fastify: FastifyInstance): () => void {
  const unmarked = new Set<string>();
  fastify.addHook('onRoute', (route) => {
    const isPreflight = route.method === 'OPTIONS' && route.url === '*';
    if (findMark(route.config) || DOCUMENTATION.test(route.url) || isPreflight) return;
    unmarked.add(`${String(route.method)} ${route.url}`);
  });
  return () => {
    if (unmarked.size > 0) throw new UnmarkedRoutesError([...unmarked]);
  };
}

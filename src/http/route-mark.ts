import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Permission, Scope } from '../common/permission.js';

/** Where the guard finds the search space of a request. `row`: the service asserts it, knowing the row. */
export type SpaceSource = 'body' | 'query' | 'path' | 'row';

/** What a route demands of its caller. Every route carries exactly one mark. */
export interface RouteMark {
  /** `public`: no caller needed; `caller`: any; `session`: a login, no key; `operator`: an operator's login. */
  access: 'public' | 'caller' | 'session' | 'operator';
  permission: Permission | null;
  space: SpaceSource | null;
  /** The scopes of which a key needs one; undefined: those that open the permission. */
  scopes?: readonly Scope[];
  /** The body is handed on as the text it is, for a signature over it; nothing of it was looked at. */
  rawBody?: boolean;
  /** Makes pictures, which is all that users of the remote backend may do; what else writes refuses them. */
  makesPictures?: boolean;
  /** The route may be sent a multipart form, and reads it itself. */
  form?: boolean;
  /** The route may be sent bytes of any type but JSON, and reads them itself. */
  bytes?: boolean;
}

export const ROUTE_MARK = 'atelier:route-mark';

/** Puts the mark where both Nest's guards (metadata) and Fastify's hooks (route config) can read it. */
export function markRoute(mark: RouteMark): MethodDecorator {
  return applyDecorators(SetMetadata(ROUTE_MARK, mark), RouteConfig({ [ROUTE_MARK]: mark }));
}

/** The mark in a Fastify route's config; null for an unmarked route. */
export function findMark(config: unknown): RouteMark | null {
  const marks = (config ?? {}) as Record<string, RouteMark | undefined>;
  return marks[ROUTE_MARK] ?? null;
}

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { contextOf } from '../../http/request-context.js';
import { ROUTE_MARK, type RouteMark } from '../../http/route-mark.js';
import { AccessService } from '../access.service.js';
import { findSpaceId } from './find-space-id.js';

/**
 * Asserts the permission a route's mark names, in the space of the request, and puts the space into the
 * request's context. Session and operator marks were asserted before the body was read.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: AccessService,
  ) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const mark = this.reflector.get<RouteMark | undefined>(ROUTE_MARK, host.getHandler());
    assert(mark, 'a route without a mark was served');
    if (mark.access === 'public') return true;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const context = contextOf(request);
    assert(context.caller, 'a route that is not public was served without a caller');
    context.spaceId = await this.assertSpace(mark, request, context.caller);
    return true;
  }

  /** Null where nothing is asserted here: the route needs no space, or its service asserts the row's. */
  private async assertSpace(
    mark: RouteMark,
    request: FastifyRequest,
    caller: Caller,
  ): Promise<string | null> {
    if (mark.space === null && mark.scopes) await this.access.assertOneScope(caller, mark.scopes);
    if (mark.space === null || mark.space === 'row') return null;
    const spaceId = findSpaceId(mark.space, request, caller);
    if (spaceId === null) {
      throw DomainError.invalid(
        'search_space_id',
        'is missing: name the search space in the request or in the header x-search-space-id',
      );
    }
    const { searchSpaceId } = await (mark.permission === null
      ? this.access.getAccess(caller, spaceId)
      : this.access.assertPermission(caller, spaceId, mark.permission, mark.scopes));
    return searchSpaceId;
  }
}

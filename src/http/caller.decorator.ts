import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { contextOf, type RequestContext } from './request-context.js';

/** The authenticated caller of a route that is not public. */
export const CurrentCaller = createParamDecorator(
  (_data: unknown, host: ExecutionContext): Caller => {
    const { caller } = contextOf(host.switchToHttp().getRequest<FastifyRequest>());
    assert(caller, 'a route without credentials asked for its caller');
    return caller;
  },
);

/** The request's context: id, timings, address, space. */
export const CurrentContext = createParamDecorator(
  (_data: unknown, host: ExecutionContext): RequestContext =>
    contextOf(host.switchToHttp().getRequest<FastifyRequest>()),
);

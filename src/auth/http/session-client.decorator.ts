import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { contextOf } from '../../http/request-context.js';
import { type SessionClient, toSessionClient } from '../domain/session-client.js';

/** Where the request comes from, as a session keeps it. */
export const CurrentClient = createParamDecorator(
  (_data: unknown, host: ExecutionContext): SessionClient => {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    return toSessionClient(contextOf(request).address, request.headers['user-agent']);
  },
);

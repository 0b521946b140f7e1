import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { contextOf } from './request-context.js';

/** Measures what the route's own code took, apart from authentication, limits and body. */
@Injectable()
export class LatencyInterceptor implements NestInterceptor {
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { phases } = contextOf(host.switchToHttp().getRequest<FastifyRequest>());
    const startedAt = performance.now();
    return next.handle().pipe(finalize(() => phases.add('handler', performance.now() - startedAt)));
  }
}

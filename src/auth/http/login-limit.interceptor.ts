import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { catchError, type Observable, throwError } from 'rxjs';
import { DomainError } from '../../common/domain-error.js';

/** Says in the headers of a 429 which limit was met: that of failed logins, not that of requests. */
@Injectable()
export class LoginLimitInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (error instanceof DomainError && error.code === 'auth.login_throttled') {
          const reply = context.switchToHttp().getResponse<FastifyReply>();
          void reply.header('X-RateLimit-Limit', Number(error.details.limit));
          void reply.header('X-RateLimit-Remaining', 0);
          void reply.header('X-RateLimit-Reset', error.retryAfterS ?? 0);
        }
        return throwError(() => error);
      }),
    );
  }
}

import { type ExecutionContext, Injectable } from '@nestjs/common';
import { normalizeIp, ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import { contextOf } from '../http/request-context.js';

/**
 * One limit over all public routes per client address; `@SkipThrottle()` exempts a route. Known callers were counted
 * before their body was read (CallerLimiter); where that was not, here.
 */
@Injectable()
export class CallerThrottlerGuard extends ThrottlerGuard {
  protected override async getTracker(request: FastifyRequest): Promise<string> {
    const { caller, address } = contextOf(request);
    return caller ? `caller:${caller.id}` : `address:${normalizeIp(address)}`;
  }

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return contextOf(context.switchToHttp().getRequest<FastifyRequest>()).isLimited;
  }

  /** Without class and handler, which the guard would put in: they make one limit per route. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override async throwThrottlingException(
    context: ExecutionContext,
    { limit, timeToExpire, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header(`${this.headerPrefix}-Limit`, limit);
    void reply.header(`${this.headerPrefix}-Remaining`, 0);
    void reply.header(`${this.headerPrefix}-Reset`, timeToExpire);
    throw new DomainError(
      'request.throttled',
      `You have sent more than ${limit} requests in a minute. Wait ${timeToBlockExpire} s, then go on more slowly.`,
      { retryAfterS: timeToBlockExpire },
    );
  }
}

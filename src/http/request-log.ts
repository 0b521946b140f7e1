import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { MetricsService } from '../metrics/metrics.service.js';
import { contextOf } from './request-context.js';

const MILLISECONDS_PER_SECOND = 1_000;

/** Writes the one log line of a request, and its metrics: never bodies, prompts, queries or keys. */
export class RequestLog {
  constructor(
    private readonly logger: Pick<Logger, 'info'>,
    private readonly metrics: MetricsService,
  ) {}

  write(request: FastifyRequest, reply: FastifyReply): void {
    const context = contextOf(request);
    const durationMs = performance.now() - context.startedAtMs;
    const route = request.routeOptions.url ?? 'unmatched';
    const status = reply.statusCode;
    this.metrics.requestSeconds
      .labels(request.method, route, String(status))
      .observe(durationMs / MILLISECONDS_PER_SECOND);
    this.logger.info(
      {
        request_id: context.id,
        method: request.method,
        route,
        status,
        duration_ms: Math.round(durationMs * 10) / 10,
        caller_kind: context.caller?.kind,
        caller_id: context.caller?.id,
        space_id: context.spaceId ?? undefined,
        address: context.address,
        error: context.errorCode ?? undefined,
        phases_ms: context.phases.toRecord(),
      },
      'request',
    );
  }
}

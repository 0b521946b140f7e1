import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { MetricsService } from '../metrics/metrics.service.js';
import { contextOf } from './request-context.js';

const MILLISECONDS_PER_SECOND = 1_000;

type Series = ReturnType<MetricsService['requestSeconds']['labels']>;

/** Writes the one log line of a request, and its metrics: never bodies, prompts, queries or keys. */
export class RequestLog {
  /** As many as there are routes and statuses; to find one by its labels costs more than to count in it. */
  private readonly series = new Map<string, Series>();

  constructor(
    private readonly logger: Pick<Logger, 'info'>,
    private readonly metrics: MetricsService,
  ) {}

  write(request: FastifyRequest, reply: FastifyReply): void {
    const context = contextOf(request);
    const durationMs = performance.now() - context.startedAtMs;
    const route = request.routeOptions.url ?? 'unmatched';
    const status = reply.statusCode;
    this.findSeries(request.method, route, status).observe(durationMs / MILLISECONDS_PER_SECOND);
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

  private findSeries(method: string, route: string, status: number): Series {
    const name = `${status}${method} ${route}`;
    const known = this.series.get(name);
    if (known) return known;
    const series = this.metrics.requestSeconds.labels(method, route, String(status));
    this.series.set(name, series);
    return series;
  }
}

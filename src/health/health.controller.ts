import { Controller, Get, Header, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/public.decorator.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { HealthChecks, type HealthReport } from './health-checks.js';

const EXAMPLE = {
  status: 'ok',
  checks: {
    database: { status: 'ok', latency_ms: 1 },
    queue: { status: 'ok', latency_ms: 0 },
    media: { status: 'ok', latency_ms: 1 },
  },
};

const DOWN_EXAMPLE = {
  status: 'unavailable',
  checks: { ...EXAMPLE.checks, queue: { status: 'down', latency_ms: 2_000 } },
};

@ApiTags('operations')
@SkipThrottle()
@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthChecks,
    private readonly metrics: MetricsService,
  ) {}

  @Get('health/live')
  @Public()
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ schema: { example: { status: 'ok' } } })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get(['health', 'health/ready'])
  @Public()
  @ApiOperation({ summary: 'Whether the process can do its work: database, queue, media store' })
  @ApiOkResponse({ schema: { example: EXAMPLE } })
  @ApiServiceUnavailableResponse({
    description: 'Some part is down, and `checks` says which; or the process is stopping',
    schema: { example: DOWN_EXAMPLE },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.checks.run();
    void reply.status(report.status === 'ok' ? 200 : 503);
    return report;
  }

  @Get('metrics')
  @Public()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Prometheus metrics of this process' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async prometheus(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { contentType, text } = await this.metrics.render();
    void reply.header('Content-Type', contentType);
    return text;
  }
}

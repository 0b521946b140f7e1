import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsService } from '../metrics/metrics.service.js';
import { type DeliveredEvent, OutboxHandlers } from '../persistence/outbox-handlers.js';
import { GENERATION_CONCLUDED } from './conclude-member.js';

/** Counts concluded generations as the outbox tells of them: at least once, so a crash may count one twice. */
@Injectable()
export class ConcludedListener implements OnModuleInit {
  constructor(
    private readonly handlers: OutboxHandlers,
    private readonly metrics: MetricsService,
  ) {}

  onModuleInit(): void {
    this.handlers.on(GENERATION_CONCLUDED, 'generations.metrics', async (event) =>
      this.count(event),
    );
  }

  private count({ payload }: DeliveredEvent): void {
    const provider = String(payload.provider);
    const model = String(payload.model);
    this.metrics.generations.labels(provider, model, String(payload.status)).inc();
    this.metrics.images.labels(provider, model).inc(Number(payload.images));
    this.metrics.chargedMicros.labels(provider, model).inc(Number(payload.charged_micros));
  }
}

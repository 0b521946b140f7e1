import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { MetricsService } from '../metrics/metrics.service.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { Outcome } from './domain/outcome.js';
import type { UpstreamTarget } from './upstream-calls.port.js';

/** Connections that have series of their own. */
const LABELS_MAX = 200;
/** Whatever has no label of its own: models and connections that are not the house's. */
export const OTHER = 'other';

/** Series of single calls. Names that callers or tenants make up are no labels. */
@Injectable()
export class UpstreamMetrics {
  private readonly labels = new Set<string>();
  private readonly calls: Counter<'provider' | 'model' | 'outcome'>;
  private readonly answerSeconds: Histogram<'provider'>;

  constructor(
    { registry }: MetricsService,
    private readonly catalog: ModelCatalogService,
  ) {
    this.calls = new Counter({
      name: 'atelier_upstream_calls_total',
      help: 'Calls made to vendors, each repeat by itself.',
      labelNames: ['provider', 'model', 'outcome'],
      registers: [registry],
    });
    this.answerSeconds = new Histogram({
      name: 'atelier_upstream_answer_seconds',
      help: 'Time until a vendor began to answer, of calls that succeeded.',
      labelNames: ['provider'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300],
      registers: [registry],
    });
  }

  countCall({ connection, model }: UpstreamTarget, outcome: Outcome, answerMs: number): void {
    const { provider, id, scope } = connection;
    if (scope === 'global' && this.labels.size < LABELS_MAX) this.labels.add(id);
    this.calls.inc({ provider, model: this.isOurs(model) ? model : OTHER, outcome });
    if (outcome === 'succeeded') this.answerSeconds.observe({ provider }, answerMs / 1_000);
  }

  /** What the connection is called in series. */
  toLabel(connectionId: string): string {
    return this.labels.has(connectionId) ? connectionId : OTHER;
  }

  private isOurs(model: string): boolean {
    return (
      this.catalog.findImageModel(model) !== null ||
      this.catalog.findChatModel(model) !== null ||
      this.catalog.findEmbeddingModel(model) !== null
    );
  }
}

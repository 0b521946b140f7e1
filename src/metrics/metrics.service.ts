import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From half a millisecond (a refused request) to two minutes (a slow picture). */
const DURATION_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** Up to the usual thresholds of a warning (0.6) and a refusal (0.8), and between. */
const RISK_BUCKETS = [0, 0.2, 0.3, 0.4, 0.5, 0.59, 0.7, 0.79, 0.99, 1];

/** The Prometheus series of this process, one registry per application so that two can share a process. */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();

  readonly requestSeconds = new Histogram({
    name: 'atelier_http_request_seconds',
    help: 'Duration of answered requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });

  readonly generations = new Counter({
    name: 'atelier_generations_total',
    help: 'Concluded generations.',
    labelNames: ['provider', 'model', 'outcome'],
    registers: [this.registry],
  });

  readonly images = new Counter({
    name: 'atelier_images_total',
    help: 'Pictures delivered and stored.',
    labelNames: ['provider', 'model'],
    registers: [this.registry],
  });

  readonly chargedMicros = new Counter({
    name: 'atelier_charged_micros_total',
    help: 'Money charged, in millionths of a US dollar.',
    labelNames: ['provider', 'model'],
    registers: [this.registry],
  });

  readonly upstreamSeconds = new Histogram({
    name: 'atelier_upstream_seconds',
    help: 'Duration of vendor calls.',
    labelNames: ['provider', 'outcome'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });

  readonly failovers = new Counter({
    name: 'atelier_failovers_total',
    help: 'Attempts that failed and were followed by one elsewhere, by the provider that failed.',
    labelNames: ['provider', 'code'],
    registers: [this.registry],
  });

  readonly promptRisk = new Histogram({
    name: 'atelier_prompt_risk_score',
    help: 'Risk of the most dangerous text of each request that was judged; sum by count is the average.',
    labelNames: ['surface'],
    buckets: RISK_BUCKETS,
    registers: [this.registry],
  });

  readonly prompts = new Counter({
    name: 'atelier_prompts_total',
    help: 'Requests whose prompts were judged.',
    labelNames: ['surface', 'outcome'],
    registers: [this.registry],
  });

  readonly runs = new Gauge({
    name: 'atelier_runs',
    help: 'Generations running in this process, or waiting for a run.',
    labelNames: ['state'],
    registers: [this.registry],
  });

  readonly ledgerDifferences = new Gauge({
    name: 'atelier_ledger_differences',
    help: 'Places where the last proof of the books found that they do not add up; 0 is right.',
    registers: [this.registry],
  });

  readonly ledgerProvedSeconds = new Gauge({
    name: 'atelier_ledger_proved_timestamp_seconds',
    help: 'When this process last proved the books, in seconds since 1970; 0 is never.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** The Prometheus text format, with its content type. */
  async render(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}

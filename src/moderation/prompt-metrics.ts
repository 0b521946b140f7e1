import { Injectable } from '@nestjs/common';
import { MetricsService } from '../metrics/metrics.service.js';

const PERCENT = 100;

/** Where the texts came in. */
export type PromptSurface = 'image' | 'chat' | 'embedding';
export type PromptOutcome = 'passed' | 'warned' | 'blocked';

/** Counts what was judged. */
@Injectable()
export class PromptMetrics {
  constructor(private readonly metrics: MetricsService) {}

  /** @param percent the risk of the request's most dangerous text */
  count(surface: PromptSurface, outcome: PromptOutcome, percent: number): void {
    this.metrics.promptRisk.observe({ surface }, percent / PERCENT);
    this.metrics.prompts.inc({ surface, outcome });
  }
}

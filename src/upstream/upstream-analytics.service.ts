import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { type Figures, toFigures } from './domain/health-state.js';
import { UpstreamStatistics } from './upstream-statistics.js';
import { UpstreamStatisticsStore } from './upstream-statistics.store.port.js';

const MS_PER_DAY = 86_400_000;
const DAYS_DEFAULT = 7;
export const ANALYTICS_DAYS_MAX = 92;
export const ANALYTICS_ROWS_MAX = 1_000;
const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;

export interface AnalyticsQuestion {
  /** UTC days, both included; undefined = the last seven until today. */
  from?: string;
  to?: string;
  provider?: string;
  model?: string;
}

export interface AnalyticsRow {
  day: string;
  provider: string;
  model: string;
  figures: Figures;
}

export interface Analytics {
  from: string;
  to: string;
  rows: readonly AnalyticsRow[];
  /** Whether there was more than ANALYTICS_ROWS_MAX. */
  isCut: boolean;
}

/** How the house's connections fared, by day, provider and model. */
@Injectable()
export class UpstreamAnalyticsService {
  constructor(
    private readonly clock: Clock,
    private readonly statistics: UpstreamStatistics,
    private readonly store: UpstreamStatisticsStore,
  ) {}

  /** @throws DomainError `request.invalid` naming the field for what is no day, or too long a time */
  async analyze({ from, to, provider, model }: AnalyticsQuestion): Promise<Analytics> {
    const todayMs = Math.floor(this.clock.now().getTime() / MS_PER_DAY) * MS_PER_DAY;
    const lastMs = to === undefined ? todayMs : readDay('to', to);
    const firstMs =
      from === undefined ? lastMs - (DAYS_DEFAULT - 1) * MS_PER_DAY : readDay('from', from);
    if (firstMs > lastMs) throw DomainError.invalid('from', 'must not be after to');
    if (lastMs - firstMs >= ANALYTICS_DAYS_MAX * MS_PER_DAY) {
      throw DomainError.invalid('from', `must be at most ${ANALYTICS_DAYS_MAX} days before to`);
    }
    await this.statistics.flush();
    const found = await this.store.listDays({
      from: new Date(firstMs),
      to: new Date(lastMs + MS_PER_DAY),
      provider,
      model,
      limit: ANALYTICS_ROWS_MAX + 1,
    });
    const rows = found.slice(0, ANALYTICS_ROWS_MAX).map((one) => ({
      day: toDay(one.day.getTime()),
      provider: one.provider,
      model: one.model,
      figures: toFigures([one]),
    }));
    const isCut = found.length > ANALYTICS_ROWS_MAX;
    return { from: toDay(firstMs), to: toDay(lastMs), rows, isCut };
  }
}

function readDay(field: string, text: string): number {
  const ms = DAY_FORM.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(ms) || toDay(ms) !== text || ms < 0) {
    throw DomainError.invalid(field, 'must be a day such as 2026-11-21');
  }
  return ms;
}

function toDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

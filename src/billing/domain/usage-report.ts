import type { Micros } from '../../common/micros.js';

/** What a report can be broken down by. `space` only for those who see every space. */
export const USAGE_DIMENSIONS = [
  'space',
  'day',
  'user',
  'key',
  'collection',
  'provider',
  'model',
  'operation',
  'kind',
  'tier',
] as const;

export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** UTC days, `2026-11-21`, both included. */
export interface UsagePeriod {
  from: string;
  to: string;
}

/** What usage is narrowed to; undefined = anything. */
export interface UsageFilter {
  searchSpaceId?: string;
  userId?: string;
  apiKeyId?: string;
  collectionId?: string;
  provider?: string;
  model?: string;
  operation?: string;
  kind?: string;
  tier?: string;
}

export interface UsageReportRequest {
  period: UsagePeriod;
  filter: UsageFilter;
  /** In the order in which the key is sorted; none = the totals alone. */
  groupBy: readonly UsageDimension[];
  /** `cost`: what was charged, highest first; `key`: the groups' own order. */
  sort: 'cost' | 'key';
  offset: number;
  /** 0 = the totals alone. */
  limit: number;
}

/** Usage added up. */
export interface UsageSums {
  calls: number;
  succeeded: number;
  failed: number;
  imagesRequested: number;
  imagesDelivered: number;
  inputTokens: number;
  cachedInputTokens: number;
  imageInputTokens: number;
  cachedImageInputTokens: number;
  outputTokens: number;
  imageOutputTokens: number;
  listCostMicros: Micros;
  chargedMicros: Micros;
  shortfallMicros: Micros;
}

/** One group: what it is the sum of, by dimension. Null: calls that have none, such as those without a key. */
export interface UsageGroup extends UsageSums {
  key: Readonly<Partial<Record<UsageDimension, string | null>>>;
}

export interface UsageReport {
  groups: UsageGroup[];
  /** Of everything, not of the page. */
  totals: UsageSums;
  groupsCount: number;
}

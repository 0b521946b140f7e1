import type { Micros } from '../../common/micros.js';
import type { UsageFilter, UsagePeriod } from './usage-report.js';

/** One billable call as it was recorded. */
export interface UsageRecord {
  /** The attempt's id. */
  id: string;
  searchSpaceId: string;
  collectionId: string | null;
  userId: string | null;
  apiKeyId: string | null;
  generationId: string | null;
  provider: string;
  /** Name of the credential that served it; null where none is told. */
  connection: string | null;
  model: string;
  /** What was asked for, where another one ran. */
  requestedModel: string | null;
  operation: string;
  kind: string;
  tier: string;
  outcome: string;
  imagesRequested: number;
  imagesDelivered: number;
  inputTokens: number;
  cachedInputTokens: number;
  imageInputTokens: number;
  cachedImageInputTokens: number;
  outputTokens: number;
  imageOutputTokens: number;
  /** 10,000 = the list price. */
  multiplierBp: number;
  listCostMicros: Micros;
  chargedMicros: Micros;
  shortfallMicros: Micros;
  latencyMs: number | null;
  /** The vendor did not say what it used. */
  isEstimated: boolean;
  createdAt: Date;
}

export interface UsageListFilter extends UsageFilter {
  searchSpaceId: string;
  outcome?: string;
  /** Null: as far back as rows are kept. */
  period: UsagePeriod | null;
}

export abstract class UsageReader {
  /** The space's calls, newest first; `before` as an id, null = from the newest. */
  abstract list(
    filter: UsageListFilter,
    before: string | null,
    limit: number,
  ): Promise<UsageRecord[]>;
}

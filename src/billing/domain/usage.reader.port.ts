import type { Micros } from '../../common/micros.js';

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
  model: string;
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
  listCostMicros: Micros;
  chargedMicros: Micros;
  shortfallMicros: Micros;
  createdAt: Date;
}

export abstract class UsageReader {
  /** The space's calls, newest first; `before` as an id, null = from the newest. */
  abstract list(
    searchSpaceId: string,
    before: string | null,
    limit: number,
  ): Promise<UsageRecord[]>;
}

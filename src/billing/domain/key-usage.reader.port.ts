import type { Micros } from '../../common/micros.js';

/** What a key has used so far, added up. */
export interface KeyTotals {
  /** Billable calls. */
  requests: number;
  /** Pictures delivered. */
  pictures: number;
  tokens: number;
  /** Taken from the wallet. */
  costMicros: Micros;
}

/** The usage of one key, added up from its daily sums: as far back as these are kept. */
export abstract class KeyUsageReader {
  abstract getTotals(apiKeyId: string): Promise<KeyTotals>;
}

import type { Micros } from '../../common/micros.js';

export interface SpendAnomaly {
  searchSpaceId: string;
  /** UTC. */
  day: string;
  chargedMicros: Micros;
  /** Of the days before. */
  meanMicros: Micros;
}

export interface AnomalyRule {
  /** 300 = three times as much as usual. */
  factorPercent: number;
  /** What is charged must be above this too. */
  floorMicros: number;
  /** Spaces told of in one round, those that were charged most. */
  limit: number;
}

/** Days on which a space spent far more than before. Port for `scope.get(SpendAnomalies)`. */
export abstract class SpendAnomalies {
  /** Notes what is new on that day and answers it: a space is answered once a day, whoever asks. */
  abstract note(day: string, rule: AnomalyRule): Promise<SpendAnomaly[]>;
}

import type { Micros } from '../../common/micros.js';

export type ReconciliationState = 'open' | 'resolved';

/** Something a person must look at: a call that was interrupted, or that cost more than was there. */
export interface ReconciliationItem {
  id: string;
  searchSpaceId: string | null;
  holdId: string | null;
  attemptId: string | null;
  generationId: string | null;
  /** `interrupted`, `shortfall`… */
  reason: string;
  /** What was owed and not there. */
  amountMicros: Micros;
  createdAt: Date;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  note: string | null;
}

export interface Resolution {
  itemId: string;
  note: string;
  /** `user:…` */
  actor: string;
}

import type { Micros } from '../../common/micros.js';

export const LOT_KINDS = ['paid', 'promotional', 'adjustment'] as const;
export type LotKind = (typeof LOT_KINDS)[number];

export const PRIORITY_MAX = 1_000;

/** What money of a grant is and when it is there. */
export interface LotTerms {
  kind: 'paid' | 'promotional';
  /** 0–1000, the lowest is used first; by kind when left out: promotional 100, paid 500. */
  priority?: number;
  /** Before it the grant is no money; null or left out: at once. */
  effectiveAt?: Date | null;
  /** What is left then lapses, but for what calls in flight hold; null or left out: never. */
  expiresAt?: Date | null;
}

/**
 * `scheduled`: not money yet. `running_off`: expired, and what remains is held by calls that were in flight then.
 * `lapsed`: expired with something left. `used`: nothing left.
 */
export type LotState = 'scheduled' | 'active' | 'running_off' | 'used' | 'lapsed';

/** Money that came into a wallet together, and what is left of it. */
export interface Lot {
  id: string;
  kind: LotKind;
  priority: number;
  amountMicros: Micros;
  /** Not used, as of now; includes what is held. */
  remainingMicros: Micros;
  /** What expired unused. */
  lapsedMicros: Micros;
  state: LotState;
  effectiveAt: Date;
  expiresAt: Date | null;
  /** As it was granted, adjusted or transferred; null for the balance from before there were lots. */
  transactionId: string | null;
  /** The lot of another wallet that a transfer took it from. */
  sourceId: string | null;
  reason: string | null;
  actor: string | null;
  createdAt: Date;
}

import type { Micros } from '../../common/micros.js';

/** How much is set aside for a call, and what for. */
export interface HeldTokens {
  /** Rather too many than too few: what the request can have at most. */
  inputTokens: number;
  /** What may be written before more has to be set aside; 0 for embeddings. */
  outputTokens: number;
}

/** A price that was found for one candidate. */
export interface HeldPrice {
  holdMicros: Micros;
  funding: 'wallet' | 'subscription' | 'none';
}

/** From the dearest way to pay to the one that costs nothing. */
const FUNDINGS = ['wallet', 'subscription', 'none'] as const;

/** One hold stands for whichever candidate answers: the amount of the dearest, out of the purse that any of them needs. */
export function toHeldMoney(prices: readonly HeldPrice[]): {
  amountMicros: number;
  funding: HeldPrice['funding'];
} {
  const wallet = prices.filter(({ funding }) => funding !== 'none');
  return {
    amountMicros: Math.max(0, ...wallet.map(({ holdMicros }) => holdMicros)),
    funding:
      FUNDINGS.find((funding) => prices.some((price) => price.funding === funding)) ?? 'wallet',
  };
}

/**
 * Fewer candidates, so that less has to be held: first without those dearer than the first, then those alone that cost
 * nothing. Each list is shorter than the one before it.
 */
export function listThriftier<T extends HeldPrice>(candidates: readonly T[]): T[][] {
  const [first] = candidates;
  if (!first) return [];
  const ways = [
    candidates.filter(({ holdMicros }) => holdMicros <= first.holdMicros),
    candidates.filter(({ funding }) => funding === 'none'),
  ];
  let before = candidates.length;
  return ways.filter(({ length }) => {
    if (length === 0 || length >= before) return false;
    before = length;
    return true;
  });
}

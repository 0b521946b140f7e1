import { keepCandidates } from './apply-candidate.js';
import type { Generation, StoredCandidate } from './generation.js';
import { toHeldMoney } from './held-money.js';

/**
 * The generation with fewer candidates, so that less has to be held: first without those that are dearer than the one
 * that stands first, then with those alone that cost the caller nothing.
 */
export function listThriftier(generation: Generation): Generation[] {
  const first = generation.quote.holdMicros;
  const ways: ((candidate: StoredCandidate) => boolean)[] = [
    ({ quote }) => quote.holdMicros <= first,
    ({ quote }) => quote.terms?.funding === 'none',
  ];
  const found: Generation[] = [];
  for (const isKept of ways) {
    const kept = keepCandidates(generation, isKept);
    const before = found.at(-1) ?? generation;
    if (kept && isLess(kept, before)) found.push(kept);
  }
  return found;
}

function isLess(one: Generation, other: Generation): boolean {
  const held = toHeldMoney(one);
  const before = toHeldMoney(other);
  return held.amountMicros < before.amountMicros || held.funding !== before.funding;
}

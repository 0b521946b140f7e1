// Proves that a hold covers whichever candidate delivers, out of the purse that any of them needs.
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
import type { StoredCandidate, StoredQuote, StoredTerms } from './generation.js';
import { toHeldMoney } from './held-money.js';

const quote = (holdMicros: number, funding?: StoredTerms['funding']): StoredQuote => ({
  holdMicros: toMicros(holdMicros),
  unitMicros: toMicros(holdMicros),
  priceVersionId: 'v1',
  ...(funding && {
    terms: { tier: 'platform', funding, multiplierBp: 10_000, ruleId: null, subscriptionId: null },
  }),
});
const fallback = (one: StoredQuote) => ({ quote: one }) as StoredCandidate;

describe('toHeldMoney', () => {
  it('is the price of the only candidate, out of the wallet where nothing else is said', () => {
    expect(toHeldMoney({ quote: quote(700), options: {} })).toEqual({
      amountMicros: 700,
      funding: 'wallet',
    });
  });

  it('is the price of the dearest of several', () => {
    const fallbacks = [fallback(quote(900, 'wallet')), fallback(quote(100, 'wallet'))];
    expect(toHeldMoney({ quote: quote(700, 'wallet'), options: { fallbacks } })).toEqual({
      amountMicros: 900,
      funding: 'wallet',
    });
  });

  it('asks the wallet when only a fallback needs it, and nobody when none does', () => {
    const own = quote(0, 'none');
    const house = { fallbacks: [fallback(quote(500, 'wallet'))] };
    expect(toHeldMoney({ quote: own, options: house })).toEqual({
      amountMicros: 500,
      funding: 'wallet',
    });
    expect(toHeldMoney({ quote: own, options: { fallbacks: [fallback(own)] } })).toEqual({
      amountMicros: 0,
      funding: 'none',
    });
  });
});

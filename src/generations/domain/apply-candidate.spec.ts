// Proves that a generation moves along its candidates with each one's own size and price, and is narrowed to what costs
// less when money refuses it.
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
import { keepCandidates, listCandidates, toNextCandidate } from './apply-candidate.js';
import type { Generation, StoredCandidate, StoredTerms } from './generation.js';
import { listThriftier } from './list-thriftier.js';

type Funding = StoredTerms['funding'];

function candidate(model: string, micros: number, funding: Funding = 'wallet'): StoredCandidate {
  const tier = funding === 'none' ? 'byok' : 'platform';
  return {
    model,
    provider: `vendor-of-${model}`,
    connection: `connection-of-${model}`,
    vendorModel: null,
    isSticky: false,
    size: `${micros}x${micros}`,
    widthPx: micros,
    heightPx: micros,
    quote: {
      holdMicros: toMicros(funding === 'none' ? 0 : micros),
      unitMicros: toMicros(micros),
      priceVersionId: 'v1',
      terms: { tier, funding, multiplierBp: 10_000, ruleId: null, subscriptionId: null },
    },
  };
}

function generation(first: StoredCandidate, ...fallbacks: StoredCandidate[]): Generation {
  const bare = { options: { fallbacks, providerOptions: {}, hasInputs: false } };
  return keepCandidates({ ...first, ...bare } as unknown as Generation, () => true)!;
}

const modelsOf = (one: Generation | null) => one && listCandidates(one).map(({ model }) => model);

describe('a generation', () => {
  it('moves to its next candidate with that one’s size and price, until none is left', () => {
    const first = generation(candidate('a', 500), candidate('b', 200), candidate('c', 300));
    const second = toNextCandidate(first)!;
    expect(second).toMatchObject({
      model: 'b',
      provider: 'vendor-of-b',
      connection: 'connection-of-b',
      size: '200x200',
      quote: { holdMicros: 200 },
      options: { widthPx: 200, heightPx: 200 },
    });
    expect(modelsOf(second)).toEqual(['b', 'c']);
    const third = toNextCandidate(second)!;
    expect(modelsOf(third)).toEqual(['c']);
    expect(toNextCandidate(third)).toBeNull();
    expect(modelsOf(first)).toEqual(['a', 'b', 'c']);
  });

  it('is narrowed to what costs no more than its first, then to what costs nothing', () => {
    const whole = generation(
      candidate('first', 500),
      candidate('dearer', 900),
      candidate('cheap', 100),
      candidate('own', 700, 'none'),
    );
    expect(listThriftier(whole).map(modelsOf)).toEqual([['first', 'cheap', 'own'], ['own']]);
  });

  it('stays as it is where nothing costs less', () => {
    expect(listThriftier(generation(candidate('a', 500)))).toEqual([]);
    expect(listThriftier(generation(candidate('a', 500), candidate('b', 500)))).toEqual([]);
    expect(listThriftier(generation(candidate('own', 500, 'none')))).toEqual([]);
  });
});

/** Proves that every line of data/prices.json becomes a whole price, and that a list is named by what it says. */
import { describe, expect, it } from 'vitest';
import listed from '../data/prices.json' with { type: 'json' };
import { hashPrices, type ListedPrice, toPrices } from './price-list.js';

const LINE: ListedPrice = { provider: 'openai', model: 'm', unit: 'image', usd: 0.00588 };

describe('price list', () => {
  it('takes every line', () => {
    const prices = toPrices(listed);
    expect(prices).toHaveLength(listed.length);
    expect(prices.every((price) => Number.isSafeInteger(price.microsPerMillion))).toBe(true);
    expect(prices.filter(({ microcredits }) => microcredits !== null)).toHaveLength(20);
  });

  it('keeps dollars exact, whatever they buy', () => {
    const [image, token] = toPrices([
      LINE,
      { ...LINE, unit: '1M_cached_input_tokens', usd: 0.075 },
    ]);
    expect(image).toMatchObject({ unit: 'image', microsPerMillion: 5_880_000_000 });
    expect(token).toMatchObject({ unit: 'cached_input_token', microsPerMillion: 75_000 });
  });

  it('gives vendors the ids they have here', () => {
    expect(toPrices([{ ...LINE, provider: 'google' }])[0]?.provider).toBe('gemini');
  });

  it('refuses a unit it does not know', () => {
    expect(() => toPrices([{ ...LINE, unit: 'hour' }])).toThrow('unknown price unit: hour');
  });

  it('has one hash for the same prices in any order, another for any other price', () => {
    const [a, b] = toPrices([LINE, { ...LINE, model: 'n' }]);
    expect(hashPrices([a!, b!])).toBe(hashPrices([b!, a!]));
    const [dearer] = toPrices([{ ...LINE, usd: 0.00589 }]);
    expect(hashPrices([dearer!, b!])).not.toBe(hashPrices([a!, b!]));
  });
});

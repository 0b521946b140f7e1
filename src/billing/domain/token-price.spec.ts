/** Proves what calls by token are held for and charged: tiers of long prompts, cached parts, rounding, hostile counts. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import listed from '../data/prices.json' with { type: 'json' };
import { EMBEDDED_PRICES } from './embedded-prices.js';
import { toPrices } from './price-list.js';
import type { Price } from './price.js';
import {
  believeTokens,
  chargeTokens,
  type CountedTokens,
  quoteTokens,
  type TokenOperation,
  type TokenRates,
  toTokenRates,
} from './token-price.js';

const PRICES = toPrices([...EMBEDDED_PRICES, ...listed]);

function rowsOf(model: string): Price[] {
  return PRICES.filter((price) => price.model === model);
}

function ratesOf(model: string, operation: TokenOperation = 'chat'): TokenRates {
  const rates = toTokenRates(rowsOf(model), operation);
  if (!rates) throw new Error(`no price: ${model}`);
  return rates;
}

function tokens(input: number, output = 0, cachedInput = 0, cacheWrite = 0) {
  return { input, output, cachedInput, cacheWrite };
}

function counted(inputTokens: number, outputTokens = 0, more: Partial<CountedTokens> = {}) {
  return { inputTokens, outputTokens, cachedInputTokens: null, cacheWriteTokens: null, ...more };
}

describe('prices by token', () => {
  it.each([
    ['embedded-chat', tokens(1_000, 500), 300],
    ['embedded-chat', tokens(1, 0), 1],
    ['embedded-chat', tokens(0, 0), 0],
    // Without a price of their own, cached and written tokens cost what others do.
    ['embedded-chat', tokens(1_000, 0, 400, 600), 100],
    ['gpt-6-astra', tokens(1_000, 100, 400, 100), 5_000 + 400 + 1_250 + 5_000],
    // At the threshold the plain price holds, above it the dearer one for the whole call.
    ['gpt-6-astra', tokens(272_000, 1_000), 2_720_000 + 50_000],
    ['gpt-6-astra', tokens(272_001, 1_000), 5_440_020 + 75_000],
    ['gpt-6-astra', tokens(300_000, 0, 100_000, 0), 4_000_000 + 200_000],
    // The list has no price for writing long prompts: they cost no less than reading there.
    ['claude-haiku-5-5', tokens(1_000, 0, 0, 1_000), 125],
    ['claude-haiku-5-5', tokens(100_001, 0, 0, 100_001), 50_001],
  ])('%s: %o costs %i micros', (model, count, micros) => {
    expect(chargeTokens(ratesOf(model), count)).toBe(micros);
  });

  it('sums the lines before it rounds once, multiplied', () => {
    const rates = ratesOf('embedded-chat');
    // 3 × 0.1 + 2 × 0.4 = 1.1 micros; a third more is 1.4663.
    expect(chargeTokens(rates, tokens(3, 2))).toBe(2);
    expect(chargeTokens(rates, tokens(3, 2), 13_333)).toBe(2);
    expect(chargeTokens(rates, tokens(3, 2), 30_000)).toBe(4);
    expect(chargeTokens(rates, tokens(3, 2), 0)).toBe(0);
  });

  it('charges embeddings for what goes in alone, and needs no price for what comes out', () => {
    expect(chargeTokens(ratesOf('embedded-embedding', 'embedding'), tokens(50, 1_000))).toBe(1);
    expect(chargeTokens(ratesOf('embedded-chat', 'embedding'), tokens(50, 1_000))).toBe(5);
    expect(toTokenRates(rowsOf('embedded-embedding'), 'chat')).toBeNull();
  });

  it.each(['gpt-image-2', 'embedded-image', 'no-such-model'])(
    'has no price to chat with %s',
    (model) => {
      expect(toTokenRates(rowsOf(model), 'chat')).toBeNull();
    },
  );

  it('does not take a price for long prompts alone as one for all', () => {
    const long = toPrices(
      ['1M_input_tokens', '1M_output_tokens'].map((unit) => ({
        provider: 'openai',
        model: 'long',
        unit,
        usd: 1,
        input_tokens_above: 1_000,
      })),
    );
    expect(toTokenRates(long, 'chat')).toBeNull();
  });

  it('holds the dearest that so many tokens can cost', () => {
    const rates = ratesOf('gpt-6-astra');
    // Every token may have to be written to the cache.
    expect(quoteTokens(rates, { inputTokens: 1_000, outputTokensMax: 100 })).toBe(12_500 + 5_000);
    expect(quoteTokens(rates, { inputTokens: 300_000, outputTokensMax: 0 })).toBe(6_000_000);
  });
});

describe('counts of vendors', () => {
  const held = { inputTokens: 100, outputTokensMax: 1_000 };

  it('are believed as they are when they are plausible', () => {
    const count = counted(120, 1_500, { cachedInputTokens: 20, cacheWriteTokens: 100 });
    expect(believeTokens(count, held)).toEqual({
      tokens: tokens(120, 1_500, 20, 100),
      isCut: false,
    });
  });

  it.each([
    ['more than four times what was held, and the slack', counted(2_449, 1), tokens(2_448, 1)],
    ['output beyond the same', counted(1, 1e9), tokens(1, 6_048)],
    ['less than nothing', counted(-1, 5), tokens(100, 5)],
    ['no number', counted(5, Number.NaN), tokens(5, 1_000)],
    ['no whole number', counted(5, 1.5), tokens(5, 1_000)],
    ['no end', counted(Number.POSITIVE_INFINITY, 1), tokens(100, 1)],
    ['more cached than read', counted(10, 1, { cachedInputTokens: 11 }), tokens(10, 1, 10)],
    [
      'more cached and written than read',
      counted(10, 1, { cachedInputTokens: 6, cacheWriteTokens: 6 }),
      tokens(10, 1, 6, 4),
    ],
    ['cached below nothing', counted(10, 1, { cachedInputTokens: -6 }), tokens(10, 1)],
  ])('are cut: %s', (_, count, expected) => {
    expect(believeTokens(count, held)).toEqual({ tokens: expected, isCut: true });
  });
});

describe('any call by token', () => {
  const units = ['1M_input_tokens', '1M_cached_input_tokens', '1M_cache_write_tokens'];
  const anyList = fc
    .array(
      fc.record({
        unit: fc.constantFrom(...units, '1M_output_tokens'),
        usd: fc.integer({ min: 0, max: 200 }),
        input_tokens_above: fc.constantFrom(null, 10, 500, 2_000),
      }),
      { maxLength: 10 },
    )
    .map((lines) =>
      toPrices(
        [
          { unit: '1M_input_tokens', usd: 1 },
          { unit: '1M_output_tokens', usd: 4 },
          ...lines.filter(({ input_tokens_above }) => input_tokens_above !== null),
          ...lines.filter(({ unit }) => unit.includes('cache')),
        ].map((line) => ({ provider: 'p', model: 'm', ...line })),
      ),
    );
  const anyNumber = fc.oneof(
    fc.integer({ min: -10, max: 5_000 }),
    fc.double(),
    fc.constant(Number.MAX_SAFE_INTEGER),
  );
  const anyCount = fc.record({
    inputTokens: anyNumber,
    outputTokens: anyNumber,
    cachedInputTokens: fc.option(anyNumber),
    cacheWriteTokens: fc.option(anyNumber),
  });
  const anyHeld = fc.record({
    inputTokens: fc.nat({ max: 5_000 }),
    outputTokensMax: fc.nat({ max: 5_000 }),
  });
  const anyMultiplier = fc.nat({ max: 50_000 });

  it('never costs less than nothing, nor more than what is plausible, whatever was counted', () => {
    fc.assert(
      fc.property(anyList, anyCount, anyHeld, anyMultiplier, (list, count, held, multiplier) => {
        const rates = toTokenRates(list, 'chat')!;
        const { tokens: believed } = believeTokens(count, held);
        const charge = chargeTokens(rates, believed, multiplier);
        const most = {
          inputTokens: held.inputTokens * 4 + 2_048,
          outputTokensMax: held.outputTokensMax * 4 + 2_048,
        };
        expect(charge).toBeGreaterThanOrEqual(0);
        expect(charge).toBeLessThanOrEqual(quoteTokens(rates, most, multiplier));
      }),
    );
  });

  it('never costs more than was held, when it took no more than was held', () => {
    fc.assert(
      fc.property(anyList, anyCount, anyHeld, anyMultiplier, (list, count, held, multiplier) => {
        const rates = toTokenRates(list, 'chat')!;
        const { tokens: believed } = believeTokens(count, held);
        fc.pre(believed.input <= held.inputTokens && believed.output <= held.outputTokensMax);
        const charge = chargeTokens(rates, believed, multiplier);
        expect(charge).toBeLessThanOrEqual(quoteTokens(rates, held, multiplier));
      }),
    );
  });

  it('never costs less for more tokens, by any list of the file', () => {
    const priced = [...new Set(PRICES.map(({ model }) => model))]
      .map((model) => toTokenRates(rowsOf(model), 'chat'))
      .filter((rates) => rates !== null);
    expect(priced.length).toBeGreaterThan(40);
    const anySize = fc.nat({ max: 400_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...priced),
        anySize,
        anySize,
        anySize,
        anySize,
        (rates, input, output, moreInput, moreOutput) => {
          const less = tokens(input, output);
          const more = tokens(input + moreInput, output + moreOutput);
          expect(chargeTokens(rates, more)).toBeGreaterThanOrEqual(chargeTokens(rates, less));
          const held = { inputTokens: input, outputTokensMax: output };
          const raised = { inputTokens: input + moreInput, outputTokensMax: output + moreOutput };
          expect(quoteTokens(rates, raised)).toBeGreaterThanOrEqual(quoteTokens(rates, held));
        },
      ),
    );
  });
});

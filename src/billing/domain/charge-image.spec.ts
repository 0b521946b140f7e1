/** Proves what is charged after a call: the vendor's count where it can be believed, else the delivered pictures. */
import { describe, expect, it } from 'vitest';
import listed from '../data/prices.json' with { type: 'json' };
import { chargeImage, type ImageChargeRequest, type ReportedUsage } from './charge-image.js';
import { EMBEDDED_PRICES } from './embedded-prices.js';
import { toPrices } from './price-list.js';

const PRICES = toPrices([...EMBEDDED_PRICES, ...listed]);

const USAGE: ReportedUsage = {
  inputTokens: 19,
  inputTextTokens: 19,
  inputImageTokens: 0,
  outputTokens: 439,
  outputImageTokens: 439,
  outputTextTokens: 0,
};

function charge(model: string, more: Partial<ImageChargeRequest> = {}) {
  return chargeImage(
    PRICES.filter((price) => price.model === model),
    {
      model,
      delivered: 1,
      widthPx: 1024,
      heightPx: 1024,
      size: null,
      quality: 'medium',
      usage: null,
      quoted: { holdMicros: 60_000, unitMicros: 52_680 },
      ...more,
    },
  );
}

describe('charge by the vendor’s count', () => {
  it('multiplies tokens and rounds up once', () => {
    // (19 × 5 + 439 × 30) = 13,265 micros exactly
    expect(charge('gpt-image-2', { usage: USAGE })).toEqual({
      chargeMicros: 13_265,
      basis: 'usage',
      isCut: false,
    });
    // 7 × 0.3 + 1 × 30 = 32.1 → 33
    const odd = { ...USAGE, inputTokens: 7, inputTextTokens: 7, outputImageTokens: 1 };
    expect(charge('gemini-2.5-flash-image', { usage: odd }).chargeMicros).toBe(33);
  });

  it('counts pictures that went in at their own price', () => {
    const usage = { ...USAGE, inputTokens: 1_043, inputImageTokens: 1_024 };
    expect(charge('gpt-image-2', { usage }).chargeMicros).toBe(13_265 + 1_024 * 8);
  });

  it('reads a count whose parts are not told apart', () => {
    const usage: ReportedUsage = {
      inputTokens: 19,
      inputTextTokens: null,
      inputImageTokens: null,
      outputTokens: 439,
      outputImageTokens: null,
      outputTextTokens: null,
    };
    expect(charge('gpt-image-2', { usage }).chargeMicros).toBe(13_265);
  });

  it('charges k of m when some that were made were lost on the way', () => {
    const usage = { ...USAGE, outputTokens: 1_000, outputImageTokens: 1_000, inputTextTokens: 0 };
    const some = charge('gpt-image-2', { usage, delivered: 1, made: 3 });
    expect(some.chargeMicros).toBe(10_000);
  });

  it('cuts a count beyond belief', () => {
    const usage = { ...USAGE, outputTokens: 50_000_000, outputImageTokens: 50_000_000 };
    expect(charge('gpt-image-2', { usage })).toEqual({
      chargeMicros: 240_000,
      basis: 'usage',
      isCut: true,
    });
  });

  it.each([
    ['no picture took a token', { outputTokens: 0, outputImageTokens: 0 }],
    ['a count is negative', { inputTextTokens: -5 }],
    ['a count is no number', { outputImageTokens: Number.NaN }],
    ['a count is broken', { inputTokens: 1.5, inputTextTokens: null }],
    ['the parts are more than the whole', { inputTextTokens: null, inputImageTokens: 500 }],
    ['a count is endless', { outputImageTokens: Number.POSITIVE_INFINITY }],
  ])('does not believe that %s', (_what, lie) => {
    expect(charge('gpt-image-2', { usage: { ...USAGE, ...lie } })).toMatchObject({
      chargeMicros: 52_680,
      basis: 'images',
    });
  });
});

describe('charge by delivered pictures', () => {
  it('charges k of n', () => {
    expect(charge('embedded-image', { delivered: 3 })).toEqual({
      chargeMicros: 3_000,
      basis: 'images',
      isCut: false,
    });
  });

  it('goes by the size that was delivered', () => {
    const large = { widthPx: 2048, heightPx: 2048, delivered: 2 };
    expect(charge('embedded-image', large).chargeMicros).toBe(3_000);
  });

  it('charges what was quoted when the delivered size has no price', () => {
    const odd = { widthPx: 900, heightPx: 900, delivered: 2 };
    expect(charge('gpt-image-1.5', odd).chargeMicros).toBe(2 * 52_680);
  });

  it('ignores a count where pictures have no token price', () => {
    const found = charge('stable-image-core', { usage: USAGE, delivered: 2 });
    expect(found).toEqual({ chargeMicros: 60_000, basis: 'images', isCut: false });
  });

  it('charges nothing when nothing was delivered', () => {
    expect(charge('gpt-image-2', { usage: USAGE, delivered: 0 })).toEqual({
      chargeMicros: 0,
      basis: 'nothing',
      isCut: false,
    });
  });
});

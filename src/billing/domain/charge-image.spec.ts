/** Proves what is charged after a call: the vendor's count where it can be believed, else the delivered pictures. */
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
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
    PRICES.filter((price) => price.model === model || price.model === '*'),
    {
      model,
      delivered: 1,
      widthPx: 1024,
      heightPx: 1024,
      size: null,
      quality: 'medium',
      usage: null,
      quoted: { listMicros: 60_000, unitMicros: 52_680 },
      ...more,
    },
  );
}

describe('charge by the vendor’s count', () => {
  it('multiplies tokens and rounds up once', () => {
    // (19 × 5 + 439 × 30) = 13,265 micros exactly
    expect(charge('gpt-image-2', { usage: USAGE })).toEqual({
      listMicros: 13_265,
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
      listMicros: 240_000,
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

describe('charge on terms', () => {
  it('multiplies once, and rounds up once', () => {
    // (7 × 0.3 + 1 × 30) × 1.1111 = 35.66631 → 36; 33 × 1.1111 would be 37.
    const usage = { ...USAGE, inputTokens: 7, inputTextTokens: 7, outputImageTokens: 1 };
    const found = charge('gemini-2.5-flash-image', { usage, multiplierBp: 11_111 });
    expect(found).toMatchObject({ listMicros: 33, chargeMicros: 36 });
    expect(charge('embedded-image', { multiplierBp: 0 })).toMatchObject({
      listMicros: 1_000,
      chargeMicros: 0,
    });
  });

  it('multiplies what it cut', () => {
    const usage = { ...USAGE, outputTokens: 50_000_000, outputImageTokens: 50_000_000 };
    expect(charge('gpt-image-2', { usage, multiplierBp: 5_000 })).toMatchObject({
      listMicros: 240_000,
      chargeMicros: 120_000,
      isCut: true,
    });
  });
});

describe('charge by other units', () => {
  const LINE = { provider: 'a', model: 'm', usd: '0.003' };
  const asked = {
    model: 'm',
    delivered: 2,
    widthPx: 1_001,
    heightPx: 999,
    size: null,
    quality: null,
    usage: null,
    quoted: { listMicros: 100_000, unitMicros: 50_000 },
  };

  it('counts cached tokens at their price', () => {
    // 9 × 5 + 10 × 1.25 + 439 × 30 = 13,227.5
    const usage = { ...USAGE, cachedInputTextTokens: 10 };
    expect(charge('gpt-image-2', { usage }).chargeMicros).toBe(13_228);
    const lie = { ...USAGE, cachedInputTextTokens: 20 };
    expect(charge('gpt-image-2', { usage: lie }).basis).toBe('images');
  });

  it('counts every pixel', () => {
    // 2 × 999,999 × 0.003 micros = 5,999.994
    const prices = toPrices([{ ...LINE, unit: 'megapixel' }]);
    expect(chargeImage(prices, asked).chargeMicros).toBe(6_000);
  });

  it('counts requests, however many pictures each made', () => {
    const prices = toPrices([{ ...LINE, unit: 'request' }]);
    expect(chargeImage(prices, asked).chargeMicros).toBe(3_000);
    expect(chargeImage(prices, { ...asked, requests: 4 }).chargeMicros).toBe(12_000);
  });

  it('counts the seconds that were reported', () => {
    const prices = toPrices([{ ...LINE, unit: 'second' }]);
    const usage = { ...USAGE, seconds: 7 };
    expect(chargeImage(prices, { ...asked, usage }).chargeMicros).toBe(21_000);
  });

  it('counts the credits that were reported, at what a credit is worth', () => {
    const usage = { ...USAGE, microcredits: 6_500_000 };
    expect(charge('sd3.5-large', { usage }).chargeMicros).toBe(65_000);
    expect(charge('sd3.5-large', { delivered: 2 }).chargeMicros).toBe(130_000);
    const dearer = toPrices(listed)
      .filter((price) => price.model === 'sd3.5-large' || price.model === '*')
      .map((price) =>
        price.unit === 'microcredit' ? { ...price, microsPerMillion: toMicros(20_000) } : price,
      );
    expect(chargeImage(dearer, { ...asked, model: 'sd3.5-large' }).chargeMicros).toBe(260_000);
  });

  it('does not count credits where a picture has a price in money', () => {
    const prices = toPrices([
      { ...LINE, unit: 'image', usd: '0.5' },
      { ...LINE, model: '*', unit: 'credit' },
    ]);
    const usage = { ...USAGE, microcredits: 1 };
    expect(chargeImage(prices, { ...asked, usage }).chargeMicros).toBe(1_000_000);
  });
});

describe('charge by delivered pictures', () => {
  it('charges k of n', () => {
    expect(charge('embedded-image', { delivered: 3 })).toEqual({
      listMicros: 3_000,
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
    expect(found).toMatchObject({ chargeMicros: 60_000, basis: 'images', isCut: false });
  });

  it('charges nothing when nothing was delivered', () => {
    expect(charge('gpt-image-2', { usage: USAGE, delivered: 0 })).toEqual({
      listMicros: 0,
      chargeMicros: 0,
      basis: 'nothing',
      isCut: false,
    });
  });
});

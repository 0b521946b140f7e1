/** Proves what is held for pictures of the real price list: exact sizes, classes, formulas, and the dearest when open. */
import { describe, expect, it } from 'vitest';
import listed from '../data/prices.json' with { type: 'json' };
import { EMBEDDED_PRICES } from './embedded-prices.js';
import { toPrices } from './price-list.js';
import { type ImageQuoteRequest, quoteImage } from './quote-image.js';

const PRICES = toPrices([...EMBEDDED_PRICES, ...listed]);

function quote(provider: string, model: string, more: Partial<ImageQuoteRequest> = {}) {
  const rows = PRICES.filter((price) => price.provider === provider && price.model === model);
  const request: ImageQuoteRequest = {
    model,
    n: 1,
    widthPx: 1024,
    heightPx: 1024,
    size: null,
    quality: null,
    promptBytes: 0,
    inputImages: 0,
    ...more,
  };
  return quoteImage(rows, request);
}

describe('quote of the embedded renderer', () => {
  it.each([
    [64, 64, 1_000],
    [1024, 1024, 1_000],
    [1025, 1024, 1_500],
    [2048, 2048, 1_500],
    [2049, 2048, 2_000],
  ])('goes by pixels: %i × %i costs %i micros', (widthPx, heightPx, micros) => {
    expect(quote('embedded', 'embedded-image', { widthPx, heightPx })).toEqual({
      holdMicros: micros,
      listMicros: micros,
      unitMicros: micros,
      basis: 'pixels',
    });
  });

  it('counts the pictures, and takes the dearest for an open size', () => {
    expect(quote('embedded', 'embedded-image', { n: 4 })?.holdMicros).toBe(4_000);
    const open = quote('embedded', 'embedded-image', { widthPx: null, heightPx: null });
    expect(open).toMatchObject({ holdMicros: 2_000, basis: 'dearest' });
  });
});

describe('quote by size and quality', () => {
  it('takes the exact line', () => {
    expect(quote('openai', 'gpt-image-2', { quality: 'medium' })).toEqual({
      holdMicros: 52_680,
      listMicros: 52_680,
      unitMicros: 52_680,
      basis: 'exact',
    });
  });

  it('computes a size that is not listed', () => {
    const wide = quote('openai', 'gpt-image-2', { widthPx: 1280, heightPx: 720, quality: 'high' });
    // 96 × 54 × (2,000,000 + 921,600) / 4,000,000 = 3,786.4 → 3,787 tokens at 30 micros
    expect(wide).toMatchObject({ unitMicros: 113_610, basis: 'formula' });
  });

  it('holds the dearest quality when it is left open, or called auto', () => {
    for (const quality of [null, 'auto']) {
      expect(quote('openai', 'gpt-image-2', { quality })).toMatchObject({
        unitMicros: 210_720,
        basis: 'dearest',
      });
    }
  });

  it('holds the dearest size that a vendor would choose when it is left open', () => {
    const open = { widthPx: null, heightPx: null };
    expect(quote('openai', 'gpt-image-2', { ...open, quality: 'low' })?.unitMicros).toBe(5_880);
    expect(quote('openai', 'gpt-image-2', open)?.unitMicros).toBe(210_720);
  });

  it('covers the family of which only measurements are known', () => {
    const low = quote('openai', 'gpt-image-2.6-flare', {
      widthPx: 1536,
      heightPx: 1024,
      quality: 'low',
    });
    expect(low?.unitMicros).toBeGreaterThanOrEqual(19_920);
  });

  it('adds prompt and pictures that go in, for every picture that comes out', () => {
    const request = { quality: 'low', n: 2, promptBytes: 301, inputImages: 1 };
    // 2 × (196 × 30 + 101 × 5 + 3,072 × 8)
    expect(quote('openai', 'gpt-image-2', request)?.holdMicros).toBe(2 * (5_880 + 505 + 24_576));
  });

  it('refuses a size or quality of which nothing is known', () => {
    expect(quote('openai', 'gpt-image-1.5', { widthPx: 640, heightPx: 640 })).toBeNull();
    expect(quote('openai', 'gpt-image-2', { quality: 'max' })).toBeNull();
    expect(quote('openai', 'no-such-model')).toBeNull();
    expect(quote('openai', 'gpt-5')).toBeNull();
  });
});

describe('quote by size class', () => {
  it.each([
    [1024, 1024, 134_000],
    [1376, 768, 134_000],
    [2752, 1536, 134_000],
    [4096, 4096, 240_000],
  ])('puts %i × %i into its class', (widthPx, heightPx, unitMicros) => {
    const found = quote('gemini', 'gemini-3-pro-image', { widthPx, heightPx });
    expect(found).toMatchObject({ unitMicros, basis: 'size_class' });
  });

  it('takes a class that is named', () => {
    const named = { widthPx: null, heightPx: null, size: '4k' };
    expect(quote('gemini', 'gemini-nano-banana-2.1', named)?.unitMicros).toBe(113_000);
  });

  it('takes the dearest class when nothing is said', () => {
    const open = { widthPx: null, heightPx: null };
    expect(quote('gemini', 'gemini-nano-banana-2.1', open)).toMatchObject({
      unitMicros: 113_000,
      basis: 'dearest',
    });
  });
});

it('takes the one price of a model that has one', () => {
  expect(quote('stability', 'stable-image-core', { n: 3, promptBytes: 900 })).toEqual({
    holdMicros: 90_000,
    listMicros: 90_000,
    unitMicros: 30_000,
    basis: 'flat',
  });
});

// Proves that a transform has one spelling, that nothing without effect is taken, and that what is made stays bounded.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaAsset } from './media-asset.js';
import { planTransform } from './transform-plan.js';
import { FITS, MADE_FORMATS, readTransform, toTransformQuery } from './transform.js';

const INVALID = expect.objectContaining({ code: 'request.invalid' });
const read = (query: string) => readTransform(Object.fromEntries(new URLSearchParams(query)));

function toAsset(widthPx: number, heightPx: number, format: MediaAsset['format'] = 'png') {
  return { widthPx, heightPx, format } as MediaAsset;
}

describe('readTransform', () => {
  it('finds nothing to do where nothing is asked for, or only what is so anyway', () => {
    expect(read('')).toBeNull();
    expect(read('greyscale=false&sharpen=false')).toBeNull();
  });

  it('writes what means the same as the same text, in one order', () => {
    const text = 'width=5&height=6&format=webp&quality=7&greyscale=true&blur=1.5&sharpen=true';
    const other = `sharpen=true&blur=1.50&quality=7&format=webp&height=6&width=5&fit=inside&greyscale=true`;
    expect(toTransformQuery(read(text)!)).toBe(text);
    expect(toTransformQuery(read(other)!)).toBe(text);
    expect(toTransformQuery(read('background=FFaa00&fit=contain&width=1&height=1')!)).toBe(
      'width=1&height=1&fit=contain&background=ffaa00',
    );
  });

  it('reads back whatever it wrote', () => {
    const some = fc.record(
      {
        width: fc.integer({ min: 1, max: 4_096 }).map(String),
        height: fc.integer({ min: 1, max: 4_096 }).map(String),
        fit: fc.constantFrom(...FITS),
        enlarge: fc.constantFrom('true', 'false'),
        format: fc.constantFrom(...MADE_FORMATS),
        quality: fc.integer({ min: 1, max: 100 }).map(String),
        greyscale: fc.constantFrom('true', 'false'),
        blur: fc.integer({ min: 30, max: 5_000 }).map((hundredths) => String(hundredths / 100)),
        sharpen: fc.constantFrom('true', 'false'),
      },
      { requiredKeys: ['width', 'height'] },
    );
    fc.assert(
      fc.property(some, (fields) => {
        fc.pre(!(fields.format === 'png' && fields.quality));
        const text = toTransformQuery(readTransform(fields)!);
        expect(toTransformQuery(read(text)!)).toBe(text);
      }),
    );
  });

  it.each([
    'width=0',
    'width=4097',
    'width=-1',
    'width=1.5',
    'width=01',
    'width=1e2',
    'width= 5',
    'width=99999999999999999999',
    'width=',
    'height=NaN',
    'fit=cover',
    'fit=cover&width=5',
    'fit=stretch&width=5&height=5',
    'enlarge=true',
    'enlarge=1&width=5',
    'format=gif',
    'format=svg',
    'format=WEBP',
    'quality=0',
    'quality=101',
    'quality=5&format=png',
    'greyscale=yes',
    'blur=0.2',
    'blur=50.01',
    'blur=1000',
    'blur=0.333',
    'blur=Infinity',
    'blur=5e1',
    'sharpen=TRUE',
    'background=ffffff',
    'background=fff&fit=contain&width=5&height=5',
    'background=%23ffffff&fit=contain&width=5&height=5',
    'background=red&fit=contain&width=5&height=5',
  ])('refuses %s', (query) => {
    expect(() => read(query)).toThrow(INVALID);
  });

  it('refuses a parameter that is there twice', () => {
    expect(() => readTransform({ width: ['5', '6'] })).toThrow(INVALID);
  });
});

describe('planTransform', () => {
  it('keeps the format that is stored, and scales inside where no fit is told', () => {
    const plan = planTransform(toAsset(100, 50, 'jpeg'), read('width=10')!);
    expect(plan).toMatchObject({ format: 'jpeg', fit: 'inside' });
  });

  it('has no quality for a PNG that stays one', () => {
    expect(() => planTransform(toAsset(9, 9), read('quality=5')!)).toThrow(INVALID);
    expect(planTransform(toAsset(9, 9), read('quality=5&format=webp')!).format).toBe('webp');
  });

  it.each<[widthPx: number, heightPx: number, query: string]>([
    [5_000, 5_000, 'format=avif'],
    [16_384, 8, 'format=webp'],
    [1, 4_096, 'width=4096&enlarge=true'],
    [4_096, 1, 'width=4096&height=4096&fit=cover&enlarge=true'],
    [100, 4_000, 'width=4096&height=4096&fit=outside&enlarge=true'],
    [10_000, 3_000, 'blur=50'],
  ])('makes nothing too large: %d x %d with %s', (widthPx, heightPx, query) => {
    expect(() => planTransform(toAsset(widthPx, heightPx), read(query)!)).toThrow(INVALID);
  });

  it.each<[widthPx: number, heightPx: number, query: string]>([
    [5_000, 5_000, 'width=4096'],
    [1, 4_096, 'width=4096'],
    [4_096, 4_096, 'format=avif'],
    [1, 1, 'width=4096&height=4096&enlarge=true'],
    [10_000, 3_000, 'width=4096&height=4096&fit=fill'],
  ])('makes %d x %d with %s', (widthPx, heightPx, query) => {
    expect(planTransform(toAsset(widthPx, heightPx), read(query)!)).toBeTruthy();
  });
});

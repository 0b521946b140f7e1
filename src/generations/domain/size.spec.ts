// Proves that a size is read exactly or refused by name.
import { describe, expect, it } from 'vitest';
import { toRequestedSize } from './size.js';

describe('toRequestedSize', () => {
  it.each([
    [undefined, undefined, null, null],
    ['auto', undefined, null, null],
    ['1024x768', undefined, 1024, 768],
    ['64X32', undefined, 64, 32],
    [undefined, '16:9', 1280, 720],
    [undefined, '2:3', 1024, 1536],
  ])('reads size %s and ratio %s', (size, ratio, widthPx, heightPx) => {
    expect(toRequestedSize(size, ratio)).toEqual({ widthPx, heightPx });
  });

  it.each([
    '',
    '1024',
    '1024x',
    'x1024',
    '0x10',
    '10x-10',
    '1e3x10',
    '99999x10',
    '1024 x 1024',
    '١x١',
  ])('refuses %o by the name of its field', (size) => {
    expect(() => toRequestedSize(size)).toThrow(
      expect.objectContaining({ fields: [expect.objectContaining({ field: 'size' })] }) as Error,
    );
  });

  it('refuses a ratio beside a size', () => {
    expect(() => toRequestedSize('10x10', '1:1')).toThrow(/aspect_ratio/);
  });
});

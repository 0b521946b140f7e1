// Proves how sizes are read, described and found for an aspect ratio.
import { describe, expect, it } from 'vitest';
import {
  describeSizes,
  findSizeForAspect,
  fitSize,
  isSizePossible,
  parseSize,
} from './size-rule.js';
import { ModelCatalogService } from './model-catalog.service.js';

const catalog = new ModelCatalogService();
const sizesOf = (id: string) => catalog.getImageModel(id).capabilities.sizes;

describe('sizes', () => {
  it('reads WIDTHxHEIGHT and nothing else', () => {
    expect(parseSize('1024x1536')).toEqual({ widthPx: 1024, heightPx: 1536 });
    for (const text of ['1024', '1024x', 'x', '0x64', '064x64', '64X64', '64x64 ', '1e3x64']) {
      expect(parseSize(text)).toBeNull();
    }
  });

  it('finds a possible size for every usual aspect ratio on a grid', () => {
    for (const id of ['gpt-image-2', 'embedded-image']) {
      for (const [width, height] of [
        [1, 1],
        [16, 9],
        [9, 16],
        [3, 2],
        [4, 5],
        [21, 9],
      ] as const) {
        const size = findSizeForAspect(sizesOf(id), width, height);
        expect(size && isSizePossible(sizesOf(id), size)).toBe(true);
        if (size) expect(size.widthPx / size.heightPx).toBeCloseTo(width / height, 1);
      }
    }
  });

  it('finds the listed size of a ratio, and none where the list has no such shape', () => {
    const sizes = sizesOf('gpt-image-1.5');
    expect(findSizeForAspect(sizes, 3, 2)).toEqual({ widthPx: 1536, heightPx: 1024 });
    expect(findSizeForAspect(sizes, 16, 9)).toBeNull();
    expect(findSizeForAspect(sizes, 0, 1)).toBeNull();
    expect(findSizeForAspect(sizesOf('gpt-image-2'), 5, 1)).toBeNull();
  });

  it('takes a shape for the size of the model that has it, and a size for itself', () => {
    const wide = { widthPx: 1280, heightPx: 720 };
    const sizes = sizesOf('gemini-3-pro-image');
    expect(fitSize(sizes, { ...wide, isShape: true })).toEqual({ widthPx: 1376, heightPx: 768 });
    expect(fitSize(sizes, wide)).toEqual(wide);
    expect(fitSize(sizesOf('gpt-image-2'), { ...wide, isShape: true })).toEqual(wide);
    expect(fitSize(sizesOf('gpt-image-1.5'), { ...wide, isShape: true })).toEqual(wide);
    const none = { widthPx: null, heightPx: null };
    expect(fitSize(sizes, { ...none, isShape: true })).toEqual(none);
  });

  it('tells the caller what is possible', () => {
    expect(describeSizes(sizesOf('gpt-image-1.5'))).toBe(
      'must be one of 1024x1024, 1536x1024, 1024x1536',
    );
    expect(describeSizes(sizesOf('gpt-image-2'))).toBe(
      'must be WIDTHxHEIGHT with sides from 16 to 3840 in steps of 16, at most 3:1, and 655360 to 8294400 pixels',
    );
  });
});

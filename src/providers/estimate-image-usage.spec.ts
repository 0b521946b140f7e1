// Proves the token formula against the vendor's published figures, and that a hold is never below what can be charged.
import { describe, expect, it } from 'vitest';
import { countOutputTokens, estimateImageUsage } from './estimate-image-usage.js';
import { ModelCatalogService } from './model-catalog.service.js';
import { parseSize, type PixelSize } from './size-rule.js';

const catalog = new ModelCatalogService();

/** Size, then tokens by quality: gpt-image-2 low, medium, high; gpt-image-2.5 low to max. */
const PUBLISHED: readonly [string, number[], number[]][] = [
  ['1024x1024', [196, 1756, 7024], [196, 439, 1756, 3122, 7024]],
  ['1536x1024', [158, 1372, 5488], [158, 343, 1372, 2459, 5488]],
  ['1024x1536', [158, 1372, 5488], [158, 343, 1372, 2459, 5488]],
  ['2048x2048', [397, 3568, 14272], [397, 892, 3568, 6343, 14272]],
  ['2560x1440', [205, 1843, 7370], [205, 478, 1843, 3276, 7370]],
  ['3840x2160', [371, 3336, 13342], [371, 865, 3336, 5930, 13342]],
];
const QUALITIES = ['low', 'medium', 'high', 'xhigh', 'max'];

const request = {
  operation: 'generate' as const,
  prompt: 'a fox in snow',
  n: 2,
  widthPx: 1536,
  heightPx: 1024,
  inputImageCount: 0,
  hasMask: false,
};

describe('estimateImageUsage', () => {
  it.each(PUBLISHED)('counts %s as the vendor publishes it', (text, second, third) => {
    for (const [id, figures] of [
      ['gpt-image-2', second],
      ['gpt-image-2.5-flare', third],
    ] as const) {
      const rule = catalog.getImageModel(id).outputTokens;
      if (!rule) throw new Error('no rule');
      const size = parseSize(text) as PixelSize;
      expect(
        figures.map((_, step) => countOutputTokens(rule, size, QUALITIES[step] ?? '')),
      ).toEqual(figures);
    }
  });

  it('takes every picture, the text and the inputs together', () => {
    const model = catalog.getImageModel('gpt-image-2');
    const edit = { ...request, operation: 'edit' as const, inputImageCount: 2, quality: 'low' };
    expect(estimateImageUsage(model, edit)).toEqual({
      inputTokens: 5 + 2 * 1536,
      inputTextTokens: 5,
      inputImageTokens: 2 * 1536,
      outputTokens: 316,
      outputImageTokens: 316,
      outputTextTokens: 0,
    });
  });

  it('assumes the dearest where size and quality are left to the vendor', () => {
    for (const id of ['gpt-image-2', 'gpt-image-2.5-flare', 'gpt-image-1.5']) {
      const model = catalog.getImageModel(id);
      const open = estimateImageUsage(model, { ...request, widthPx: null, heightPx: null, n: 1 });
      for (const size of ['1024x1024', '1536x1024', '1024x1536']) {
        for (const quality of model.capabilities.qualities) {
          const known = { ...request, ...(parseSize(size) as PixelSize), quality, n: 1 };
          const chosen = estimateImageUsage(model, known)?.outputTokens ?? 0;
          expect(open?.outputTokens).toBeGreaterThanOrEqual(chosen);
        }
      }
    }
  });

  it('has no figure for models that are not charged by token', () => {
    expect(estimateImageUsage(catalog.getImageModel('embedded-image'), request)).toBeNull();
  });
});

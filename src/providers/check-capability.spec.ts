// Proves what is refused before money is held, by name of the field, and what is let through.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { checkCapability, type ImageRequestShape, isRetired } from './check-capability.js';
import { ModelCatalogService } from './model-catalog.service.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const catalog = new ModelCatalogService();

function check(modelId: string, overrides: Partial<ImageRequestShape> = {}, now = NOW): void {
  checkCapability(
    catalog.getImageModel(modelId),
    {
      operation: 'generate',
      prompt: 'a fox',
      n: 1,
      widthPx: null,
      heightPx: null,
      inputImageCount: 0,
      hasMask: false,
      ...overrides,
    },
    now,
  );
}

function refuse(modelId: string, overrides: Partial<ImageRequestShape>): DomainError {
  try {
    check(modelId, overrides);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const size = (widthPx: number, heightPx: number) => ({ widthPx, heightPx });

describe('checkCapability', () => {
  it.each<[string, string, Partial<ImageRequestShape>]>([
    ['embedded-image', 'size', size(15, 64)],
    ['embedded-image', 'size', size(64, 4097)],
    ['gpt-image-2', 'size', size(1, 1)],
    ['gpt-image-2', 'size', size(1000, 1024)],
    ['gpt-image-2', 'size', size(3840, 1024)],
    ['gpt-image-2', 'size', size(3840, 2176)],
    ['gpt-image-2', 'size', size(512, 512)],
    ['gpt-image-1.5', 'size', size(2048, 2048)],
    ['gpt-image-2', 'n', { n: 11 }],
    ['gpt-image-2', 'quality', { quality: 'max' }],
    ['embedded-image', 'quality', { quality: 'best' }],
    ['embedded-image', 'style', { style: 'cubist' }],
    ['embedded-image', 'prompt', { prompt: 'a'.repeat(10_001) }],
    ['gpt-image-2', 'prompt', { prompt: 'a'.repeat(32_001) }],
    ['gpt-image-2', 'reference_images', { operation: 'edit', inputImageCount: 17 }],
    [
      'tryon-v1.6',
      'garment_category',
      { operation: 'try_on', inputImageCount: 2, garmentCategories: ['auto', 'accessory'] },
    ],
  ])('%s lacks a %s that others may take: %o', (model, field, overrides) => {
    const error = refuse(model, overrides);
    expect(error.code).toBe('routing.capability_missing');
    expect(error.fields.map((fault) => fault.field)).toEqual([field]);
    expect(error.message).toContain(field);
    expect(error.message).toContain('choose another model');
  });

  it.each<[string, string, Partial<ImageRequestShape>]>([
    ['gpt-image-2', 'n', { n: 0 }],
    ['gpt-image-2', 'n', { n: 1.5 }],
    ['gpt-image-2', 'background', { background: 'transparent', outputFormat: 'jpeg' }],
    ['gpt-image-2', 'reference_images', { operation: 'edit' }],
    ['gpt-image-2', 'reference_images', { operation: 'try_on', inputImageCount: 1 }],
    ['gpt-image-2', 'reference_images', { inputImageCount: 1 }],
    ['gpt-image-2', 'mask', { operation: 'inpaint', inputImageCount: 1 }],
    ['gpt-image-2', 'mask', { hasMask: true }],
  ])('%s refuses an impossible %s: %o', (model, field, overrides) => {
    const error = refuse(model, overrides);
    expect(error.code).toBe('request.invalid');
    expect(error.fields.map((fault) => fault.field)).toEqual([field]);
    expect(error.message).toContain(field);
  });

  it('names every field at fault at once', () => {
    const error = refuse('gpt-image-2', { n: 20, ...size(1, 1), quality: 'ultra' });
    expect(error.fields.map((fault) => fault.field)).toEqual(['n', 'size', 'quality']);
  });

  it.each<[string, Partial<ImageRequestShape>]>([
    ['embedded-image', size(16, 4096)],
    ['embedded-image', { prompt: '🦊'.repeat(10_000) }],
    ['gpt-image-2', size(3840, 2160)],
    ['gpt-image-2', size(2160, 3840)],
    ['gpt-image-2', size(1536, 512)],
    ['gpt-image-2', { quality: 'auto', style: 'vivid' }],
    ['gpt-image-2.6-flare', { quality: 'max', n: 10 }],
    ['gpt-image-2', { operation: 'inpaint', inputImageCount: 1, hasMask: true }],
    ['embedded-image', { operation: 'variation', inputImageCount: 1 }],
  ])('%s takes %o', (model, overrides) => {
    expect(() => check(model, overrides)).not.toThrow();
  });

  it('names what a model can do when it cannot do the operation', () => {
    const error = refuse('gpt-image-2', { operation: 'variation', inputImageCount: 1 });
    expect(error.code).toBe('routing.capability_missing');
    expect(error.message).toContain('generate, edit, inpaint, try_on');
  });

  it('names the successor of a retired model', () => {
    const error = refuse('dall-e-3', {});
    expect(error.code).toBe('routing.model_retired');
    expect(error.message).toContain('gpt-image-2');
    expect(error.details).toMatchObject({ successor: 'gpt-image-2' });
  });

  it('retires a model on the first moment of its shutdown date', () => {
    const model = catalog.getImageModel('gpt-image-1.5');
    expect(isRetired(model, new Date('2026-11-30T23:59:59Z'))).toBe(false);
    expect(isRetired(model, new Date('2026-12-01T00:00:00Z'))).toBe(true);
  });
});

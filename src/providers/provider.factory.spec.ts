// Proves that a model leads to its provider and that unknown names are a typed error.
import { describe, expect, it } from 'vitest';
import { ModelCatalogService } from './model-catalog.service.js';
import { ProviderFactory } from './provider.factory.js';
import type { ImageProviderStrategy } from './spec/image-provider.strategy.js';

describe('ProviderFactory', () => {
  const catalog = new ModelCatalogService();
  const embedded: ImageProviderStrategy = {
    id: 'embedded',
    specification: 'image/1',
    capabilities: () => null,
    assertOptions: () => undefined,
    submit: () => Promise.reject(new Error('not asked for here')),
  };
  const factory = new ProviderFactory(catalog, { images: [embedded] });

  it('finds providers by their id and by a model of the catalogue', () => {
    expect(factory.getImageProvider('embedded')).toBe(embedded);
    expect(factory.getImageProviderOf('embedded-image')).toBe(embedded);
    expect(factory.hasProvider('embedded')).toBe(true);
    expect(factory.listProviderIds()).toEqual(['embedded']);
  });

  it('names the providers there are when asked for another', () => {
    expect(() => factory.getImageProvider('sora')).toThrow(
      expect.objectContaining({
        code: 'routing.model_unknown',
        message: 'There is no image provider "sora". There are: embedded.',
      }) as Error,
    );
    expect(factory.hasProvider('constructor')).toBe(false);
  });
});

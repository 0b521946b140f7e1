// Proves that the catalogue's files are sound and that a slip in them stops the boot.
import { describe, expect, it } from 'vitest';
import openaiModels from './catalog/openai.json' with { type: 'json' };
import { ModelCatalogService } from './model-catalog.service.js';

describe('ModelCatalogService', () => {
  it('holds the embedded model and those of OpenAI, the retired ones included', () => {
    const catalog = new ModelCatalogService();
    const ids = catalog.listImageModels().map((model) => model.id);
    expect(ids).toContain('embedded-image');
    expect(ids).toContain('gpt-image-2.6-sunburst');
    expect(catalog.getImageModel('gpt-image-1')).toMatchObject({ status: 'retired' });
    expect(catalog.findImageModel('nobody-made-this')).toBeNull();
    expect(() => catalog.getImageModel('nobody-made-this')).toThrow(
      expect.objectContaining({ code: 'routing.model_unknown' }) as Error,
    );
  });

  it('gives every successor that is itself still there', () => {
    const catalog = new ModelCatalogService();
    for (const { successor } of catalog.listImageModels()) {
      if (successor) expect(catalog.getImageModel(successor).status).toBe('active');
    }
  });

  it('knows what Google has shut down, from which day, and what to ask for instead', () => {
    const catalog = new ModelCatalogService();
    const gone = catalog
      .listImageModels()
      .filter(({ provider, status }) => provider === 'gemini' && status === 'retired')
      .map(({ id, shutdownDate, successor }) => [id, shutdownDate, successor]);
    expect(gone).toContainEqual(['gemini-3.1-flash-image', '2026-10-29', 'gemini-nano-banana-2.1']);
    expect(gone).toContainEqual([
      'imagen-4.0-ultra-generate-001',
      '2026-08-17',
      'gemini-3-pro-image',
    ]);
    expect(gone).toHaveLength(7);
  });

  const [first] = openaiModels;
  it.each<[string, object]>([
    ['an unknown operation', { capabilities: { ...first?.capabilities, operations: ['dream'] } }],
    ['an impossible assumed size', { assumed: { size: '1x1', quality: 'high' } }],
    ['a successor that does not exist', { successor: 'gpt-image-9' }],
    ['a retired model without a date', { status: 'retired', shutdownDate: null }],
    ['a date of another form', { shutdownDate: '1 December' }],
  ])('does not start with %s', (_, fault) => {
    expect(() => new ModelCatalogService([{ ...first, ...fault }])).toThrow(/gpt-image-2\.6/);
  });

  it('does not start with a model that is listed twice', () => {
    expect(() => new ModelCatalogService([first, first])).toThrow('twice');
  });
});

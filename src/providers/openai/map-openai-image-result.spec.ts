// Proves that a vendor's count of tokens is taken only when it can be true.
import { describe, expect, it } from 'vitest';
import { mapOpenaiImageUsage } from './map-openai-image-result.js';

describe('mapOpenaiImageUsage', () => {
  it('takes the details there are and leaves the others open', () => {
    expect(mapOpenaiImageUsage({ input_tokens: 9, output_tokens: 196, total_tokens: 205 })).toEqual(
      {
        inputTokens: 9,
        inputTextTokens: null,
        inputImageTokens: null,
        outputTokens: 196,
        outputImageTokens: null,
        outputTextTokens: null,
      },
    );
    const usage = {
      input_tokens: 1033,
      input_tokens_details: { text_tokens: 9, image_tokens: 1024 },
      output_tokens: 200,
      output_tokens_details: { image_tokens: 196, text_tokens: 4 },
    };
    expect(mapOpenaiImageUsage(usage)).toMatchObject({
      inputImageTokens: 1024,
      outputImageTokens: 196,
      outputTextTokens: 4,
    });
  });

  it.each([
    null,
    'many',
    [],
    {},
    { input_tokens: 1 },
    { input_tokens: -1, output_tokens: 1 },
    { input_tokens: 1.5, output_tokens: 1 },
    { input_tokens: '1', output_tokens: 1 },
    { input_tokens: 1, output_tokens: 1e12 },
    { input_tokens: 1, output_tokens: 5, output_tokens_details: { image_tokens: 6 } },
    {
      input_tokens: 1,
      input_tokens_details: { text_tokens: 1, image_tokens: 1 },
      output_tokens: 5,
    },
  ])('does not believe %o', (usage) => {
    expect(mapOpenaiImageUsage(usage)).toBeNull();
  });
});

// Proves that an answer can tell of any model, whatever its name is made of.
import { validateHeaderValue } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHeaderText, toServedHeaders } from './served-headers.js';

describe('toServedHeaders', () => {
  it('hands common names on as they are', () => {
    const call = { model: 'gpt-4.1-mini', provider: 'openai', callId: 'id' };
    expect(toServedHeaders(call)).toEqual({
      'x-model-used': 'gpt-4.1-mini',
      'x-provider': 'openai',
      'x-call-id': 'id',
    });
    expect(toHeaderText('org/model:7b (Q4) @ 50')).toBe('org/model:7b (Q4) @ 50');
  });

  it('tells every name in signs that a header may have, so that it can be read back', () => {
    expect(toHeaderText('模型')).toBe('%E6%A8%A1%E5%9E%8B');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const text = toHeaderText(name);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(() => validateHeaderValue('x-model-used', text)).not.toThrow();
        expect(decodeURIComponent(text)).toBe(name);
      }),
    );
  });
});

/** Proves that vectors come back bit for bit, and that anything else is nothing. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeVectors, encodeVectors } from './vector-coding.js';

describe('kept vectors', () => {
  it('come back as they were', () => {
    const vectors = fc.array(fc.float32Array({ minLength: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(vectors, fc.nat(), (given, inputTokens) => {
        const kept = decodeVectors(encodeVectors({ vectors: given, inputTokens }));
        expect(kept).toEqual({ vectors: given, inputTokens });
      }),
    );
  });

  it('come back from the middle of a larger buffer', () => {
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const kept = decodeVectors(encodeVectors({ vectors: [part], inputTokens: 3 }));
    expect(kept?.vectors).toEqual([new Float32Array([1, 2])]);
  });

  it('are none when something else was kept', () => {
    for (const text of ['', '{}', '{"data":[]}', '{"data":[{"embedding":[1]}],"usage":{}}']) {
      expect(decodeVectors(Buffer.from(text))).toBeNull();
    }
    const odd = { data: [{ embedding: 'AAAA' }], usage: { prompt_tokens: 1 } };
    expect(decodeVectors(Buffer.from(JSON.stringify(odd)))).toBeNull();
  });
});

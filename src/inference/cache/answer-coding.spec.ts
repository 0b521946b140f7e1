/** Proves that what is stored outside comes back as it was, and that anything else is nothing. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnswer, encodeAnswer } from './answer-coding.js';
import type { CachedAnswer } from './response-cache.port.js';

describe('an answer as one value', () => {
  it('comes back as it was', () => {
    const answer = fc.record<CachedAnswer>({
      form: fc.constantFrom('json', 'events'),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      showsUsage: fc.boolean(),
      usage: fc.oneof(fc.constant(null), fc.json()),
      keptAtMs: fc.nat(),
    });
    fc.assert(
      fc.property(answer, (one) => {
        expect(decodeAnswer(encodeAnswer(one))).toEqual(one);
      }),
    );
  });

  it('is none when something else was stored', () => {
    const good = encodeAnswer({
      form: 'json',
      bytes: Buffer.from('{}'),
      showsUsage: false,
      usage: null,
      keptAtMs: 1,
    });
    for (const value of ['', 'abc', 'whatever this is', '\0\0\0\x02{}rest']) {
      expect(decodeAnswer(Buffer.from(value))).toBeNull();
    }
    expect(decodeAnswer(good.subarray(0, 20))).toBeNull();
  });
});

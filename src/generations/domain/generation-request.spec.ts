// Proves the rules between the fields of a request, and how repeats of one are told.
import { describe, expect, it } from 'vitest';
import type { DomainError } from '../../common/domain-error.js';
import { toFingerprint } from './fingerprint.js';
import { assertRequest, type GenerationRequest } from './generation-request.js';
import { toRepetition } from './idempotency.js';

const REQUEST: GenerationRequest = {
  searchSpaceId: 'space',
  prompt: 'a fox',
  model: null,
  operation: 'generate',
  n: 1,
  size: null,
  widthPx: null,
  heightPx: null,
  quality: null,
  referenceImages: [],
  mask: null,
  providerOptions: {},
  metadata: null,
};

function fieldOf(change: Partial<GenerationRequest>): string | undefined {
  try {
    assertRequest({ ...REQUEST, ...change });
  } catch (error) {
    return (error as DomainError).fields[0]?.field;
  }
  return undefined;
}

describe('assertRequest', () => {
  it('takes a plain request', () => {
    expect(fieldOf({})).toBeUndefined();
  });

  it.each<[string, Partial<GenerationRequest>]>([
    ['prompt', { prompt: ' \n\t ' }],
    ['metadata', { metadata: { long: 'x'.repeat(4_096) } }],
    ['metadata', { metadata: { text: 'a\0b' } }],
    ['provider_options', { providerOptions: { long: 'x'.repeat(16_384) } }],
    ['reference_images', { operation: 'edit' }],
    ['reference_images[1]', { operation: 'edit', referenceImages: [{ url: 'u' }, {}] }],
    ['reference_images[0]', { operation: 'edit', referenceImages: [{ url: 'u', data: 'd' }] }],
    ['mask', { mask: {} }],
  ])('names %s when it is at fault', (field, change) => {
    expect(fieldOf(change)).toBe(field);
  });
});

describe('toFingerprint', () => {
  it('is the same for the same request in another order, and another for another', () => {
    const print = toFingerprint({ prompt: 'a', n: 1, nested: { x: 1, y: [1, 2] } });
    expect(toFingerprint({ nested: { y: [1, 2], x: 1 }, n: 1, prompt: 'a' })).toBe(print);
    expect(toFingerprint({ nested: { y: [2, 1], x: 1 }, n: 1, prompt: 'a' })).not.toBe(print);
    expect(toFingerprint({ prompt: 'a', n: '1', nested: { x: 1, y: [1, 2] } })).not.toBe(print);
  });

  it('takes absent and undefined for the same', () => {
    expect(toFingerprint({ prompt: 'a', size: undefined })).toBe(toFingerprint({ prompt: 'a' }));
  });
});

describe('toRepetition', () => {
  it('reads the key and the count of retries', () => {
    expect(toRepetition({ 'idempotency-key': 'k-1', 'x-stainless-retry-count': '2' })).toEqual({
      key: 'k-1',
      isRetry: true,
    });
    expect(toRepetition({ 'x-stainless-retry-count': '0' })).toEqual({ key: null, isRetry: false });
  });

  it.each(['', 'a b', 'x'.repeat(129), 'naïve'])('refuses the key %o', (key) => {
    expect(() => toRepetition({ 'idempotency-key': key })).toThrow(/Idempotency-Key/);
  });
});

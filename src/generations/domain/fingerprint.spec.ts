// Proves which requests count as the same, and that one that cannot be compared is refused and not a fault of ours.
import { describe, expect, it } from 'vitest';
import { toFingerprint } from './fingerprint.js';

describe('toFingerprint', () => {
  it('is the same whatever the order of the fields', () => {
    const request = { prompt: 'a', metadata: { b: 1, c: [1, 2] } };
    const other = { metadata: { c: [1, 2], b: 1 }, prompt: 'a' };
    expect(toFingerprint(other)).toBe(toFingerprint(request));
    expect(toFingerprint({ ...request, metadata: { b: 1, c: [2, 1] } })).not.toBe(
      toFingerprint(request),
    );
  });

  it('refuses a number that is no number any more once it is read', () => {
    const body = JSON.parse('{"metadata":{"size":1e400}}') as unknown;
    expect(() => toFingerprint(body)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
});

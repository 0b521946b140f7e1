// Proves that a vendor's failure shows only our words, and that what may have been paid is never sent again.
import { describe, expect, it } from 'vitest';
import { ProviderError, type ProviderErrorKind } from './provider.errors.js';

const BASE = { provider: 'openai', model: 'gpt-image-2' };

describe('ProviderError', () => {
  it.each<[ProviderErrorKind, string, boolean, boolean]>([
    ['refused', 'provider.refused', false, false],
    ['invalid_request', 'provider.invalid_request', false, false],
    ['rate_limited', 'provider.rate_limited', true, true],
    ['quota_exhausted', 'provider.quota_exhausted', false, true],
    ['unauthorized', 'provider.unauthorized', false, true],
    ['failed', 'provider.failed', true, true],
    ['unavailable', 'provider.unavailable', true, true],
    ['timeout', 'provider.timeout', true, true],
    ['malformed', 'provider.malformed', true, true],
    ['canceled', 'generations.canceled', false, false],
  ])('%s is %s; to be repeated: %s, elsewhere: %s', (kind, code, isRetryable, canFailOver) => {
    expect(new ProviderError(kind, BASE)).toMatchObject({ code, isRetryable, canFailOver });
    expect(
      new ProviderError(kind, { ...BASE, mayHaveBeenPaid: true, canFailOver: true }),
    ).toMatchObject({ isRetryable: false, canFailOver: false });
  });

  it('keeps the vendor’s words in its cause alone: redacted, cut, and out of the answer', () => {
    const error = new ProviderError('failed', {
      ...BASE,
      vendorText: `key sk-abcdefghijklmnop is bad ${'x'.repeat(5_000)}`,
      param: '<script>',
    });
    const cause = (error.cause as Error).message;
    expect(cause).toContain('key [redacted] is bad');
    expect(cause.length).toBeLessThan(2_100);
    expect(error.details).toEqual(BASE);
    expect(error.message).not.toContain('bad');
  });

  it('shows a field of the vendor that looks like one', () => {
    const error = new ProviderError('invalid_request', { ...BASE, param: 'images[0].image_url' });
    expect(error.details).toMatchObject({ param: 'images[0].image_url' });
  });
});

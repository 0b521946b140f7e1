// Proves that another candidate is asked only where the first cannot have been paid, and never what it refused to show.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { ProviderError, type ProviderErrorKind } from '../providers/spec/provider.errors.js';
import { mayFailOver } from './may-fail-over.js';

const OPTIONS = { failsOverRefusals: false };
const OPEN = { failsOverRefusals: true };
const at = { provider: 'openai', model: 'gpt-image-2' };

describe('mayFailOver', () => {
  it.each<[ProviderErrorKind, boolean]>([
    ['unauthorized', true],
    ['quota_exhausted', true],
    ['rate_limited', true],
    ['failed', true],
    ['unavailable', true],
    ['malformed', true],
    ['timeout', true],
    ['refused', false],
    ['invalid_request', false],
    ['canceled', false],
  ])('%s that cost nothing: %s', (kind, expected) => {
    expect(mayFailOver(new ProviderError(kind, at), OPTIONS)).toBe(expected);
  });

  it.each<ProviderErrorKind>(['timeout', 'failed', 'unavailable', 'malformed', 'refused'])(
    '%s that may have been paid: never',
    (kind) => {
      const error = new ProviderError(kind, { ...at, mayHaveBeenPaid: true, canFailOver: true });
      expect(mayFailOver(error, OPEN)).toBe(false);
    },
  );

  it('takes a refused picture elsewhere only where the space allows it', () => {
    expect(mayFailOver(new ProviderError('refused', at), OPEN)).toBe(true);
  });

  it('goes on from a connection that could not be called, not from a fault of our own', () => {
    expect(mayFailOver(new DomainError('upstream.busy', 'x'), OPTIONS)).toBe(true);
    expect(mayFailOver(new DomainError('upstream.unavailable', 'x'), OPTIONS)).toBe(true);
    expect(mayFailOver(new DomainError('media.too_large', 'x'), OPTIONS)).toBe(false);
    expect(mayFailOver(new DomainError('internal', 'x'), OPTIONS)).toBe(false);
  });
});

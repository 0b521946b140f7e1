// Proves how an attempt's end becomes a status: all, some, none, canceled, interrupted.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../common/domain-error.js';
import { canceled, interrupted, noPicture, type Outcome, toConclusion } from './outcome.js';

function outcome(delivered: number, error: DomainError | null = null): Outcome {
  return { delivered, made: delivered, error, warnings: [], usage: null, vendorRequestId: null };
}

describe('toConclusion', () => {
  it('succeeds when all pictures are there, whatever went wrong afterwards', () => {
    const ended = toConclusion(2, outcome(2, interrupted()));
    expect(ended).toEqual({ status: 'succeeded', attemptState: 'succeeded', error: null });
  });

  it('is partial when some are there, and says why', () => {
    const refused = new DomainError('provider.failed', 'The provider failed.');
    expect(toConclusion(3, outcome(1, refused))).toEqual({
      status: 'partially_succeeded',
      attemptState: 'succeeded',
      error: { code: 'provider.failed', message: 'The provider failed.' },
    });
  });

  it.each([
    [canceled(), 'canceled', 'canceled'],
    [interrupted(), 'failed', 'interrupted'],
    [new DomainError('provider.timeout', 'too late'), 'failed', 'failed'],
  ])('without a picture, %s is %s', (error, status, attemptState) => {
    expect(toConclusion(1, outcome(0, error))).toMatchObject({
      status,
      attemptState,
      error: { code: error.code },
    });
  });

  it('never calls an empty success a success', () => {
    expect(toConclusion(1, outcome(0))).toMatchObject({
      status: 'failed',
      error: { code: noPicture().code },
    });
  });
});

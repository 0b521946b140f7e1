// Proves how long is waited before a call is made again, and when it is not.
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { planRepeat, type RepeatCase } from './plan-repeat.js';

const ALONE: RepeatCase = {
  isPool: false,
  hasAlternative: false,
  done: 0,
  repeatsMax: 2,
  poolRepeatsMax: 3,
};
const unavailable = (retryAfterS?: number) =>
  new ProviderError('unavailable', { provider: 'openai', model: 'm', retryAfterS });
const limited = (retryAfterS?: number) =>
  new ProviderError('rate_limited', { provider: 'openai', model: 'm', status: 429, retryAfterS });

describe('planRepeat', () => {
  it('doubles the pause each time, spread by a fifth to either side', () => {
    const pauses = [0, 1].map((done) =>
      [0, 0.5, 1].map((random) => planRepeat(unavailable(), { ...ALONE, done }, () => random)),
    );
    expect(pauses).toEqual([
      [800, 1_000, 1_200],
      [1_600, 2_000, 2_400],
    ]);
    expect(planRepeat(unavailable(), { ...ALONE, done: 2 })).toBeNull();
  });

  it('waits as long as the vendor asks, unless it asks for more than ten seconds', () => {
    expect(planRepeat(unavailable(7), ALONE)).toBe(7_000);
    expect(planRepeat(unavailable(10), ALONE)).toBe(10_000);
    expect(planRepeat(unavailable(11), ALONE)).toBeNull();
  });

  it('asks a pool connection at even pauses, whether or not there is another', () => {
    const pool = { ...ALONE, isPool: true, hasAlternative: true };
    expect([0, 1, 2, 3].map((done) => planRepeat(limited(), { ...pool, done }))).toEqual([
      500,
      500,
      500,
      null,
    ]);
    expect(planRepeat(limited(2), pool)).toBe(2_000);
  });

  it('bounds every pause', () => {
    const many = { ...ALONE, done: 9, repeatsMax: 10 };
    expect(planRepeat(unavailable(), many, () => 1)).toBe(10_000);
  });
});

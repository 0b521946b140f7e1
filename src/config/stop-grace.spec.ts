// Proves that waits in a row share one grace.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StopGrace } from './stop-grace.js';

describe('StopGrace', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('begins when it is first asked for, and runs out once for all', () => {
    const grace = new StopGrace(1_000);
    vi.advanceTimersByTime(5_000);
    expect(grace.leftMs()).toBe(1_000);
    vi.advanceTimersByTime(400);
    expect(grace.leftMs()).toBe(600);
    vi.advanceTimersByTime(5_000);
    expect(grace.leftMs()).toBe(0);
  });
});

// Proves that a wait is found wherever vendors put it, best source first, and kept within bounds.
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './parse-retry-after.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const parse = (headers: Record<string, string>, message: string | null = null) =>
  parseRetryAfter(new Headers(headers), message, NOW);

describe('parseRetryAfter', () => {
  it.each<[object, number | undefined]>([
    [{ 'retry-after-ms': '1200', 'retry-after': '9' }, 2],
    [{ 'retry-after': '9' }, 9],
    [{ 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 1],
    [{ 'retry-after': '0' }, 1],
    [{ 'retry-after': '999999999' }, 86_400],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 1],
    [{ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '120s' }, undefined],
    [{}, undefined],
  ])('reads %o', (headers, expected) => {
    expect(parse(headers as Record<string, string>)).toBe(expected);
  });

  it('reads the message as a last resort', () => {
    expect(parse({}, 'Limit 5, Used 5. Please try again in 1m30.5s. Visit …')).toBe(91);
    expect(parse({}, 'Please try again in 250ms.')).toBe(1);
    expect(parse({}, 'Please try again in a while.')).toBeUndefined();
  });
});

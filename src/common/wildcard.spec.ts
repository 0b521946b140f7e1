/** Proves what a pattern with `*` fits, and that no pattern takes long. */
import { describe, expect, it } from 'vitest';
import { isAllowedBy, matchesWildcard } from './wildcard.js';

describe('wildcards', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['gpt-image-1', 'gpt-image-1', true],
    ['gpt-image-1', 'gpt-image-1-mini', false],
    ['gpt-*', 'gpt-image-1', true],
    ['gpt-*', 'GPT-image-1', false],
    ['*-mini', 'gpt-image-1-mini', true],
    ['*image*', 'gpt-image-1', true],
    ['g*t-*1', 'gpt-image-1', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['a*ba*a', 'aba', false],
    ['/v1/images/*', '/v1/images/generations', true],
    ['/v1/images/*', '/v1/images', false],
    ['/v1/images/*', '/v1/models', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'x', false],
  ])('say of %j and %j: %j', (pattern, text, isFit) => {
    expect(matchesWildcard(pattern, text)).toBe(isFit);
  });

  it('forbid nothing when there are none', () => {
    expect(isAllowedBy([], 'x')).toBe(true);
    expect(isAllowedBy(undefined, 'x')).toBe(true);
    expect(isAllowedBy(['a', 'b*'], 'bc')).toBe(true);
    expect(isAllowedBy(['a', 'b*'], 'c')).toBe(false);
  });

  it('answer at once where a regular expression would try for ages', () => {
    expect(matchesWildcard(`${'a*'.repeat(100)}b`, 'a'.repeat(10_000))).toBe(false);
    expect(matchesWildcard('*a'.repeat(100), `${'a'.repeat(10_000)}c`)).toBe(false);
  });
});

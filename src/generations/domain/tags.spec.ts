/** How tags are written, whatever was typed. */
import { describe, expect, it } from 'vitest';
import { TAG_CHARS_MAX, TAGS_MAX, toTags } from './tags.js';

describe('toTags', () => {
  it('writes each tag once, composed, in lower case and without space around it', () => {
    expect(toTags([' Hero ', 'hero', 'CAFE\u0301', 'café', '東京'])).toEqual([
      'café',
      'hero',
      '東京',
    ]);
  });

  it('counts characters as people do, not units of their encoding', () => {
    expect(toTags(['🎨'.repeat(TAG_CHARS_MAX)])).toHaveLength(1);
    expect(() => toTags(['🎨'.repeat(TAG_CHARS_MAX + 1)])).toThrow(/at most 50 characters/);
  });

  it.each([[' '], ['a\nb'], ['a\0b'], ['\ud800']])('refuses %j', (text) => {
    expect(() => toTags(['fine', text])).toThrow(/not blank/);
  });

  it('bounds how many there are once they are written alike', () => {
    const many = Array.from({ length: TAGS_MAX }, (_, index) => `tag ${index}`);
    expect(toTags([...many, 'TAG 0'])).toHaveLength(TAGS_MAX);
    expect(() => toTags([...many, 'one more'])).toThrow(/at most 20 tags/);
  });
});

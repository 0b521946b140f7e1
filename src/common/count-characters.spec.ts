// Proves that limits count code points, whatever a text is made of.
import { describe, expect, it } from 'vitest';
import { countCharacters, takeCharacters } from './count-characters.js';

describe('countCharacters', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['日本語', 3],
    ['🦊🦊', 2],
    ['👩‍👩‍👧', 5],
    ['❤️', 2],
    ['\ud800', 1],
  ])('counts %j as %i', (text, count) => {
    expect(countCharacters(text)).toBe(count);
    expect(countCharacters(text)).toBe([...text].length);
  });
});

describe('takeCharacters', () => {
  it('never cuts a character in two', () => {
    expect(takeCharacters('🦊🐻🐼', 2)).toBe('🦊🐻');
    expect(takeCharacters('abc', 2)).toBe('ab');
    expect(takeCharacters('🦊', 5)).toBe('🦊');
  });
});

/** Proves how the header of the cache is read. */
import { describe, expect, it } from 'vitest';
import { readCacheMode } from './read-cache-mode.js';

describe('x-response-cache', () => {
  it('is off where it is not sent, and one of three words otherwise', () => {
    expect(readCacheMode({})).toBe('off');
    for (const mode of ['use', 'refresh', 'off']) {
      expect(readCacheMode({ 'x-response-cache': mode })).toBe(mode);
    }
    expect(readCacheMode({ 'x-response-cache': 'Use' })).toBe('use');
  });

  it('refuses everything else, naming the header', () => {
    for (const value of ['', 'yes', 'use, refresh', ['use', 'use']]) {
      const read = () => readCacheMode({ 'x-response-cache': value });
      expect(read).toThrow('x-response-cache must be use, refresh or off');
    }
  });
});

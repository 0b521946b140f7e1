// Proves how a Prefer header decides between waiting and answering at once.
import { describe, expect, it } from 'vitest';
import { toPreference } from './prefer.js';

describe('toPreference', () => {
  it.each([
    [undefined, 100, null],
    ['', 100, null],
    ['wait=10', 10, 'wait=10'],
    ['Wait = 10', 10, 'wait=10'],
    ['respond-async', 0, 'respond-async'],
    ['respond-async, wait=10', 10, 'respond-async, wait=10'],
    ['wait=10; foo=bar, respond-async', 10, 'respond-async, wait=10'],
    ['wait=0', 100, null],
    ['wait=101', 100, null],
    ['wait=-5', 100, null],
    ['wait=abc', 100, null],
    ['wait=1e3, respond-async', 0, 'respond-async'],
    ['return=minimal', 100, null],
  ])('reads %o as a wait of %i s', (header, waitS, applied) => {
    expect(toPreference(header, 100)).toEqual({ waitS, applied });
  });
});

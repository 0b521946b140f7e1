// Proves that a body is whole however its length was announced, and is not kept once it was taken.
import { describe, expect, it } from 'vitest';
import { GatheredBytes } from './gathered-bytes.js';

const PIECE = Buffer.alloc(100_000, 'a');
const LAST = Buffer.from('the end');
const LENGTH = 2 * PIECE.length + LAST.length;
const WHOLE = Buffer.concat([PIECE, PIECE, LAST]);

describe('bytes that are gathered', () => {
  it.each([
    ['not announced', null],
    ['announced', LENGTH],
    ['announced too short', 150_000],
    ['announced shorter than the first piece', 0],
    ['announced too long', 3 * LENGTH],
  ])('are whole, %s', (_name, announced) => {
    const gathered = new GatheredBytes(announced);
    for (const piece of [PIECE, PIECE, LAST]) gathered.add(piece);
    expect(gathered.sizeBytes).toBe(LENGTH);
    expect(gathered.take().equals(WHOLE)).toBe(true);
    expect(gathered.take()).toHaveLength(0);
  });

  it('of one piece are that piece', () => {
    const gathered = new GatheredBytes(LAST.length);
    gathered.add(LAST);
    expect(gathered.take()).toBe(LAST);
  });

  it('do not hold on to pieces whose place is known', () => {
    const gathered = new GatheredBytes(LENGTH);
    const piece = Buffer.from(PIECE);
    gathered.add(piece);
    piece.fill('b');
    gathered.add(PIECE);
    gathered.add(LAST);
    expect(gathered.take().equals(WHOLE)).toBe(true);
  });
});

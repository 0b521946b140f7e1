// Proves that base64 made piece by piece is the base64 of the whole, wherever the pieces are cut.
import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from './encode-base64.js';

async function* cut(bytes: Buffer): AsyncGenerator<Uint8Array> {
  let from = 0;
  while (from < bytes.length) {
    const to = from + randomInt(0, 50);
    yield bytes.subarray(from, to);
    from = to;
  }
}

describe('encodeBase64', () => {
  it.each([0, 1, 2, 3, 4, 57, 1_000, 10_001])('joins pieces of %i bytes', async (size) => {
    const bytes = randomBytes(size);
    const pieces: string[] = [];
    for await (const piece of encodeBase64(cut(bytes))) pieces.push(piece);
    expect(pieces.join('')).toBe(bytes.toString('base64'));
  });
});

/** PNG pixels are let through up to what their size has room for, whatever they are packed in. */
import { deflateSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { MediaIntake } from '../media-intake.js';
import { toPngChunk } from '../rewrite/png-chunks.js';
import { PngUnpacking } from './png-unpacking.js';
import { PNG_SIGNATURE } from './walk-png.js';

const FACTS = { format: 'png', widthPx: 100, heightPx: 100 } as const;
const REFUSED = { code: 'media.unreadable' };

async function unpack(packed: Buffer, chunkBytes = packed.length): Promise<void> {
  const unpacking = new PngUnpacking(FACTS);
  try {
    for (let at = 0; at < packed.length; at += chunkBytes) {
      await unpacking.pass(packed.subarray(at, at + chunkBytes));
    }
  } finally {
    unpacking.end();
  }
}

describe('PngUnpacking', () => {
  it('lets the deepest kind of pixels through, a byte at a time as well', async () => {
    const packed = deflateSync(Buffer.alloc(100 * (1 + 100 * 8), 7));
    await expect(unpack(packed)).resolves.toBeUndefined();
    await expect(unpack(packed, 1)).resolves.toBeUndefined();
  });

  it('refuses what unpacks to more, at the chunk that says so', async () => {
    const packed = deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 });
    await expect(unpack(packed)).rejects.toMatchObject(REFUSED);
    await expect(unpack(packed, 1_000)).rejects.toMatchObject(REFUSED);
    const unpacking = new PngUnpacking(FACTS);
    await expect(unpacking.pass(packed)).rejects.toMatchObject(REFUSED);
    await expect(unpacking.pass(packed)).rejects.toMatchObject(REFUSED);
  });

  it('leaves to decoders what cannot be unpacked, and what stands behind the end', async () => {
    const pixels = deflateSync(Buffer.alloc(1_000));
    await expect(unpack(Buffer.from('no zlib at all'), 4)).resolves.toBeUndefined();
    await expect(unpack(Buffer.concat([pixels, Buffer.alloc(50_000)]), 300)).resolves.toBe(
      undefined,
    );
    await expect(unpack(pixels.subarray(0, 8))).resolves.toBeUndefined();
  });

  it('is asked once for each chunk that comes in, however many parts its pixels are in', async () => {
    const header = Buffer.from('00000064000000640806000000', 'hex');
    const packed = deflateSync(Buffer.alloc(100 * (1 + 100 * 4)));
    const parts = Array.from(packed, (byte) => toPngChunk('IDAT', Buffer.of(byte)));
    const end = toPngChunk('IEND', Buffer.alloc(0));
    const png = Buffer.concat([PNG_SIGNATURE, toPngChunk('IHDR', header), ...parts, end]);
    const asked = vi.spyOn(PngUnpacking.prototype, 'pass');
    const intake = new MediaIntake({ bytesMax: 1_000_000, pixelsMax: 10_000 }, { kind: 'clean' });
    const kept: Uint8Array[] = [];
    for await (const piece of intake.pass([png])) kept.push(piece);
    expect(Buffer.concat(kept)).toEqual(png);
    expect(asked.mock.calls.map(([bytes]) => Buffer.from(bytes))).toEqual([packed]);
    asked.mockRestore();
  });
});

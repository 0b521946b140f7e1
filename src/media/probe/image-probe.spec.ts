// Proves that the probe measures what sharp measures, however the bytes are cut, and refuses what is no whole picture.
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../common/domain-error.js';
import { ImageProbe } from './image-probe.js';
import type { ImageFacts } from './image-step.js';

const PIXELS_MAX = 1_000_000;
const samples = new Map<string, Buffer>();

interface Verdict {
  facts: ImageFacts;
  kept: Buffer;
}

function probe(bytes: Uint8Array, chunkBytes = bytes.length): Verdict {
  const walker = new ImageProbe(PIXELS_MAX);
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A scratch buffer that is overwritten at once, as a decoder's would be.
    const scratch = Uint8Array.from(bytes.subarray(at, at + chunkBytes));
    kept.push(Buffer.concat(walker.push(scratch)));
    scratch.fill(0);
  }
  return { facts: walker.finish(), kept: Buffer.concat(kept) };
}

function codeOf(bytes: Uint8Array, chunkBytes?: number): string {
  try {
    probe(bytes, chunkBytes);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.code;
  }
}

function sample(name: string): Buffer {
  return samples.get(name)!;
}

function noise(widthPx: number, heightPx: number, channels: 3 | 4): Sharp {
  const raw = Buffer.alloc(widthPx * heightPx * channels);
  for (let at = 0, state = 7; at < raw.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    raw[at] = state >> 16;
  }
  return sharp(raw, { raw: { width: widthPx, height: heightPx, channels } });
}

beforeAll(async () => {
  const made: Record<string, Sharp> = {
    'png small': noise(1, 1, 3).png(),
    'png alpha': noise(64, 48, 4).png(),
    'png interlaced': noise(33, 17, 3).png({ progressive: true }),
    'png palette': noise(50, 20, 3).png({ palette: true, colours: 16 }),
    'png grey': noise(31, 7, 3).greyscale().png(),
    'png with metadata': noise(64, 64, 3)
      .withExif({ IFD0: { ImageDescription: 'x'.repeat(5_000) } })
      .withIccProfile('p3')
      .png(),
    jpeg: noise(65, 33, 3).jpeg(),
    'jpeg progressive': noise(65, 33, 3).jpeg({ progressive: true }),
    'jpeg grey': noise(65, 33, 3).greyscale().jpeg(),
    'jpeg with metadata': noise(200, 100, 3)
      .withExif({ IFD0: { ImageDescription: 'x'.repeat(5_000) } })
      .withIccProfile('p3')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
    'jpeg turned': noise(40, 20, 3).withMetadata({ orientation: 6 }).jpeg(),
    webp: noise(63, 21, 3).webp(),
    'webp alpha': noise(63, 21, 4).webp(),
    'webp lossless': noise(63, 21, 4).webp({ lossless: true }),
    'webp with metadata': noise(64, 64, 3)
      .withExif({ IFD0: { ImageDescription: 'odd' } })
      .withIccProfile('p3')
      .webp(),
  };
  for (const [name, image] of Object.entries(made)) samples.set(name, await image.toBuffer());
});

const NAMES = [
  'png small',
  'png alpha',
  'png interlaced',
  'png palette',
  'png grey',
  'png with metadata',
  'jpeg',
  'jpeg progressive',
  'jpeg grey',
  'jpeg with metadata',
  'jpeg turned',
  'webp',
  'webp alpha',
  'webp lossless',
  'webp with metadata',
];

describe.each(NAMES)('ImageProbe on %s', (name) => {
  it('measures what sharp measures, in one piece and in pieces of any size', async () => {
    const bytes = sample(name);
    const { format, width, height } = await sharp(bytes).metadata();
    const expected = { format, widthPx: width, heightPx: height };
    for (const chunkBytes of [bytes.length, 1, 2, 3, 7, 64, 1_000]) {
      const verdict = probe(bytes, chunkBytes);
      expect(verdict.facts).toEqual(expected);
      expect(verdict.kept.equals(bytes)).toBe(true);
    }
  });

  it('refuses it cut off anywhere', () => {
    const bytes = sample(name);
    const step = Math.max(1, Math.floor(bytes.length / 200));
    for (let end = 12; end < bytes.length; end += step) {
      expect(codeOf(bytes.subarray(0, end), 100), `cut at ${end}`).toBe('media.unreadable');
    }
    expect(codeOf(bytes.subarray(0, bytes.length - 1))).toBe('media.unreadable');
  });
});

describe('ImageProbe', () => {
  it.each([
    ['nothing', '', 'media.unreadable'],
    ['a few letters', 'PNG', 'media.type_refused'],
    ['HTML', '<!doctype html><html><script>alert(1)</script></html>', 'media.type_refused'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>   ', 'media.type_refused'],
    ['SVG with an XML head', '<?xml version="1.0"?><svg/>', 'media.type_refused'],
    ['GIF', 'GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;', 'media.type_refused'],
    ['BMP', 'BM\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000', 'media.type_refused'],
    ['PDF', '%PDF-1.7 and so on', 'media.type_refused'],
    ['JSON', '{"error":"not a picture"}', 'media.type_refused'],
    ['a sound in RIFF', 'RIFF\u0010\u0000\u0000\u0000WAVEfmt ', 'media.type_refused'],
  ])('refuses %s', (_name, text, code) => {
    expect(codeOf(Buffer.from(text, 'latin1'))).toBe(code);
  });

  it.each(['png alpha', 'webp'])('refuses a %s that is something else behind its end', (name) => {
    const polyglot = Buffer.concat([sample(name), Buffer.from('PK\u0003\u0004 an archive')]);
    expect(codeOf(polyglot)).toBe('media.type_refused');
    expect(codeOf(polyglot, 5)).toBe('media.type_refused');
  });

  it("drops what a camera puts behind a JPEG's end", () => {
    const bytes = sample('jpeg');
    for (const chunkBytes of [10_000, 5, 1]) {
      const { kept } = probe(Buffer.concat([bytes, Buffer.from('appendix')]), chunkBytes);
      expect(kept.equals(bytes)).toBe(true);
    }
  });

  it('refuses a PNG with any byte of its pixels changed', () => {
    const bytes = Buffer.from(sample('png alpha'));
    const at = bytes.indexOf('IDAT') + 20;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    expect(codeOf(bytes)).toBe('media.unreadable');
  });

  it('refuses a PNG whose header was changed', () => {
    const bytes = Buffer.from(sample('png alpha'));
    bytes.writeUInt32BE(1, 16);
    expect(codeOf(bytes)).toBe('media.unreadable');
  });

  it('refuses a JPEG whose scan runs into nonsense', () => {
    const bytes = Buffer.from(sample('jpeg'));
    bytes.writeUInt16BE(0xff_c3, bytes.indexOf(Buffer.from('ffc0', 'hex')));
    expect(codeOf(bytes)).toBe('media.unreadable');
  });

  it('refuses a WebP whose parts do not add up', () => {
    const bytes = Buffer.from(sample('webp'));
    bytes.writeUInt32LE(bytes.readUInt32LE(16) + 2, 16);
    expect(codeOf(bytes)).toBe('media.unreadable');
  });

  it('refuses too many pixels as soon as the size is read', async () => {
    const bytes = await sharp({
      create: { width: 1_001, height: 1_000, channels: 3, background: 'white' },
    })
      .png()
      .toBuffer();
    const walker = new ImageProbe(PIXELS_MAX);
    expect(() => walker.push(bytes.subarray(0, 40))).toThrow(
      expect.objectContaining({ code: 'media.too_large', details: { limit_pixels: PIXELS_MAX } }),
    );
  });

  it('never throws anything but its own errors on bytes that were tampered with', () => {
    let state = 1;
    const random = (max: number): number => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return (state >> 8) % max;
    };
    for (let round = 0; round < 3_000; round += 1) {
      const bytes = Buffer.from(sample(NAMES[random(NAMES.length)]!));
      for (let change = 0; change <= random(4); change += 1) {
        bytes.writeUInt8(random(256), random(Math.min(bytes.length, 400)));
      }
      expect(['accepted', 'media.unreadable', 'media.type_refused', 'media.too_large']).toContain(
        codeOf(bytes, 1 + random(500)),
      );
    }
  });
});

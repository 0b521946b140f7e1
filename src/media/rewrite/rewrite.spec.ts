// Proves on real pictures of each format that cleaning and marking leave every pixel and no trace, however bytes are cut.
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../common/domain-error.js';
import { ImageProbe } from '../probe/image-probe.js';
import { PARTS_MAX } from '../probe/parts-limit.js';
import { toJpegSegment } from './jpeg-segments.js';
import { type PictureEdit, toEditor } from './picture-edit.js';
import { toPngChunk } from './png-chunks.js';
import { toRiffChunkHead } from './webp-chunks.js';
import { MADE_BY_MODEL, MADE_WITH_MODEL, readXmp } from './xmp-packet.js';

const PIXELS_MAX = 1_000_000;
const SECRET = 'SECRET-52.5200N-13.4050E';
const MARK = {
  digitalSourceType: MADE_BY_MODEL,
  system: 'a "model" <of> & more',
  generationId: '0190a000-0000-7000-8000-000000000001',
};
const CLEAN: PictureEdit = { kind: 'clean' };
const MARKED: PictureEdit = { kind: 'mark', mark: MARK };
const XMP = (content: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><Iptc4xmpExt:DigitalSourceType>${content}</Iptc4xmpExt:DigitalSourceType><note>${SECRET}</note></rdf:Description></rdf:RDF></x:xmpmeta>`;
const samples = new Map<string, Buffer>();

function rewrite(bytes: Uint8Array, edit: PictureEdit, chunkBytes = bytes.length) {
  const editor = toEditor(edit);
  const probe = new ImageProbe(PIXELS_MAX, { editor });
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A scratch buffer that is overwritten at once, as a decoder's would be.
    const scratch = Uint8Array.from(bytes.subarray(at, at + chunkBytes));
    kept.push(Buffer.concat(probe.push(scratch)));
    scratch.fill(0);
  }
  return { facts: probe.finish(), bytes: Buffer.concat(kept), hasManifest: editor.hasManifest };
}

function codeOf(bytes: Uint8Array, edit: PictureEdit, chunkBytes?: number): string {
  try {
    rewrite(bytes, edit, chunkBytes);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.code;
  }
}

function noise(widthPx: number, heightPx: number, channels: 3 | 4, salt = 7): Sharp {
  const raw = Buffer.alloc(widthPx * heightPx * channels);
  for (let at = 0, state = salt; at < raw.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    raw[at] = state >> 16;
  }
  return sharp(raw, { raw: { width: widthPx, height: heightPx, channels } });
}

async function decode(bytes: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(bytes, { animated: true })
    .raw({ depth: (await sharp(bytes).metadata()).depth === 'ushort' ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return Buffer.concat([Buffer.from(`${info.width}x${info.height}x${info.channels}`), data]);
}

beforeAll(async () => {
  const exif = {
    IFD0: { Copyright: SECRET, Artist: SECRET, Make: 'Camera' },
    IFD3: { GPSLatitude: '52/1 31/1 12/1', GPSLatitudeRef: 'N' },
  };
  const full = (image: Sharp) => image.withExif(exif).withXmp(XMP(SECRET)).withIccProfile('p3');
  const turned = (image: Sharp) => image.withMetadata({ orientation: 6, exif });
  const made: Record<string, Sharp> = {
    'png plain': noise(30, 20, 3).png(),
    'png 16 bit': noise(33, 17, 3).toColourspace('rgb16').png(),
    'png interlaced alpha': noise(33, 17, 4).png({ progressive: true }),
    'png palette': noise(50, 20, 3).png({ palette: true, colours: 16 }),
    'png full': full(noise(64, 64, 3)).png(),
    'png turned': turned(noise(40, 20, 3)).png(),
    'jpeg plain': noise(65, 33, 3).jpeg(),
    'jpeg progressive': full(noise(65, 33, 3)).jpeg({ progressive: true }),
    'jpeg grey': noise(65, 33, 3).greyscale().jpeg(),
    'jpeg full': full(noise(200, 100, 3)).jpeg(),
    'jpeg cmyk': noise(40, 20, 3).toColourspace('cmyk').jpeg(),
    'jpeg turned': turned(noise(40, 20, 3)).jpeg(),
    'webp plain': noise(63, 21, 3).webp(),
    'webp alpha': noise(63, 21, 4).webp(),
    'webp lossless': noise(63, 21, 4).webp({ lossless: true }),
    'webp lossless opaque': noise(1, 1, 3).webp({ lossless: true }),
    'webp full': full(noise(64, 64, 3)).webp(),
    'webp turned': turned(noise(40, 20, 3)).webp(),
    'webp animated': sharp(
      await Promise.all([1, 2, 3].map((salt) => noise(16, 16, 4, salt).png().toBuffer())),
      { join: { animated: true } },
    ).webp({ loop: 0, delay: [50, 60, 70] }),
  };
  for (const [name, image] of Object.entries(made)) samples.set(name, await image.toBuffer());
});

const NAMES = [
  'png plain',
  'png 16 bit',
  'png interlaced alpha',
  'png palette',
  'png full',
  'png turned',
  'jpeg plain',
  'jpeg progressive',
  'jpeg grey',
  'jpeg full',
  'jpeg cmyk',
  'jpeg turned',
  'webp plain',
  'webp alpha',
  'webp lossless',
  'webp lossless opaque',
  'webp full',
  'webp turned',
  'webp animated',
];
const sample = (name: string) => samples.get(name)!;

describe.each(NAMES)('a rewritten %s', (name) => {
  it('has every pixel, and says what made it, once it is marked', async () => {
    const bytes = sample(name);
    const marked = rewrite(bytes, MARKED);
    expect(await decode(marked.bytes)).toEqual(await decode(bytes));
    const { xmp, pages, format, icc, orientation } = await sharp(marked.bytes).metadata();
    const before = await sharp(bytes).metadata();
    expect({ pages, format, icc, orientation }).toEqual({
      pages: before.pages,
      format: before.format,
      icc: before.icc,
      orientation: before.orientation,
    });
    expect(readXmp(xmp!)).toEqual({
      digitalSourceType: MADE_BY_MODEL,
      generator: 'Atelier',
      generationId: MARK.generationId,
    });
    expect(marked.bytes.includes('x:xmpmeta xmlns')).toBe(true);
    expect(marked.bytes.toString('latin1').split('<x:xmpmeta').length).toBe(2);
    expect(marked.facts).toEqual(rewrite(bytes, { kind: 'keep' }).facts);
  });

  it('has every pixel, its colours and its way up, and nothing else, once it is cleaned', async () => {
    const bytes = sample(name);
    const cleaned = rewrite(bytes, CLEAN).bytes;
    expect(await decode(cleaned)).toEqual(await decode(bytes));
    const [before, after] = [await sharp(bytes).metadata(), await sharp(cleaned).metadata()];
    expect(after.xmp).toBeUndefined();
    expect(after.iptc).toBeUndefined();
    expect(after.orientation ?? 1).toBe(before.orientation ?? 1);
    expect(after.icc).toEqual(before.icc);
    expect({ pages: after.pages, delay: after.delay }).toEqual({
      pages: before.pages,
      delay: before.delay,
    });
    for (const trace of [SECRET, 'Camera', 'GPS', 'xmpmeta']) {
      expect(cleaned.includes(trace)).toBe(false);
    }
  });

  it('comes out the same in pieces of any size, and the same when it is rewritten again', () => {
    const bytes = sample(name);
    for (const edit of [CLEAN, MARKED]) {
      const once = rewrite(bytes, edit).bytes;
      for (const chunkBytes of [1, 2, 3, 7, 64, 1_000]) {
        expect(rewrite(bytes, edit, chunkBytes).bytes.equals(once)).toBe(true);
      }
      if (edit === CLEAN || name.startsWith('webp')) continue;
      expect(rewrite(once, edit).bytes.equals(once)).toBe(true);
    }
    const cleaned = rewrite(bytes, CLEAN).bytes;
    expect(rewrite(cleaned, CLEAN).bytes.equals(cleaned)).toBe(true);
  });

  it('is refused cut off anywhere, whatever is done to it', () => {
    const bytes = sample(name);
    const step = Math.max(1, Math.floor(bytes.length / 50));
    for (const edit of [CLEAN, MARKED]) {
      for (let end = 12; end < bytes.length; end += step) {
        expect(codeOf(bytes.subarray(0, end), edit, 100), `cut at ${end}`).toBe('media.unreadable');
      }
    }
  });
});

/** Puts bytes at the place where metadata of the format stands. */
function insert(name: string, bytes: Buffer): Buffer {
  const picture = sample(name);
  const at = name.startsWith('png') ? 33 : 2;
  return Buffer.concat([picture.subarray(0, at), bytes, picture.subarray(at)]);
}

function manifestBox(): Buffer {
  const box = Buffer.alloc(60);
  box.writeUInt32BE(60, 0);
  box.write('jumb', 4, 'latin1');
  box.writeUInt32BE(52, 8);
  box.write('jumdc2pa', 12, 'latin1');
  return box;
}

describe('marks of a vendor', () => {
  const jumbf = Buffer.concat([Buffer.from('JP\0\x01\0\0\0\x01', 'latin1'), manifestBox()]);

  it.each([
    ['png plain', () => toPngChunk('caBX', manifestBox())],
    ['jpeg plain', () => toJpegSegment(0xeb, jumbf)],
  ])('leave not a byte of a %s changed when they are signed', (name, toMark) => {
    const xmp =
      name === 'png plain'
        ? toPngChunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${XMP('x')}`))
        : toJpegSegment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${XMP('x')}`));
    const other =
      name === 'png plain'
        ? toPngChunk('tEXt', Buffer.from('a\0b'))
        : toJpegSegment(0xfe, Buffer.from('b'));
    for (const before of [[], [xmp], [xmp, other]]) {
      const signed = insert(name, Buffer.concat([...before, toMark(), other, xmp]));
      for (const chunkBytes of [1, 50, 5_000]) {
        const kept = rewrite(signed, MARKED, chunkBytes);
        expect(kept.bytes.equals(signed)).toBe(true);
        expect(kept.hasManifest).toBe(true);
      }
      expect(rewrite(signed, CLEAN).bytes.equals(sample(name))).toBe(true);
    }
  });

  it.each([
    ['a box that is no manifest', Buffer.alloc(60)],
    ['one too short to be one', Buffer.alloc(3)],
  ])('do not hold in %s', (_name, box) => {
    const forged = insert('png plain', toPngChunk('caBX', box));
    const marked = rewrite(forged, MARKED);
    expect(marked.hasManifest).toBe(false);
    expect(marked.bytes.includes(MADE_BY_MODEL)).toBe(true);
  });

  it.each(['png plain', 'jpeg plain', 'webp plain'])(
    'in the XMP of a %s stand in ours, if they tell of a model',
    async (name) => {
      const withType = async (type: string) =>
        rewrite(await sharp(sample(name)).withXmp(XMP(type)).toBuffer(), MARKED, 40).bytes;
      const told = await withType(MADE_WITH_MODEL);
      expect(readXmp((await sharp(told).metadata()).xmp!).digitalSourceType).toBe(
        name === 'png plain' ? MADE_BY_MODEL : MADE_WITH_MODEL,
      );
      const lied = await withType(MADE_WITH_MODEL.replace(/[^/]+$/, 'digitalCapture'));
      expect(readXmp((await sharp(lied).metadata()).xmp!).digitalSourceType).toBe(MADE_BY_MODEL);
      expect(lied.includes(SECRET)).toBe(false);
    },
  );

  it('in an uncompressed iTXt of a PNG stand too', async () => {
    const text = Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${XMP(MADE_WITH_MODEL)}`);
    const marked = rewrite(insert('png plain', toPngChunk('iTXt', text)), MARKED).bytes;
    const { xmp } = await sharp(marked).metadata();
    expect(readXmp(xmp!).digitalSourceType).toBe(MADE_WITH_MODEL);
  });
});

describe('cleaning', () => {
  it('drops every kind of text, time and foreign part', () => {
    const traces = Buffer.from(`key\0${SECRET}`);
    const png = ['tEXt', 'zTXt', 'iTXt', 'tIME', 'prVt', 'caBX', 'sPLT', 'eXIf'].map((type) =>
      toPngChunk(type, traces),
    );
    expect(rewrite(insert('png plain', Buffer.concat(png)), CLEAN).bytes).toEqual(
      rewrite(sample('png plain'), CLEAN).bytes,
    );
    const jpeg = [0xe1, 0xe2, 0xe3, 0xeb, 0xec, 0xed, 0xef, 0xfe, 0xe0, 0xee].map((marker) =>
      toJpegSegment(marker, traces),
    );
    expect(rewrite(insert('jpeg plain', Buffer.concat(jpeg)), CLEAN).bytes).toEqual(
      sample('jpeg plain'),
    );
  });

  it('cuts the small picture off a JFIF head', () => {
    const head = Buffer.concat([
      Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02', 'latin1'),
      Buffer.alloc(12, SECRET),
    ]);
    const plain = sample('jpeg plain');
    const bytes = Buffer.concat([
      plain.subarray(0, 2),
      toJpegSegment(0xe0, head),
      plain.subarray(2),
    ]);
    const { bytes: cleaned } = rewrite(bytes, CLEAN);
    expect(cleaned.length).toBe(plain.length + 18);
    expect(cleaned.includes('SECRET')).toBe(false);
  });

  it('keeps no profile that is none, or inflates beyond its bound', () => {
    const profiles = [
      Buffer.from('ICC\0\0nonsense'),
      Buffer.concat([Buffer.from('ICC\0\0'), deflateSync(Buffer.alloc(2_000_000))]),
      Buffer.concat([Buffer.from('ICC\0\0'), deflateSync(Buffer.alloc(200, SECRET))]),
    ];
    for (const profile of profiles) {
      const { bytes } = rewrite(insert('png plain', toPngChunk('iCCP', profile)), CLEAN);
      expect(bytes).toEqual(rewrite(sample('png plain'), CLEAN).bytes);
    }
  });

  it('drops what a camera puts behind the end of a JPEG', () => {
    const bytes = Buffer.concat([sample('jpeg full'), Buffer.from(SECRET)]);
    expect(rewrite(bytes, CLEAN).bytes.includes(SECRET)).toBe(false);
  });
});

describe('hostile pictures', () => {
  it.each([CLEAN, MARKED])('of too many parts are refused by $kind', (edit) => {
    const chunk = toPngChunk('tEXt', Buffer.from('a\0b'));
    const segment = toJpegSegment(0xfe, Buffer.from('x'));
    const many = (part: Buffer, count: number) =>
      Buffer.concat(Array.from({ length: count }, () => part));
    expect(codeOf(insert('png plain', many(chunk, PARTS_MAX + 1)), edit)).toBe('media.unreadable');
    expect(codeOf(insert('png plain', many(chunk, 9_000)), edit, 60_000)).toBe('accepted');
    expect(codeOf(insert('jpeg plain', many(segment, PARTS_MAX + 1)), edit)).toBe(
      'media.unreadable',
    );
    const webp = sample('webp plain');
    const junk = many(toRiffChunkHead('ABCD', 0), PARTS_MAX + 1);
    const long = Buffer.concat([webp, junk]);
    long.writeUInt32LE(long.length - 8, 4);
    expect(codeOf(long, edit)).toBe('media.unreadable');
  });

  it.each([CLEAN, MARKED])('that go on behind their end are refused by $kind', (edit) => {
    for (const name of ['png plain', 'webp plain', 'webp full']) {
      const polyglot = Buffer.concat([sample(name), Buffer.from('PK\u0003\u0004 an archive')]);
      expect(codeOf(polyglot, edit)).toBe('media.type_refused');
      expect(codeOf(polyglot, edit, 5)).toBe('media.type_refused');
    }
  });

  it('never get anything but our own errors, and nothing but a picture comes out', () => {
    const outcomes = ['accepted', 'media.unreadable', 'media.type_refused', 'media.too_large'];
    const change = fc.record({ at: fc.nat(400), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.constantFrom(...NAMES),
        fc.array(change, { maxLength: 4 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(CLEAN, MARKED),
        (name, changes, chunkBytes, edit) => {
          const bytes = Buffer.from(sample(name));
          for (const { at, value } of changes) {
            if (at < bytes.length) bytes.writeUInt8(value, at);
          }
          const code = codeOf(bytes, edit, chunkBytes);
          expect(outcomes).toContain(code);
          if (code !== 'accepted') return;
          const rewritten = rewrite(bytes, edit);
          const again = rewrite(rewritten.bytes, { kind: 'keep' }, chunkBytes);
          expect(again.facts).toEqual(rewritten.facts);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('are never held: what is looked into is bounded', () => {
    const bytes = insert(
      'png plain',
      toPngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0'), Buffer.alloc(4e6)])),
    );
    const probe = new ImageProbe(PIXELS_MAX, { editor: toEditor(MARKED) });
    let answeredBytes = 0;
    for (let at = 0; at < bytes.length; at += 65_536) {
      for (const piece of probe.push(bytes.subarray(at, at + 65_536))) {
        answeredBytes += piece.byteLength;
      }
    }
    probe.finish();
    expect(answeredBytes).toBeLessThan(sample('png plain').length + 2_000);
  });
});

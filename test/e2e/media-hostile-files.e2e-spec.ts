// Proves that what people send as pictures is refused with a reason or cleaned, whatever it is: nothing of a refused
// form stays, nothing that runs is kept, and memory does not grow with what a file claims to be.
import { readdirSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';

const MEDIA = '/api/v1/media';
const SECRET = 'SECRET-52.5200N';
const GROWTH_MAX_BYTES = 100 * 1024 * 1024;
const BOUNDARY = 'x-boundary-of-a-form';
const SCRIPT = '<script>alert(1)</script>';

let atelier: TestApplication;
let jpeg: Buffer;
let png: Buffer;

beforeAll(async () => {
  atelier = await startApplication();
  const plain = sharp({ create: { width: 16, height: 16, channels: 3, background: 'teal' } });
  [png, jpeg] = [await plain.clone().png().toBuffer(), await plain.clone().jpeg().toBuffer()];
});
afterEach(() => {
  expect(readdirSync(`${atelier.config.media.dir}/incoming`)).toEqual([]);
});
afterAll(async () => {
  await atelier.stop();
});

interface Part {
  head: string;
  bytes: Buffer | string;
}

const toFile = (bytes: Buffer | string, head = 'name="file"; filename="fox.png"'): Part => ({
  head: `Content-Disposition: form-data; ${head}`,
  bytes,
});

async function send(
  parts: readonly Part[],
  type = `multipart/form-data; boundary=${BOUNDARY}`,
): Promise<{ status: number; body: Answer['body'] }> {
  const chunks = parts.flatMap(({ head, bytes }) => [
    Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`, 'latin1'),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...chunks, Buffer.from(`--${BOUNDARY}--\r\n`)]);
  const answer = await fetch(`${atelier.baseUrl}${MEDIA}`, {
    method: 'POST',
    headers: { ...atelier.key, 'content-type': type },
    body,
  });
  return { status: answer.status, body: await answer.json() };
}

async function read({ url }: { url: string }): Promise<Buffer> {
  return Buffer.from(await (await fetch(url, { headers: atelier.key })).arrayBuffer());
}

const countKept = async () => (await atelier.call('GET', `${MEDIA}?limit=100`)).body.data.length;

function toChunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A whole PNG, true in its structure and in nothing else. */
function toPng(widthPx: number, heightPx: number, pixels: Buffer, more: Buffer[] = []): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(widthPx, 0);
  head.writeUInt32BE(heightPx, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    toChunk('IHDR', head),
    ...more,
    toChunk('IDAT', pixels),
    toChunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a file is refused', () => {
  it.each<[string, () => Buffer, number, string]>([
    [
      'as an SVG with a script',
      () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`),
      400,
      'media.type_refused',
    ],
    ['as a page', () => Buffer.from(`<!doctype html>${SCRIPT}`), 400, 'media.type_refused'],
    [
      'as a GIF that is a program',
      () => Buffer.from('GIF89a/*\0\0*/=1;alert(1)'),
      400,
      'media.type_refused',
    ],
    [
      'as a PNG with a page behind its end',
      () => Buffer.concat([png, Buffer.from(SCRIPT)]),
      400,
      'media.type_refused',
    ],
    ['with a magic number alone', () => png.subarray(0, 8), 400, 'media.type_refused'],
    ['cut off', () => jpeg.subarray(0, jpeg.length - 40), 400, 'media.unreadable'],
    ['as a PNG with a broken sum', () => breakSum(), 400, 'media.unreadable'],
    ['empty', () => Buffer.alloc(0), 400, 'media.unreadable'],
    [
      'with 400 million pixels in a few bytes',
      () => toPng(20_000, 20_000, deflateSync(Buffer.alloc(64))),
      413,
      'media.too_large',
    ],
    [
      'over the limit of a file, whole as it is',
      () => toPng(16, 16, deflateSync(Buffer.alloc(16 * 49)), [toLargeChunk()]),
      413,
      'media.too_large',
    ],
  ])('%s', async (_what, make, status, code) => {
    const before = await countKept();
    // A good picture beside it is not kept either.
    const answer = await send([toFile(png), toFile(make(), 'name="file[]"; filename="a.png"')]);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toContain('file[1] (a.png)');
    expect(await countKept()).toBe(before);
  });
});

/** As large as a file may be. */
function toLargeChunk(): Buffer {
  return toChunk('puFF', Buffer.alloc(atelier.config.http.fileLimitBytes));
}

function breakSum(): Buffer {
  const broken = Buffer.from(png);
  broken[30] = (broken[30] ?? 0) ^ 0xff;
  return broken;
}

describe('a picture is kept', () => {
  it('without where and by whom it was taken', async () => {
    const tagged = await sharp(jpeg)
      .withExif({
        IFD0: { Artist: SECRET },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 12/1' },
      })
      .jpeg()
      .toBuffer();
    expect(tagged.includes(SECRET)).toBe(true);
    const { status, body } = await send([toFile(tagged)]);
    expect(status).toBe(201);
    const bytes = await read(body.data[0]);
    expect(bytes.includes(SECRET)).toBe(false);
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
    expect(await sharp(bytes).raw().toBuffer()).toEqual(await sharp(tagged).raw().toBuffer());
  });

  it('without a page in its texts, and without an archive behind it', async () => {
    const texts = toChunk('tEXt', Buffer.from(`Comment\0${SCRIPT}`));
    const page = toPng(1, 1, deflateSync(Buffer.alloc(4)), [texts]);
    const archive = Buffer.concat([jpeg, Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(100)]);
    for (const [bytes, sign] of [
      [page, '<script'],
      [archive, 'PK\x03\x04'],
    ] as const) {
      const { status, body } = await send([toFile(bytes)]);
      if (status === 201) expect((await read(body.data[0])).includes(sign)).toBe(false);
      else expect(body.code).toBe('media.type_refused');
    }
  });

  it('under a name that is none of its own', async () => {
    const names = ['../../../etc/passwd', 'C:\\windows\\fox.png', 'a\0b.png', '%00', '.'];
    const parts = names.map((name) => toFile(png, `name="file"; filename="${name}"`));
    const { status, body } = await send(parts);
    expect(status).toBe(201);
    for (const { file_name: name, id } of body.data) {
      expect(name === null || /^[^/\\\0]+$/.test(name), JSON.stringify(name)).toBe(true);
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
    }
    const folder = readdirSync(atelier.config.media.dir, { recursive: true, encoding: 'utf8' });
    const files = folder.filter((path) => /\.\w+$/.test(path));
    for (const path of files)
      expect(path).toMatch(/^[0-9a-f-]{36}\/[0-9a-f]{2}\/[0-9a-f]{64}\.\w+$/);
  });
});

describe('a form is refused', () => {
  it('of ten thousand parts', async () => {
    const parts = Array.from({ length: 10_001 }, () => toFile('x', 'name="search_space_id"'));
    expect((await send(parts)).status).toBe(413);
    const files = Array.from({ length: 10_001 }, () => toFile(png));
    expect((await send(files)).status).toBe(413);
  });

  it('without a boundary, without an end, and as something else', async () => {
    expect((await send([toFile(png)], 'multipart/form-data')).status).toBe(400);
    expect((await send([toFile(png)], 'multipart/form-data; boundary=other')).status).toBe(400);
    expect((await send([toFile(png)], 'image/png')).status).toBe(415);
  });

  it('or read by one of two dispositions', async () => {
    const twice = `${toFile(png).head}\r\nContent-Disposition: form-data; name="role"`;
    const { status } = await send([{ head: twice, bytes: png }]);
    expect([201, 400]).toContain(status);
    const nul = await send([toFile(png, 'name="fi\0le"; filename="a.png"')]);
    expect(nul.status).toBe(400);
  });
});

it('memory does not grow with what pictures would unpack to', async () => {
  // 64 MB of zeros in a quarter of a megabyte, for 30 KB of pixels.
  const bomb = toPng(100, 100, deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 }));
  const wide = toPng(20_000, 20_000, deflateSync(Buffer.alloc(1024)));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let highest = before;
  for (let round = 0; round < 5; round += 1) {
    const refused = await send([toFile(bomb)]);
    expect([refused.status, refused.body.code]).toEqual([400, 'media.unreadable']);
    expect((await send([toFile(wide)])).status).toBe(413);
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  expect(highest - before).toBeLessThan(GROWTH_MAX_BYTES);
});

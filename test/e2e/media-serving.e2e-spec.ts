// Proves that a signed link opens one picture in one form and nothing else, that parts and forms of it are what they say,
// and that neither readers who stall nor those who ask for very much take more than there is for them.
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { MediaAsset } from '../../src/media/domain/media-asset.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaService } from '../../src/media/media.service.js';
import { DerivedCache } from '../../src/media/serving/derived-cache.js';
import { DerivedKeeper } from '../../src/media/serving/derived-keeper.js';
import {
  type Answer,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { must, operatorOf } from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const INVALID = { status: 403, code: 'media.link_invalid' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };
const SOON = { timeout: 30_000, interval: 50 };
const DAY_MS = 86_400_000;
const CACHE_BYTES = 400_000;
const MIB = 1_048_576;
const MADE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const WAITING_MAX = 6;

let atelier: TestApplication;
let record: Answer['body'];
let noise: MediaAsset;

beforeAll(async () => {
  atelier = await startApplication({
    IMAGE_STALL_S: '1',
    TRANSFORM_CONCURRENCY: '1',
    TRANSFORM_WAITING_MAX: String(WAITING_MAX),
    TRANSFORM_CACHE_BYTES: String(CACHE_BYTES),
  });
  record = await make({ size: '320x200' });
  noise = await store(1_800, 1_400);
});
afterAll(async () => {
  await atelier.stop();
});

function make(more: object = {}): Promise<Answer['body']> {
  const body = { prompt: 'a fox', ...more };
  return must(atelier, 201, 'POST', GENERATIONS, body, atelier.key);
}

/** A picture that no compression makes smaller. */
async function store(width: number, height: number): Promise<MediaAsset> {
  const raw = { width, height, channels: 3 } as const;
  const picture = sharp(randomBytes(width * height * 3), { raw }).png({ compressionLevel: 0 });
  const media = atelier.app.get(MediaService);
  const target = { generationId: newId(), attemptId: newId(), role: 'input', index: 0 } as const;
  const staged = await media.stage(target, [await picture.toBuffer()]);
  return (await media.record(atelier.spaceId, [{ staged }]))[0]!;
}

async function link(id: string, transform?: object, more: object = {}): Promise<string> {
  const path = `/api/v1/media/${id}/links`;
  return (await must(atelier, 200, 'POST', path, { transform, ...more }, atelier.key)).url;
}

async function fetchBytes(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

async function show(id: string, transform: object) {
  const answer = await fetchBytes(await link(id, transform));
  expect({ status: answer.status, text: answer.status === 200 || String(answer.bytes) }).toEqual({
    status: 200,
    text: true,
  });
  return { ...answer, facts: await sharp(answer.bytes).metadata() };
}

const picture = () => record.images[0];

describe('a link to one picture', () => {
  it('opens its bytes, whole and in parts, as that of the generation does', async () => {
    const whole = await fetchBytes(await link(picture().id));
    expect(whole.bytes.length).toBe(picture().bytes);
    for (const url of [await link(picture().id), picture().url]) {
      const parts: Buffer[] = [];
      for (const range of ['bytes=0-99', 'bytes=100-100', 'bytes=101-']) {
        const part = await fetchBytes(url, { range, 'if-range': `"${picture().sha256}"` });
        expect(part.status).toBe(206);
        expect(part.headers.get('content-range')).toMatch(new RegExp(`/${whole.bytes.length}$`));
        parts.push(part.bytes);
      }
      expect(Buffer.concat(parts).equals(whole.bytes)).toBe(true);
      const ask = async (headers: Record<string, string>) =>
        (await fetchBytes(url, headers)).status;
      expect(await ask({ range: 'bytes=0-1,5-6' })).toBe(200);
      expect(await ask({ range: `bytes=${picture().bytes}-` })).toBe(416);
      expect(await ask({ range: 'bytes=0-1', 'if-range': '"x"' })).toBe(200);
      expect(await ask({ range: 'bytes=0-1', 'if-none-match': '*' })).toBe(304);
      const head = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
      expect(head.headers.get('content-length')).toBe(String(picture().bytes));
      expect(head.headers.get('accept-ranges')).toBe('bytes');
    }
  });

  it('lives no longer than was wished, and says until when', async () => {
    const path = `/api/v1/media/${picture().id}/links`;
    const { expires_at, url } = await must(
      atelier,
      200,
      'POST',
      path,
      { expires_s: 60 },
      atelier.key,
    );
    const leftS = (Date.parse(expires_at) - Date.now()) / 1_000;
    expect(leftS).toBeLessThanOrEqual(60);
    const { headers } = await fetchBytes(url);
    expect(headers.get('cache-control')).toMatch(/^private, max-age=[1-6]?\d, immutable$/);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const wish of [{ expires_s: 59 }, { expires_s: 86_401 }, { transform: { width: 0 } }]) {
      expectProblem(await atelier.call('POST', path, wish), {
        status: 400,
        code: 'request.invalid',
      });
    }
  });

  it('opens nothing when it is forged, changed, for another picture, or expired', async () => {
    const url = new URL(await link(picture().id, { width: 64, height: 64, format: 'webp' }));
    expect((await fetchBytes(url.href)).status).toBe(200);
    const refuse = async (change: (other: URL) => void) => {
      const other = new URL(url);
      change(other);
      expectProblem(await request(other.href, 'GET'), INVALID);
    };
    for (const [name, value] of Object.entries({
      width: '65',
      height: '63',
      format: 'avif',
      fit: 'cover',
      enlarge: 'true',
      quality: '90',
      greyscale: 'true',
      blur: '3',
      sharpen: 'true',
      token: `${url.searchParams.get('token')!.slice(0, -2)}xx`,
    })) {
      await refuse((other) => other.searchParams.set(name, value));
    }
    for (const name of ['width', 'height', 'format']) {
      await refuse((other) => other.searchParams.delete(name));
    }
    await refuse((other) => (other.pathname = other.pathname.replace(picture().id, noise.id)));
    const past = { now: () => new Date(Date.now() - 2 * DAY_MS) };
    const { token } = new MediaLinks(atelier.config, past).signAsset({
      assetId: picture().id,
      searchSpaceId: atelier.spaceId,
      version: 1,
      transform: '',
    });
    const plain = `${atelier.baseUrl}/api/v1/media/${picture().id}/file?token=`;
    expectProblem(await request(plain + token, 'GET'), INVALID);
    for (const query of ['x&utm=1', 'x&width=5000', 'x&width=5&width=5']) {
      const answer = await request(plain + query, 'GET');
      expectProblem(answer, { status: 400, code: 'request.invalid' });
    }
  });

  it('ends when it is revoked, the record’s own links too; fresh ones open', async () => {
    const made = await make({ size: '64x64' });
    const [image] = made.images;
    const old = [image.url, image.thumbnail_url, await link(image.id)];
    for (const url of old) expect((await fetchBytes(url)).status).toBe(200);
    const path = `/api/v1/media/${image.id}/links/revoke`;
    await must(atelier, 204, 'POST', path, undefined, operatorOf(atelier));
    for (const url of old) expectProblem(await request(url, 'GET'), INVALID);
    const again = await must(
      atelier,
      200,
      'GET',
      `${GENERATIONS}/${made.id}`,
      undefined,
      atelier.key,
    );
    const fresh = [again.images[0].url, again.images[0].thumbnail_url, await link(image.id)];
    for (const url of fresh) expect((await fetchBytes(url)).status).toBe(200);
    expect((await fetchBytes(picture().url)).status).toBe(200);
  });

  it('ends with the picture, and takes with it what was made of it', async () => {
    const made = await make({ size: '96x96', seed: 77 });
    const [image] = made.images;
    const urls = [await link(image.id), await link(image.id, { width: 9 }), image.thumbnail_url];
    for (const url of urls) expect((await fetchBytes(url)).status).toBe(200);
    expect(listDerived()).toContain(image.sha256);
    const path = `${GENERATIONS}/${made.id}`;
    await must(atelier, 200, 'DELETE', path, undefined, operatorOf(atelier));
    for (const url of urls) expectProblem(await request(url, 'GET'), NOT_FOUND);
    await vi.waitFor(() => expect(listDerived()).not.toContain(image.sha256), SOON);
  });
});

function listDerived(): string[] {
  const { cacheDir } = atelier.config.serving;
  return readdirSync(join(cacheDir, atelier.spaceId));
}

describe('what is made of a picture', () => {
  it.each([
    [{ width: 100 }, 100, 63],
    [{ width: 100, height: 20 }, 32, 20],
    [{ width: 100, height: 20, fit: 'cover' }, 100, 20],
    [{ width: 100, height: 20, fit: 'fill' }, 100, 20],
    [{ width: 100, height: 20, fit: 'outside' }, 100, 63],
    [{ width: 100, height: 100, fit: 'contain', background: 'ff0000' }, 100, 100],
    [{ width: 4_000 }, 320, 200],
    [{ width: 640, enlarge: true }, 640, 400],
  ])('has the size that was asked for: %o', async (transform, width, height) => {
    expect((await show(picture().id, transform)).facts).toMatchObject({ width, height });
  });

  it.each(['avif', 'webp', 'jpeg', 'png'])('is %s by content, and marked', async (format) => {
    const { headers, facts, bytes } = await show(picture().id, { width: 64, format });
    expect(headers.get('content-type')).toBe(`image/${format}`);
    expect(headers.get('content-disposition')).toContain(`.${format}"`);
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(facts.format).toBe(format === 'avif' ? 'heif' : format);
    expect(facts.xmp?.toString()).toContain(MADE);
    expect(facts.exif).toBeUndefined();
    if (format === 'png') expect(bytes.includes('iTXtXML:com.adobe.xmp')).toBe(true);
  });

  it('looks as was asked for', async () => {
    const spread = async (transform: object) => {
      const { bytes } = await show(noise.id, { width: 64, height: 64, fit: 'fill', ...transform });
      const { channels } = await sharp(bytes).stats();
      return { deviation: channels[0]!.stdev, bands: channels.length };
    };
    const plain = await spread({});
    expect((await spread({ blur: 5 })).deviation).toBeLessThan(plain.deviation / 2);
    expect((await spread({ sharpen: true })).deviation).toBeGreaterThan(plain.deviation);
    const { bytes } = await show(picture().id, { width: 40, greyscale: true, format: 'png' });
    const { data, info } = await sharp(bytes).toColourspace('srgb').raw().toBuffer({
      resolveWithObject: true,
    });
    for (let at = 0; at < data.length; at += info.channels) expect(data[at]).toBe(data[at + 1]);
    const framed = { width: 99, height: 99, fit: 'contain', background: 'ff0000', format: 'png' };
    const corner = await sharp((await show(picture().id, framed)).bytes)
      .raw()
      .toBuffer();
    expect([...corner.subarray(0, 3)]).toEqual([255, 0, 0]);
    const size = async (quality: number) =>
      (await show(noise.id, { width: 200, format: 'jpeg', quality })).bytes.length;
    expect(await size(10)).toBeLessThan((await size(95)) / 2);
  });

  it('has a name of its own, and can be had in parts and not at all', async () => {
    const url = await link(picture().id, { width: 50, format: 'webp' });
    const { headers, bytes } = await fetchBytes(url);
    const etag = headers.get('etag')!;
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(etag).not.toContain(picture().sha256);
    const part = await fetchBytes(url, { range: 'bytes=4-9', 'if-range': etag });
    expect(part.status).toBe(206);
    expect(part.bytes.equals(bytes.subarray(4, 10))).toBe(true);
    expect((await fetchBytes(url, { 'if-none-match': etag })).status).toBe(304);
    const other = await fetchBytes(await link(picture().id, { width: 51, format: 'webp' }));
    expect(other.headers.get('etag')).not.toBe(etag);
  });

  it('stands in the record as a thumbnail', async () => {
    const { bytes, headers } = await fetchBytes(picture().thumbnail_url);
    expect(headers.get('content-type')).toBe('image/webp');
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 256, height: 160 });
  });

  it('is refused where it would be of no effect, or too large', async () => {
    const path = `/api/v1/media/${picture().id}/links`;
    for (const transform of [
      { fit: 'cover' },
      { quality: 5 },
      { background: 'ffffff' },
      { width: 4_097 },
      { blur: 51 },
      { format: 'svg' },
      { rotate: 90 },
    ]) {
      const answer = await atelier.call('POST', path, { transform });
      expectProblem(answer, { status: 400, code: 'request.invalid' });
    }
  });
});

describe('bounds', () => {
  it('makes once what many ask for, and not again what is kept', async () => {
    const keep = vi.spyOn(atelier.app.get(DerivedCache), 'keep');
    const url = await link(noise.id, { width: 300, format: 'webp', quality: 41 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetchBytes(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(keep).toHaveBeenCalledTimes(1);
    expect((await fetchBytes(url)).bytes.equals(answers[0]!.bytes)).toBe(true);
    expect(keep).toHaveBeenCalledTimes(1);
    keep.mockRestore();
  });

  it('refuses what is more than the line holds, and goes on answering meanwhile', async () => {
    const links = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        link(noise.id, { width: 900, blur: 50 - index / 4 }),
      ),
    );
    const before = process.memoryUsage().rss;
    const asked = Promise.all(links.map((url) => fetchBytes(url)));
    const startedAt = performance.now();
    expect((await request(`${atelier.baseUrl}/health/live`, 'GET')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    const answers = await asked;
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(60 - 3 * (WAITING_MAX + 1));
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(WAITING_MAX);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
    // The line is empty again.
    expect((await fetchBytes(links.at(-1)!)).status).toBe(200);
  });

  it('keeps no more on the disk than it may, and what was used last', async () => {
    const url = await link(noise.id, { width: 128, format: 'webp', quality: 60 });
    for (let quality = 1; quality <= 20; quality += 1) {
      await show(noise.id, { width: 220, format: 'jpeg', quality: 70 + quality });
    }
    await fetchBytes(url);
    await atelier.app.get(DerivedKeeper).keep();
    const folder = join(atelier.config.serving.cacheDir, atelier.spaceId, noise.sha256);
    const kept = readdirSync(folder);
    expect(kept.length).toBeLessThan(CACHE_BYTES / 4_096);
    expect(kept).toContain((await fetchBytes(url)).headers.get('etag')!.slice(1, -1));
  });

  it('leaves readers that stall, and nothing open of those who go away', async () => {
    const url = new URL(await link(noise.id));
    expect(noise.sizeBytes).toBeGreaterThan(7 * MIB);
    const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
    socket.pause().write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: atelier\r\n\r\n`);
    await vi.waitFor(() => expect(countOpen()).toBe(1), SOON);
    await vi.waitFor(() => expect(countOpen()).toBe(0), SOON);
    socket.destroy();
    const gone = new AbortController();
    const reading = await fetch(url, { signal: gone.signal });
    expect(countOpen()).toBe(1);
    gone.abort();
    await vi.waitFor(() => expect(countOpen()).toBe(0), SOON);
    await expect(reading.arrayBuffer()).rejects.toThrow('abort');
    expect((await fetchBytes(url.href)).bytes.length).toBe(noise.sizeBytes);
  });
});

/** Handles on the large picture in this process, which is the service's too. */
function countOpen(): number {
  const folder = '/proc/self/fd';
  const targets = readdirSync(folder).map((name) => {
    try {
      return readlinkSync(join(folder, name));
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.includes(noise.sha256)).length;
}

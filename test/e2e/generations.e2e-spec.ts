// Proves the main job over HTTP: a picture is made, stored, seen through its link, charged, and deleted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { startApplication, type TestApplication } from '../setup/application.js';
import { withoutLooks } from '../setup/without-looks.js';

let atelier: TestApplication;

beforeAll(async () => {
  atelier = await startApplication();
});
afterAll(async () => {
  await atelier.stop();
});

const PATH = '/api/v1/image-generations';

async function wallet(): Promise<{ available_micros: number; held_micros: number }> {
  const { body } = await atelier.call('GET', '/api/v1/billing/wallets');
  return body.data[0];
}

describe('POST /api/v1/image-generations', () => {
  it('makes a picture of the asked size that its link shows, and charges its price', async () => {
    const before = await wallet();
    const { status, headers, body } = await atelier.call('POST', PATH, {
      search_space_id: atelier.spaceId,
      prompt: 'a lighthouse at dawn',
      size: '96x64',
      seed: 7,
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${atelier.baseUrl}${PATH}/${body.id}`);
    expect(body).toMatchObject({ status: 'succeeded', cost_micros: 1000, error: null });
    const [image] = body.images;
    expect(image).toMatchObject({ index: 0, width: 96, height: 64, format: 'png' });
    const shown = await fetch(image.url);
    expect(shown.status).toBe(200);
    expect(shown.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await shown.arrayBuffer());
    expect(bytes.length).toBe(image.bytes);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 96, height: 64, format: 'png' });
    const after = await wallet();
    expect(after.available_micros).toBe(before.available_micros - 1000);
    expect(after.held_micros).toBe(0);
    const read = await atelier.call('GET', `${PATH}/${body.id}`);
    expect(withoutLooks(read.body)).toEqual(body);
  });

  it('makes n pictures and charges each', async () => {
    const { status, body } = await atelier.call('POST', PATH, {
      prompt: 'a fox',
      n: 3,
      size: '32x32',
    });
    expect(status).toBe(201);
    expect(body.images.map((image: { index: number }) => image.index)).toEqual([0, 1, 2]);
    expect(new Set(body.images.map((image: { sha256: string }) => image.sha256)).size).toBe(3);
    expect(body.cost_micros).toBe(3000);
  });

  it('answers 202 at once on respond-async, and the worker finishes it', async () => {
    const { status, headers, body } = await atelier.call(
      'POST',
      PATH,
      { prompt: 'later', size: '32x32' },
      { ...atelier.key, prefer: 'respond-async' },
    );
    expect(status).toBe(202);
    expect(headers.get('preference-applied')).toBe('respond-async');
    expect(headers.get('retry-after')).toBe('2');
    expect(body.status).toBe('queued');
    await expect
      .poll(async () => (await atelier.call('GET', `${PATH}/${body.id}`)).body.status, {
        timeout: 30_000,
      })
      .toBe('succeeded');
  });

  it('removes the record, its bytes and its links on DELETE', async () => {
    const made = await atelier.call('POST', PATH, { prompt: 'soon gone', size: '32x32', seed: 99 });
    const { url } = made.body.images[0];
    expect((await fetch(url)).status).toBe(200);
    const deleted = await atelier.call('DELETE', `${PATH}/${made.body.id}`);
    expect(deleted.status).toBe(200);
    expect((await fetch(url)).status).toBe(404);
    expect((await atelier.call('GET', `${PATH}/${made.body.id}`)).status).toBe(404);
  });
});

// Proves the main job with pictures in a bucket: made, edited, linked, deleted, brought together after a crash, kept
// while the bucket is away, and shared by processes of different roles.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication, listen } from '../../src/bootstrap.js';
import { newId } from '../../src/common/ids.js';
import { loadConfig } from '../../src/config/load-config.js';
import { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import { MediaService } from '../../src/media/media.service.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import {
  type Answer,
  startApplication,
  type TestApplication,
  toQueueSettings,
} from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';
import { type S3Server, startS3Server, toS3Settings } from '../setup/s3-server.js';
import { repairStore, scanStore } from '../setup/storage-scans.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const SMALL = { prompt: 'a fox', size: '64x64' };
const TWO_DAYS_MS = 2 * 24 * 60 * 60_000;
const SOON = { timeout: 30_000 };

let server: S3Server;
let gate: TcpGate;
let atelier: TestApplication;

beforeAll(async () => {
  server = await startS3Server();
  gate = await createTcpGate({ host: '127.0.0.1', port: server.port });
  const settings = { ...toS3Settings(gate.port), S3_PREFIX: 'live', S3_ATTEMPTS: '2' };
  atelier = await startApplication(settings);
});
afterAll(async () => {
  await atelier.stop();
  await gate.shut();
  await server.stop();
});

const make = (body: object = {}): Promise<Answer['body']> =>
  must(atelier, 201, 'POST', GENERATIONS, { ...SMALL, ...body }, atelier.key);

/** Keys of the bucket without their prefix. */
function listKeys(): string[] {
  return readdirSync(server.folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('object'))
    .map((path) => path.replace(/^pictures\/live\//, '').replace(/\._S3rver_object$/, ''));
}

async function download(url: string) {
  const response = await fetch(url);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

const keyOf = ({ search_space_id, images: [{ sha256, format }] }: Answer['body']) =>
  `${search_space_id}/${sha256.slice(0, 2)}/${sha256}.${format}`;

describe('pictures in a bucket', () => {
  it('are made, shown whole, and lie at their key and nowhere else', async () => {
    const record = await make({ n: 2, seed: 1 });
    expect(record).toMatchObject({ status: 'succeeded', cost_micros: 2_000 });
    for (const { url, sha256, bytes: sizeBytes } of record.images) {
      const { status, bytes } = await download(url);
      expect({ status, sizeBytes: bytes.length }).toEqual({ status: 200, sizeBytes });
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    expect(listKeys()).toContain(keyOf(record));
    expect(listKeys().filter((key) => key.startsWith('incoming/'))).toEqual([]);
    expect(existsSync(atelier.config.media.dir)).toBe(false);
  });

  it('go into edits, as bytes and as what is stored', async () => {
    const source = await make({ seed: 2 });
    const { bytes } = await download(source.images[0].url);
    const edit = { operation: 'edit', prompt: 'more fog', seed: 3 };
    const given = [{ data: bytes.toString('base64') }, { media_id: source.images[0].id }];
    for (const image of given) {
      const edited = await make({ ...edit, reference_images: [image] });
      expect((await download(edited.images[0].url)).status).toBe(200);
    }
  });

  it('are shown in parts and in other forms, verified, and looked at', async () => {
    const { images } = await make({ seed: 12 });
    const [image] = images;
    const { bytes } = await download(image.url);
    const part = await fetch(image.url, { headers: { range: 'bytes=8-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(8, 20))).toBe(true);
    const ask = (status: number, method: string, path: string, body?: object) =>
      must(atelier, status, method, `/api/v1/media/${path}`, body, atelier.key);
    const transform = { width: 16, format: 'webp' };
    const small = await download((await ask(200, 'POST', `${image.id}/links`, { transform })).url);
    expect(await sharp(small.bytes).metadata()).toMatchObject({ format: 'webp', width: 16 });
    expect((await download(image.thumbnail_url)).status).toBe(200);
    expect(await ask(200, 'POST', 'verify', { media_id: image.id })).toMatchObject({
      sha256: image.sha256,
      known_in_space: true,
      pixels_equal: true,
    });
    await expect
      .poll(async () => (await ask(200, 'GET', image.id)).thumbhash, SOON)
      .toEqual(expect.any(String));
  });

  it('go with the last record of them', async () => {
    const record = await make({ seed: 4 });
    const { images } = record;
    const session = operatorOf(atelier);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${record.id}`, undefined, session);
    expect((await download(images[0].url)).status).toBe(404);
    await expect.poll(listKeys, SOON).not.toContain(keyOf(record));
  });
});

describe('a crash between row and bytes', () => {
  it('that left the row, but its bytes incoming, is healed by whoever opens the picture', async () => {
    const record = await make({ seed: 5 });
    const { key, storage } = await putBack(record);
    expect(await storage.stat(key)).toBeNull();
    expect((await download(record.images[0].url)).status).toBe(200);
    expect(await storage.stat(key)).toEqual({ sizeBytes: record.images[0].bytes });
  });

  it('that left a copy of what is stored, or bytes without a row, is swept after a day', async () => {
    const [storage, media] = [atelier.app.get(MediaStorage), atelier.app.get(MediaService)];
    const record = await make({ seed: 6 });
    const { key, name } = await putBack(record);
    await copy(storage, name, key);
    const stray = { generationId: newId(), attemptId: newId(), role: 'output', index: 0 } as const;
    const { bytes } = await download(record.images[0].url);
    await media.stage(stray, [bytes]);
    expect(await media.recover(stray.attemptId)).toEqual([]);
    const incoming = () => listKeys().filter((path) => path.startsWith('incoming/'));
    expect(incoming()).toHaveLength(2);
    expect(await media.sweepIncoming()).toBe(0);
    age('pictures/live/incoming');
    expect(await media.sweepIncoming()).toBe(2);
    expect(incoming()).toEqual([]);
    expect((await download(record.images[0].url)).status).toBe(200);
  });

  it('that left a row alone is a picture that is not there', async () => {
    const record = await make({ seed: 7 });
    await atelier.app.get(MediaStorage).delete(keyOf(record));
    expect((await download(record.images[0].url)).status).toBe(410);
  });

  it('is found by a scan, in both directions, and repaired as far as it can be', async () => {
    const [whole, lost, late] = [
      await make({ seed: 9 }),
      await make({ seed: 10 }),
      await make({ seed: 11 }),
    ];
    const storage = atelier.app.get(MediaStorage);
    await storage.delete(keyOf(lost));
    await putBack(late);
    const bytes = randomBytes(64);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const orphan = `${newId()}/${sha256.slice(0, 2)}/${sha256}.png`;
    const young = orphan.replace(/[0-9a-f]{6}\.png/, 'ffffff.png');
    for (const key of [orphan, young]) {
      const name = `${newId()}-output-0`;
      await storage.stage(name, toSource([bytes]));
      await storage.promote(name, key);
    }
    const old = [whole, orphan].map((one) => (typeof one === 'string' ? one : keyOf(one)));
    for (const key of old) ageFile(`pictures/live/${key}._S3rver_object`);
    await atelier.app
      .get(ManagedDataSource)
      .query(`UPDATE media_blobs SET created_at = created_at - interval '2 days'`);

    const { scan, findings } = await scanStore(atelier);
    const kinds = [orphan, keyOf(lost), keyOf(late), keyOf(whole), young].map(
      (key) => findings.get(key)?.kind,
    );
    expect(kinds).toEqual(['orphan', 'missing', 'missing', undefined, undefined]);
    expect(scan).toMatchObject({ orphans: 1, orphan_bytes: 64, damaged: 0, foreign: 0 });
    expect(listKeys()).toContain(orphan);
    const repaired = await repairStore(atelier, scan.id);
    const outcomes = [orphan, keyOf(lost), keyOf(late)].map(
      (key) => repaired.findings.get(key)?.outcome,
    );
    expect(outcomes).toEqual(['removed', 'lost', 'healed']);
    expect(listKeys()).not.toContain(orphan);
    expect(listKeys()).toEqual(expect.arrayContaining([young, keyOf(whole), keyOf(late)]));
  });
});

/** As a crash leaves it that came after the row was written, and before its bytes were promoted. */
async function putBack(record: Answer['body']) {
  const storage = atelier.app.get(MediaStorage);
  const key = keyOf(record);
  const name = `${record.attempts[0].id}-output-0`;
  const stored = await storage.open(key);
  await storage.stage(name, stored!.stream);
  await storage.delete(key);
  return { key, name, storage };
}

/** As a crash leaves it that came after the copy, and before the incoming one was dropped. */
async function copy(storage: MediaStorage, name: string, key: string): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await storage.openIncoming(name))!.stream) chunks.push(chunk);
  await storage.promote(name, key);
  await storage.stage(name, toSource(chunks));
}

const toSource = (chunks: Uint8Array[]) => chunks as unknown as AsyncIterable<Uint8Array>;

function ageFile(path: string): void {
  const then = new Date(Date.now() - TWO_DAYS_MS);
  utimesSync(join(server.folder, path), then, then);
}

function age(folder: string): void {
  for (const file of readdirSync(join(server.folder, folder))) ageFile(join(folder, file));
}

describe('a bucket that is away for a moment', () => {
  it('is told by the health, and loses no picture that a vendor was paid for', async () => {
    const health = async () =>
      (await atelier.call('GET', '/health/ready')).body.checks.media.status;
    await expect.poll(health, SOON).toBe('ok');
    await gate.shut();
    const asked = make({ seed: 8 });
    await expect.poll(health, SOON).toBe('down');
    await delay(500);
    await gate.open();
    const record = await asked;
    expect(record).toMatchObject({ status: 'succeeded', cost_micros: 1_000 });
    expect((await download(record.images[0].url)).status).toBe(200);
    await expect.poll(health, SOON).toBe('ok');
  });
});

describe.each(queueKinds().filter((kind) => kind === 'bull'))('api and worker over %s', () => {
  let api: TestApplication;
  let worker: NestFastifyApplication;

  beforeAll(async () => {
    const shared = { ...toQueueSettings(), ...server.settings, S3_PREFIX: 'roles' };
    api = await startApplication({ ...shared, ROLE: 'api' });
    const config = loadConfig({
      ...api.database.environment,
      ...shared,
      ROLE: 'worker',
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
    worker = await createApplication(config, pino({ level: 'silent' }));
    await listen(worker, config);
  });
  afterAll(async () => {
    await worker.close();
    await api.stop();
  });

  it('share the bucket: what the worker kept the api shows', async () => {
    const headers = { ...api.key, prefer: 'respond-async' };
    const queued = await api.call('POST', GENERATIONS, { ...SMALL, n: 2 }, headers);
    expect(queued.status).toBe(202);
    const read = async () => (await api.call('GET', `${GENERATIONS}/${queued.body.id}`)).body;
    await expect.poll(async () => (await read()).status, SOON).toBe('succeeded');
    for (const { url } of (await read()).images) expect((await download(url)).status).toBe(200);
  });
});

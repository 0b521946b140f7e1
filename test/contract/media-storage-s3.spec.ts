// Proves what only a store over a network can do wrong: parts, broken lines, slow and overloaded servers.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { S3Config } from '../../src/config/media-config.js';
import { S3Bucket } from '../../src/media/adapters/s3-bucket.js';
import { S3MediaStorage } from '../../src/media/adapters/s3-media-storage.js';
import type { StoredBytes } from '../../src/media/domain/media-storage.strategy.js';
import { openS3Door, type S3Door } from '../setup/s3-door.js';
import { type S3Server, startS3Server, toS3Config } from '../setup/s3-server.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';

const MEBIBYTE = 1024 * 1024;
const FUTURE = new Date(Date.now() + 60 * 60_000);
const AWAY = { code: 'service.unavailable' };

let server: S3Server;
let door: S3Door;
let gate: TcpGate;
let prefix: string;
const opened: S3MediaStorage[] = [];

beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.stop());

beforeEach(async () => {
  prefix = `${newId()}/`;
  door = await openS3Door(server.port);
  gate = await createTcpGate({ host: '127.0.0.1', port: door.port });
});

afterEach(async () => {
  for (const storage of opened.splice(0)) storage.onApplicationShutdown();
  await gate.shut();
  await door.stop();
});

function open(more: Partial<S3Config> = {}): S3MediaStorage {
  const storage = new S3MediaStorage(toS3Config(gate.port, { prefix, ...more }));
  opened.push(storage);
  return storage;
}

const toName = (role = 'output') => `${newId()}-${role}-0`;
const toKey = () => `${newId()}/ab/${'ab'.repeat(32)}.png`;
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* inChunks(bytes: Buffer, chunkBytes = 700_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function read(stored: StoredBytes | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored!.stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function list(storage: S3MediaStorage): Promise<string[]> {
  const names: string[] = [];
  for await (const name of storage.listIncoming(FUTURE)) names.push(name);
  return names;
}

/** What was asked of the bucket, with upload ids and the prefix left out. */
function lines(): string[] {
  return door.seen.map(({ line }) =>
    line
      .replace(`/pictures/${prefix}`, '')
      .replace(/uploadId=[^&]+/, 'uploadId')
      .replace('?uploads=', '?uploads')
      .replace(/incoming\/[0-9a-f-]{36}-output-0/, 'N'),
  );
}

describe('a picture on its way in', () => {
  it('is one request of known length when it is small', async () => {
    await open().stage(toName(), inChunks(randomBytes(2 * MEBIBYTE)));
    expect(lines()).toEqual(['PUT N']);
    expect(door.seen[0]?.headers).toMatchObject({
      'content-length': String(2 * MEBIBYTE),
      'content-type': 'application/octet-stream',
    });
  });

  it('goes in parts of 5 MiB when it is large, whatever its chunks are, and comes out the same', async () => {
    const [name, key] = [toName(), toKey()];
    const bytes = randomBytes(12 * MEBIBYTE + 17);
    const storage = open();
    await storage.stage(name, inChunks(bytes, 6 * MEBIBYTE));
    const parts = [1, 2, 3].map((part) => `PUT N?partNumber=${part}&uploadId`);
    expect(lines()).toEqual(['POST N?uploads', ...parts, 'POST N?uploadId']);
    const lengths = door.seen.slice(1, 4).map(({ headers }) => Number(headers['content-length']));
    expect(lengths).toEqual([5 * MEBIBYTE, 5 * MEBIBYTE, 2 * MEBIBYTE + 17]);
    expect(await storage.promote(name, key)).toBe(true);
    expect(hash(await read(await storage.open(key)))).toBe(hash(bytes));
  });

  it('is given up in the bucket too when its source fails after some parts', async () => {
    const [name, fault] = [toName(), new Error('the vendor hung up')];
    const storage = open();
    const source = (async function* () {
      yield* inChunks(randomBytes(6 * MEBIBYTE));
      throw fault;
    })();
    await expect(storage.stage(name, source)).rejects.toBe(fault);
    expect(lines().slice(-2)).toEqual(['DELETE N?uploadId', 'DELETE N']);
    expect(await list(storage)).toEqual([]);
  });

  it.each([
    ['an overloaded bucket', { kind: 'slow_down' } as const],
    ['a line that breaks in the middle', { kind: 'cut_upload', afterBytes: 1 * MEBIBYTE } as const],
    ['an answer that is lost', { kind: 'cut_answer', afterBytes: 0 } as const],
  ])('is whole in spite of %s, in parts or not', async (_what, trouble) => {
    const storage = open({ attemptsMax: 3 });
    for (const sizeBytes of [2 * MEBIBYTE, 7 * MEBIBYTE]) {
      const [name, bytes] = [toName(), randomBytes(sizeBytes)];
      door.trouble(/^PUT/, 2, trouble);
      await storage.stage(name, inChunks(bytes));
      expect(hash(await read(await storage.openIncoming(name)))).toBe(hash(bytes));
    }
  });

  it('is taken for complete when only the word of it was lost', async () => {
    const [name, bytes] = [toName(), randomBytes(6 * MEBIBYTE)];
    const storage = open();
    door.trouble(/^POST .*uploadId/, 1, { kind: 'cut_answer', afterBytes: 0 });
    await storage.stage(name, inChunks(bytes));
    expect(hash(await read(await storage.openIncoming(name)))).toBe(hash(bytes));
  });

  it('waits for a bucket that is away when a vendor was paid for it, and only then', async () => {
    const storage = open({ patienceS: 60, attemptsMax: 1 });
    const [name, bytes] = [toName(), randomBytes(MEBIBYTE)];
    await gate.shut();
    await expect(storage.stage(toName('input'), inChunks(bytes))).rejects.toMatchObject(AWAY);
    const staged = storage.stage(name, inChunks(bytes));
    await delay(300);
    await gate.open();
    await staged;
    expect(hash(await read(await storage.openIncoming(name)))).toBe(hash(bytes));
  });

  it('shares the connections that were set with all others', async () => {
    const storage = open({ socketsMax: 3 });
    const names = Array.from({ length: 20 }, () => toName());
    await Promise.all(names.map((name) => storage.stage(name, inChunks(randomBytes(10_000)))));
    expect(door.peak).toBeLessThanOrEqual(3);
    expect((await list(storage)).toSorted()).toEqual(names.toSorted());
  });
});

describe('a bucket that is away', () => {
  it('is a fault that passes in every method, and never a picture that is missing', async () => {
    const storage = open({ attemptsMax: 1 });
    const [name, key] = [toName(), toKey()];
    await storage.stage(name, inChunks(Buffer.from('picture')));
    await storage.promote(name, key);
    await gate.shut();
    const asked = [
      () => storage.open(key),
      () => storage.stat(key),
      () => storage.delete(key),
      () => storage.openIncoming(name),
      () => storage.promote(name, key),
      () => storage.discard(name),
      () => list(storage),
      () => storage.list(null, 10),
      () => storage.ping(),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject(AWAY);
    await gate.open();
    expect(await storage.stat(key)).toEqual({ sizeBytes: 7 });
    await expect
      .poll(
        () =>
          storage.ping().then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 30_000 },
      )
      .toBe('up');
  });

  it('is one too when it takes longer than it may', async () => {
    const storage = open({ timeoutS: 1, attemptsMax: 1 });
    door.trouble(/^HEAD/, 1, { kind: 'wait', ms: 3_000 });
    await expect(storage.stat(toKey())).rejects.toMatchObject(AWAY);
  });

  it('breaks a reading off with an error, not with a picture that is too short', async () => {
    const [name, bytes] = [toName(), randomBytes(3 * MEBIBYTE)];
    const storage = open();
    await storage.stage(name, inChunks(bytes));
    door.trouble(/^GET/, 1, { kind: 'cut_answer', afterBytes: 1_000 });
    const stored = await storage.openIncoming(name);
    expect(stored?.sizeBytes).toBe(bytes.length);
    await expect(read(stored)).rejects.toThrow();
  });

  it('is not a bucket that is missing: rows are not given up for that, and no process starts with it', async () => {
    const storage = open({ bucket: 'nobody-made-it' });
    await expect(storage.stat(toKey())).rejects.toMatchObject(AWAY);
    await expect(storage.open(toKey())).rejects.toMatchObject(AWAY);
    await expect(storage.promote(toName(), toKey())).rejects.toMatchObject(AWAY);
    await expect(storage.prepare()).rejects.toThrow('S3_BUCKET nobody-made-it cannot be used');
  });
});

describe('a promotion', () => {
  it('stands when its second half is lost, and may be repeated', async () => {
    const [name, key] = [toName(), toKey()];
    const storage = open({ attemptsMax: 1 });
    await storage.stage(name, inChunks(Buffer.from('picture')));
    door.trouble(/^DELETE/, 1, { kind: 'slow_down' });
    expect(await storage.promote(name, key)).toBe(true);
    expect(await list(storage)).toEqual([name]);
    expect(await storage.promote(name, key)).toBe(true);
    expect(await list(storage)).toEqual([]);
    expect(await storage.stat(key)).toEqual({ sizeBytes: 7 });
  });

  it('and all else that makes an object asks for encryption where it is set', async () => {
    const [name, key] = [toName(), toKey()];
    const storage = open({ encryption: { kind: 'aws:kms', keyId: 'key-1' } });
    await storage.stage(name, inChunks(randomBytes(6 * MEBIBYTE)));
    await storage.promote(name, key);
    await storage.stage(name, inChunks(Buffer.from('small')));
    const asking = door.seen.filter(({ headers }) => headers['x-amz-server-side-encryption']);
    expect(asking.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'PUT', 'PUT']);
    for (const { headers } of asking) {
      expect(headers['x-amz-server-side-encryption-aws-kms-key-id']).toBe('key-1');
    }
  });
});

describe('a list of what is stored', () => {
  it('comes to its end, whatever others put among what comes in', async () => {
    const config = toS3Config(gate.port, { prefix });
    const bucket = new S3Bucket(config);
    for (const path of ['incoming/älter-1', 'incoming/älter-2', 'incoming/a', 'notes.txt']) {
      const place = bucket.place(path);
      await bucket.own.send(new PutObjectCommand({ ...place, Body: 'x', ContentLength: 1 }));
    }
    bucket.close();
    expect(await open().list(null, 1)).toMatchObject([{ key: 'notes.txt', sizeBytes: 1 }]);
    expect(lines().filter((line) => line.startsWith('GET')).length).toBeLessThan(10);
  });
});

describe('an address for an upload', () => {
  const terms = { sizeBytes: 7, mediaType: 'image/png', expiresS: 600 };

  it('takes the bytes to their incoming name, past this process', async () => {
    const storage = open();
    const name = toName('input');
    const address = await storage.presignUpload(name, terms);
    expect(address?.headers).toEqual({ 'content-length': '7', 'content-type': 'image/png' });
    const { status } = await fetch(address!.url, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: 'picture',
    });
    expect(status).toBe(200);
    expect(await read(await storage.openIncoming(name))).toEqual(Buffer.from('picture'));
  });

  it('signs host, length, type and encryption, for as long as was asked, at the public endpoint', async () => {
    const storage = open({
      publicEndpoint: 'https://pictures.example.com',
      encryption: { kind: 'AES256', keyId: null },
    });
    const address = await storage.presignUpload(toName('input'), terms);
    const { host, searchParams } = new URL(address!.url);
    expect(host).toBe('pictures.example.com');
    expect(searchParams.get('X-Amz-Expires')).toBe('600');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe(
      'content-length;content-type;host;x-amz-server-side-encryption',
    );
    expect(address!.headers['x-amz-server-side-encryption']).toBe('AES256');
    expect(address!.url).not.toContain('S3RVER-secret');
  });

  it('is refused for what is no upload', async () => {
    const storage = open();
    await expect(storage.presignUpload('../x', terms)).rejects.toThrow('not the name');
    await expect(storage.presignUpload(toName(), { ...terms, sizeBytes: 0 })).rejects.toThrow(
      'size',
    );
    await expect(storage.presignUpload(toName(), { ...terms, expiresS: 0 })).rejects.toThrow(
      'life',
    );
  });
});

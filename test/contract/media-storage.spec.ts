/** Proves that every store of pictures keeps the contract, and that files are as private as they must be. */
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { FilesystemMediaStorage } from '../../src/media/adapters/filesystem-media-storage.js';
import { S3MediaStorage } from '../../src/media/adapters/s3-media-storage.js';
import { type S3Server, startS3Server, toS3Config } from '../setup/s3-server.js';
import { describeMediaStorage } from './media-storage.contract.js';

/** Of the system, as every ext4 volume has one. Tests may run as a user whom nothing is closed to. */
const CLOSED = 'lost+found';
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const readFolder = (path: string, options: object) =>
    path.endsWith('lost+found/')
      ? Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }))
      : real.readdir(path, options as { withFileTypes: true });
  return { ...real, readdir: readFolder };
});

describeMediaStorage('filesystem', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-media-'));
  return {
    storage: new FilesystemMediaStorage(join(folder, 'media')),
    drop: () => rm(folder, { recursive: true, force: true }),
  };
});

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.stop());

describeMediaStorage('s3', async () => {
  const storage = new S3MediaStorage(toS3Config(server.port, { prefix: `${newId()}/` }));
  const drop = async () => storage.onApplicationShutdown();
  return { storage, drop, resolutionMs: 1_000 };
});

describe('FilesystemMediaStorage', () => {
  let folder: string;
  let storage: FilesystemMediaStorage;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atelier-media-'));
    storage = new FilesystemMediaStorage(folder);
    await storage.prepare();
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes what clients bring once, whole, and one at a time', async () => {
    const name = `${newId()}-brought`;
    const bytes = async function* (fault?: Error) {
      yield Buffer.from('first ');
      if (fault) throw fault;
      yield Buffer.from('bytes');
    };
    const fault = new Error('the client left');
    await expect(storage.receive(name, bytes(fault))).rejects.toBe(fault);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    const both = [storage.receive(name, bytes()), storage.receive(name, bytes())];
    expect((await Promise.all(both)).filter((isTaken) => isTaken)).toHaveLength(1);
    expect(await storage.receive(name, bytes())).toBe(false);
    expect(await readdir(join(folder, 'incoming'))).toEqual([name]);
    expect((await storage.openIncoming(name))?.sizeBytes).toBe(11);
    await storage.discard(name);
    expect(await storage.receive(name, bytes())).toBe(true);
  });

  it('lets nobody else on the machine read files or folders', async () => {
    const [spaceId, name] = [newId(), `${newId()}-output-0`];
    const key = `${spaceId}/ab/${'ab'.repeat(32)}.png`;
    await storage.stage(
      name,
      (async function* () {
        yield Buffer.from('x');
      })(),
    );
    const modeOf = async (path: string) => (await stat(join(folder, path))).mode & 0o777;
    expect(await modeOf(`incoming/${name}`)).toBe(0o600);
    await storage.promote(name, key);
    expect(await modeOf(key)).toBe(0o600);
    expect(await modeOf(spaceId)).toBe(0o700);
    expect(await modeOf(`${spaceId}/ab`)).toBe(0o700);
    expect(await modeOf('incoming')).toBe(0o700);
  });

  it('lists and discards foreign files in its incoming folder, but reaches no other folder', async () => {
    await writeFile(join(folder, 'incoming', 'left by hand.tmp'), 'x');
    await writeFile(join(folder, 'precious'), 'x');
    const names: string[] = [];
    for await (const name of storage.listIncoming(new Date(Date.now() + 1_000))) names.push(name);
    expect(names).toEqual(['left by hand.tmp']);
    await storage.discard('left by hand.tmp');
    await expect(storage.discard('../precious')).rejects.toThrow('not the name');
    expect((await readdir(folder)).toSorted()).toEqual(['incoming', 'precious']);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('misses nothing while its folder is away', async () => {
    const [key, other] = ['ab', 'cd'].map((at) => `${newId()}/${at}/${at.repeat(32)}.png`);
    const [name, late] = [`${newId()}-output-0`, `${newId()}-output-0`];
    const bytes = async function* () {
      yield Buffer.from('picture');
    };
    await storage.stage(name, bytes());
    await storage.promote(name, key!);
    await storage.stage(late, bytes());
    // As a mount that was taken away: its place is there, and empty.
    await rename(folder, `${folder}-away`);
    await mkdir(folder);
    const asked = [
      () => storage.open(key!),
      () => storage.stat(key!),
      () => storage.delete(key!),
      () => storage.openIncoming(late),
      () => storage.promote(late, other!),
      () => storage.discard(late),
      () => storage.list(null, 10),
      () => storage.stage(name, bytes()),
      () => storage.receive(`${newId()}-brought`, bytes()),
    ];
    for (const ask of asked)
      await expect(ask()).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
    await rename(`${folder}-away`, folder);
    expect(await storage.stat(key!)).toEqual({ sizeBytes: 7 });
    expect(await storage.promote(late, other!)).toBe(true);
  });

  it('lists what is beside a folder that it may not look into', async () => {
    const [name, key] = [`${newId()}-output-0`, `f${newId().slice(1)}/ab/${'ab'.repeat(32)}.png`];
    await storage.stage(
      name,
      (async function* () {
        yield Buffer.from('x');
      })(),
    );
    await storage.promote(name, key);
    await mkdir(join(folder, CLOSED));
    expect((await storage.list(null, 10)).map((one) => one.key)).toEqual([key]);
  });

  it('fails its ping when the folder is gone', async () => {
    await rm(join(folder, 'incoming'), { recursive: true });
    await expect(storage.ping()).rejects.toThrow('ENOENT');
  });
});

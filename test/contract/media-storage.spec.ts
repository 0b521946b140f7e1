/** Proves that every store of pictures keeps the contract, and that files are as private as they must be. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { FilesystemMediaStorage } from '../../src/media/adapters/filesystem-media-storage.js';
import { S3MediaStorage } from '../../src/media/adapters/s3-media-storage.js';
import { type S3Server, startS3Server, toS3Config } from '../setup/s3-server.js';
import { describeMediaStorage } from './media-storage.contract.js';

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

  it('fails its ping when the folder is gone', async () => {
    await rm(join(folder, 'incoming'), { recursive: true });
    await expect(storage.ping()).rejects.toThrow('ENOENT');
  });
});

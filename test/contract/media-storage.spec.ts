/** Proves that every store of pictures keeps the contract, and that files are as private as they must be. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { FilesystemMediaStorage } from '../../src/media/adapters/filesystem-media-storage.js';
import { describeMediaStorage } from './media-storage.contract.js';

describeMediaStorage('filesystem', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-media-'));
  return {
    storage: new FilesystemMediaStorage(join(folder, 'media')),
    drop: () => rm(folder, { recursive: true, force: true }),
  };
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

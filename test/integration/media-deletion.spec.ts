/** Proves that bytes go with their last asset and never before, whoever stores the same picture at that moment. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { MediaAsset, ReleasedBlob } from '../../src/media/domain/media-asset.js';
import { MediaReleases } from '../../src/media/domain/media-releases.port.js';
import type { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import { toReleasedBlob } from '../../src/media/to-released-blob.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import {
  createFolder,
  createRoom,
  findDisorder,
  listFiles,
  type MediaRoom,
  paint,
  readAll,
  toOutput,
} from './media-room.js';

const ROUNDS = 150;
const CALLERS = 6;
const PICTURES = 2;

/** Deletes only when it is let, so that a test can act in the middle. */
function waitsBeforeDelete(gate: Promise<void>, onDelete: () => void) {
  return (real: MediaStorage): MediaStorage =>
    new Proxy(real, {
      get(target, name, receiver) {
        if (name !== 'delete') return Reflect.get(target, name, receiver) as unknown;
        return async (key: string) => {
          onDelete();
          await gate;
          await target.delete(key);
        };
      },
    });
}

describe.each(databaseKinds())('deleting pictures on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let folder: string;
  let dropFolder: () => Promise<void>;
  let room: MediaRoom;
  let spaceId: string;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    ({ folder, drop: dropFolder } = await createFolder());
    room = createRoom(dataSource, folder);
  });

  beforeEach(() => {
    spaceId = newId();
  });

  afterAll(async () => {
    await database.drop();
    await dropFolder();
  });

  async function store(shade: number, where = room): Promise<MediaAsset> {
    const staged = await where.media.stage(toOutput(), [await paint(shade)]);
    const [asset] = await where.media.record(spaceId, [{ staged }]);
    return asset!;
  }

  async function release(asset: MediaAsset, where = room): Promise<ReleasedBlob[]> {
    return where.unitOfWork.run((scope) =>
      scope.get(MediaReleases).releaseGeneration(asset.generationId!),
    );
  }

  /** Where a deletion of bytes waits until it is let. */
  function createSlowRoom() {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let isDeleting = (): void => undefined;
    const deleting = new Promise<void>((resolve) => (isDeleting = resolve));
    const slow = createRoom(dataSource, folder, {
      storage: waitsBeforeDelete(gate, () => isDeleting()),
    });
    return { slow, deleting, open: () => open() };
  }

  async function listStored(): Promise<string[]> {
    return (await listFiles(folder)).filter((path) => path.startsWith(spaceId));
  }

  it('removes rows with the transaction and bytes with the purge', async () => {
    const asset = await store(1);
    const released = await release(asset);
    expect(released).toEqual([{ searchSpaceId: spaceId, sha256: asset.sha256 }]);
    expect(await room.media.findAssets([asset.generationId!])).toEqual([]);
    expect(await listStored()).toHaveLength(1);
    await room.media.purge(released);
    expect(await listStored()).toEqual([]);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
    await expect(room.media.openAsset(asset)).rejects.toMatchObject({ code: 'request.not_found' });
  });

  it('leaves an event behind that does the same when the process dies before the purge', async () => {
    const asset = await store(2);
    await release(asset);
    const events: { search_space_id: string; payload: Record<string, unknown> }[] =
      await dataSource.query(
        `SELECT search_space_id, payload FROM outbox_events
          WHERE kind = 'media.blob_released' AND search_space_id = $1`,
        [spaceId],
      );
    expect(events).toHaveLength(1);
    const { search_space_id: searchSpaceId, payload } = events[0]!;
    const blob = toReleasedBlob({ id: newId(), kind: '', searchSpaceId, payload });
    await room.reaper.reap(blob);
    await room.reaper.reap(blob);
    expect(await listStored()).toEqual([]);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('changes nothing when the transaction is rolled back', async () => {
    const asset = await store(3);
    const rollback = room.unitOfWork.run(async (scope) => {
      await scope.get(MediaReleases).releaseGeneration(asset.generationId!);
      throw new Error('changed its mind');
    });
    await expect(rollback).rejects.toThrow('changed its mind');
    await room.reaper.reap(asset);
    expect(await readAll((await room.media.openAsset(asset)).stream)).toEqual(await paint(3));
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('keeps bytes that another generation shares, until that one goes too', async () => {
    const [first, second] = [await store(4), await store(4)];
    expect(await release(first)).toEqual([]);
    expect(await release(first)).toEqual([]);
    await room.reaper.reap(first);
    expect(await listStored()).toHaveLength(1);
    await room.media.purge(await release(second));
    expect(await listStored()).toEqual([]);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('keeps bytes that were adopted as an input', async () => {
    const source = await store(5);
    const target = { generationId: newId(), attemptId: null, role: 'input', index: 0 } as const;
    const adopted = await room.media.adopt(source, target);
    await room.media.purge(await release(source));
    expect(await readAll((await room.media.openAsset(adopted)).stream)).toEqual(await paint(5));
    await room.media.purge(await release(adopted));
    await expect(
      room.media.adopt(source, { ...target, generationId: newId() }),
    ).rejects.toMatchObject({ code: 'request.not_found' });
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('leaves the bytes alone when the same picture is stored between release and purge', async () => {
    const first = await store(6);
    const released = await release(first);
    const second = await store(6);
    await room.media.purge(released);
    expect(await readAll((await room.media.openAsset(second)).stream)).toEqual(await paint(6));
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('lets a picture stored in the middle of a deletion come after it, whole', async () => {
    const first = await store(7);
    const released = await release(first);
    const { slow, deleting, open } = createSlowRoom();
    const purge = slow.media.purge(released);
    await deleting;
    let isStored = false;
    const storing = store(7).then((asset) => {
      isStored = true;
      return asset;
    });
    await delay(100);
    expect(isStored).toBe(false);
    open();
    await purge;
    const second = await storing;
    expect(await readAll((await room.media.openAsset(second)).stream)).toEqual(await paint(7));
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('removes bytes that no row names, and lets the same picture come after that, whole', async () => {
    const asset = await store(8);
    const [key] = await listStored();
    const remove = (where: MediaRoom, mayGo = async () => true) =>
      where.inventory.removeUnnamed(key!, asset.sizeBytes, mayGo);
    expect(await remove(room)).toBe('named');
    await dataSource.query('DELETE FROM media_assets WHERE id = $1', [asset.id]);
    await dataSource.query('DELETE FROM media_blobs WHERE storage_key = $1', [key]);
    expect(await remove(room, async () => false)).toBe('kept');
    expect(await listStored()).toEqual([key]);
    const { slow, deleting, open } = createSlowRoom();
    const removing = remove(slow);
    await deleting;
    let isStored = false;
    const storing = store(8).then((again) => {
      isStored = true;
      return again;
    });
    await delay(100);
    expect(isStored).toBe(false);
    open();
    expect(await removing).toBe('removed');
    const again = await storing;
    expect(await readAll((await room.media.openAsset(again)).stream)).toEqual(await paint(8));
    expect(await remove(room)).toBe('named');
    expect(await findDisorder(dataSource, folder)).toEqual([]);
    await room.media.purge(await release(again));
    await expect(room.media.openAsset(again)).rejects.toMatchObject({ code: 'request.not_found' });
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('keeps rows and bytes together while many store and delete the same pictures', async () => {
    const others = createRoom(dataSource, folder);
    let mismatches = 0;
    const work = async (caller: number): Promise<void> => {
      const where = caller % 2 === 0 ? room : others;
      for (let round = 0; round < ROUNDS / CALLERS; round += 1) {
        const shade = 50 + ((round + caller) % PICTURES);
        const asset = await store(shade, where);
        const bytes = await readAll((await where.media.openAsset(asset)).stream);
        if (!bytes.equals(await paint(shade))) mismatches += 1;
        const released = await release(asset, where);
        await Promise.all([where.media.purge(released), others.media.purge(released)]);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_unused, caller) => work(caller)));
    expect(mismatches).toBe(0);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
    expect(await listStored()).toEqual([]);
    expect(await listFiles(`${folder}/incoming`)).toEqual([]);
  });
});

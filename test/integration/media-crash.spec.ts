/** Proves that a crash at any point of storing leaves either a whole picture with its row or neither. */
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import {
  type StageTarget,
  toIncomingName,
  toStorageKey,
} from '../../src/media/domain/storage-key.js';
import type { StagedMedia } from '../../src/media/media.service.js';
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

const HOUR_MS = 60 * 60_000;

/** Dies after so many promotions, as a process would between its commit and its rename. */
function diesAfter(promotions: number): (real: MediaStorage) => MediaStorage {
  let left = promotions;
  return (real) =>
    new Proxy(real, {
      get(target, name, receiver) {
        if (name !== 'promote') return Reflect.get(target, name, receiver) as unknown;
        return async (from: string, to: string) => {
          if (left === 0) throw new Error('the process died');
          left -= 1;
          return target.promote(from, to);
        };
      },
    });
}

describe.each(databaseKinds())('storing pictures on %s, interrupted', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let folder: string;
  let dropFolder: () => Promise<void>;
  let survivor: MediaRoom;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    ({ folder, drop: dropFolder } = await createFolder());
    survivor = createRoom(dataSource, folder);
  });

  afterAll(async () => {
    await database.drop();
    await dropFolder();
  });

  async function stage(room: MediaRoom, target: StageTarget, shade: number): Promise<StagedMedia> {
    return room.media.stage(target, [await paint(shade)]);
  }

  /** Three pictures of one attempt, recorded by a process that dies after so many promotions. */
  async function dieAfter(promotions: number, attemptId: string): Promise<void> {
    const victim = createRoom(dataSource, folder, { storage: diesAfter(promotions) });
    const generationId = newId();
    const items: { staged: StagedMedia }[] = [];
    for (const index of [0, 1, 2]) {
      const target = toOutput(attemptId, index, generationId);
      items.push({ staged: await stage(victim, target, 10 + index) });
    }
    await expect(victim.media.record(newId(), items)).rejects.toThrow('the process died');
  }

  it.each([0, 1, 2])(
    'finishes what stopped after %d of 3 promotions, and only once',
    async (count) => {
      const attemptId = newId();
      await dieAfter(count, attemptId);
      const recovered = await survivor.media.recover(attemptId);
      expect(recovered.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(await survivor.media.recover(attemptId)).toEqual(recovered);
      for (const asset of recovered) {
        const bytes = await readAll((await survivor.media.openAsset(asset)).stream);
        expect(bytes).toEqual(await paint(10 + asset.index));
      }
      expect(await listFiles(join(folder, 'incoming'))).toEqual([]);
      expect(await findDisorder(dataSource, folder)).toEqual([]);
    },
  );

  it('knows nothing of pictures that were staged and never recorded', async () => {
    const target = toOutput();
    await stage(survivor, target, 20);
    expect(await survivor.media.recover(target.attemptId!)).toEqual([]);
    expect(await listFiles(join(folder, 'incoming'))).toHaveLength(1);
    await survivor.media.discard([await stage(survivor, target, 20)]);
  });

  it('takes back the row of a picture whose bytes are nowhere, and keeps the others', async () => {
    const attemptId = newId();
    await dieAfter(0, attemptId);
    await unlink(join(folder, 'incoming', `${attemptId}-output-1`));
    const recovered = await survivor.media.recover(attemptId);
    expect(recovered.map(({ index }) => index)).toEqual([0, 2]);
    expect(await survivor.media.recover(attemptId)).toEqual(recovered);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('never takes other bytes for those that were recorded', async () => {
    const attemptId = newId();
    await dieAfter(0, attemptId);
    const path = join(folder, 'incoming', `${attemptId}-output-2`);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    await writeFile(path, bytes);
    const recovered = await survivor.media.recover(attemptId);
    expect(recovered.map(({ index }) => index)).toEqual([0, 1]);
    await unlink(path);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('heals a picture that is asked for before anybody recovered it', async () => {
    const attemptId = newId();
    await dieAfter(0, attemptId);
    const assets = await survivor.media.recover(attemptId);
    const name = toIncomingName(assets[0]!);
    const bytes = await paint(10);
    await unlink(join(folder, toStorageKey(assets[0]!)));
    await expect(survivor.media.openAsset(assets[0]!)).rejects.toMatchObject({
      code: 'media.bytes_lost',
      details: { media_id: assets[0]!.id },
    });
    await writeFile(join(folder, 'incoming', name), bytes);
    expect(await readAll((await survivor.media.openAsset(assets[0]!)).stream)).toEqual(bytes);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('lets a call that runs again record over what the crash left', async () => {
    const [spaceId, target] = [newId(), toOutput()];
    const victim = createRoom(dataSource, folder, { storage: diesAfter(0) });
    const first = await stage(victim, target, 30);
    await expect(victim.media.record(spaceId, [{ staged: first }])).rejects.toThrow('died');
    // The vendor answers with another picture the second time, which overwrites the incoming one.
    const second = await stage(survivor, target, 31);
    const [asset] = await survivor.media.record(spaceId, [{ staged: second }]);
    expect(asset).toMatchObject({ sha256: second.sha256, index: 0 });
    expect(await survivor.media.recover(target.attemptId!)).toEqual([asset]);
    expect(await listFiles(join(folder, 'incoming'))).toEqual([]);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('keeps what a slow process promotes under the eyes of the recovery', async () => {
    const attemptId = newId();
    await dieAfter(0, attemptId);
    // The other process moves the bytes after the recovery found their place empty.
    const racing = createRoom(dataSource, folder, {
      storage: (real) =>
        new Proxy(real, {
          get(target, name, receiver) {
            if (name !== 'openIncoming') return Reflect.get(target, name, receiver) as unknown;
            return async (incoming: string) => {
              const [row]: { storage_key: string }[] = await dataSource.query(
                `SELECT storage_key FROM media_blobs JOIN media_assets USING (search_space_id, sha256)
                  WHERE attempt_id = $1 AND index = $2`,
                [attemptId, Number(incoming.at(-1))],
              );
              await target.promote(incoming, row!.storage_key);
              return target.openIncoming(incoming);
            };
          },
        }),
    });
    expect(await racing.media.recover(attemptId)).toHaveLength(3);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('sweeps away what nobody came back for, but promotes what has a row', async () => {
    const [attemptId, lonely] = [newId(), toOutput()];
    await dieAfter(1, attemptId);
    await stage(survivor, lonely, 40);
    await writeFile(join(folder, 'incoming', 'left by hand'), 'x');
    survivor.clock.offsetMs = 23 * HOUR_MS;
    expect(await survivor.media.sweepIncoming()).toBe(0);
    survivor.clock.offsetMs = 25 * HOUR_MS;
    expect(await survivor.media.sweepIncoming()).toBe(4);
    survivor.clock.offsetMs = 0;
    expect(await listFiles(join(folder, 'incoming'))).toEqual([]);
    expect(await survivor.media.recover(attemptId)).toHaveLength(3);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });
});

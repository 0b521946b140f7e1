/** Proves how pictures come in, are shared within their space, found, read and given to others. Real database and files. */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { MediaRepository } from '../../src/media/domain/media.repository.port.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import {
  createFolder,
  createRoom,
  FILE_LIMIT_BYTES,
  findDisorder,
  listFiles,
  type MediaRoom,
  paint,
  readAll,
  toOutput,
} from './media-room.js';

const CALLERS = 300;

/** Counts the statements that record. */
class CountingRepository extends MediaRepository {
  records = 0;

  constructor(private readonly real: MediaRepository) {
    super();
  }

  record(...parameters: Parameters<MediaRepository['record']>): Promise<string[]> {
    this.records += 1;
    return this.real.record(...parameters);
  }

  findByGenerations: MediaRepository['findByGenerations'] = (ids, role) =>
    this.real.findByGenerations(ids, role);

  findByAttempt: MediaRepository['findByAttempt'] = (id) => this.real.findByAttempt(id);

  findInSpace: MediaRepository['findInSpace'] = (space, id) => this.real.findInSpace(space, id);

  findByIncomingName: MediaRepository['findByIncomingName'] = (name) =>
    this.real.findByIncomingName(name);
}

describe.each(databaseKinds())('media on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let folder: string;
  let dropFolder: () => Promise<void>;
  let room: MediaRoom;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    ({ folder, drop: dropFolder } = await createFolder());
    room = createRoom(dataSource, folder);
  });

  afterAll(async () => {
    await database.drop();
    await dropFolder();
  });

  async function countRows(): Promise<number> {
    const [row]: { count: number }[] = await dataSource.query(
      'SELECT count(*)::integer AS count FROM media_assets',
    );
    return row!.count;
  }

  it('stores what was sent and answers what it is', async () => {
    const [spaceId, target, bytes] = [newId(), toOutput(), await paint(1)];
    const staged = await room.media.stage(target, [bytes.subarray(0, 20), bytes.subarray(20)]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(staged).toMatchObject({
      target,
      sha256,
      sizeBytes: bytes.length,
      mediaType: 'image/png',
      format: 'png',
      widthPx: 8,
      heightPx: 4,
    });
    expect(await readAll((await room.media.openStaged(staged)).stream)).toEqual(bytes);
    const [asset] = await room.media.record(spaceId, [{ staged, seed: 42 }]);
    expect(asset).toMatchObject({ ...target, searchSpaceId: spaceId, sha256, seed: 42 });
    const [found] = await room.media.findAssets([target.generationId!]);
    expect(found).toEqual({ ...asset, thumbhash: null });
    expect(await room.media.findAsset(spaceId, asset!.id)).toEqual(asset);
    const stored = await room.media.openAsset(asset!);
    expect(stored.sizeBytes).toBe(bytes.length);
    expect(await readAll(stored.stream)).toEqual(bytes);
    expect(await readAll(room.media.readAsset(asset!))).toEqual(bytes);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('tells a stranger nothing', async () => {
    const staged = await room.media.stage(toOutput(), [await paint(2)]);
    const [asset] = await room.media.record(newId(), [{ staged }]);
    expect(await room.media.findAsset(newId(), asset!.id)).toBeNull();
  });

  it.each([
    ['no picture', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'media.type_refused'],
    ['too many bytes', Buffer.alloc(FILE_LIMIT_BYTES + 1, 0x89), 'media.too_large'],
    ['nothing', Buffer.alloc(0), 'media.unreadable'],
  ])('keeps nothing of %s', async (_name, bytes, code) => {
    const filesBefore = await listFiles(folder);
    await expect(room.media.stage(toOutput(), [bytes])).rejects.toMatchObject({ code });
    expect(await listFiles(folder)).toEqual(filesBefore);
  });

  it('stops reading a source at the byte limit, and a caller can only narrow it', async () => {
    const picture = await paint(3);
    // A JPEG's appendix is dropped, but it counts: otherwise it could be endless.
    let sentBytes = 0;
    const jpeg = await sharp(picture).jpeg().toBuffer();
    const endless = (async function* () {
      yield jpeg;
      for (;;) {
        sentBytes += 1_000;
        yield Buffer.alloc(1_000);
      }
    })();
    await expect(room.media.stage(toOutput(), endless)).rejects.toMatchObject({
      code: 'media.too_large',
    });
    expect(sentBytes).toBeLessThanOrEqual(FILE_LIMIT_BYTES);
    await expect(room.media.stage(toOutput(), [picture], { bytesMax: 10 })).rejects.toMatchObject({
      code: 'media.too_large',
      details: { limit_bytes: 10 },
    });
    await expect(
      room.media.stage(toOutput(), [Buffer.alloc(FILE_LIMIT_BYTES * 2)], { bytesMax: 10 ** 9 }),
    ).rejects.toMatchObject({ details: { limit_bytes: FILE_LIMIT_BYTES } });
  });

  it('keeps the same bytes once per space', async () => {
    const [spaceId, otherSpaceId, bytes] = [newId(), newId(), await paint(4)];
    for (const space of [spaceId, spaceId, otherSpaceId]) {
      const staged = await room.media.stage(toOutput(), [bytes]);
      await room.media.record(space, [{ staged }]);
    }
    const files = await listFiles(folder);
    expect(files.filter((path) => path.startsWith(spaceId))).toHaveLength(1);
    expect(files.filter((path) => path.startsWith(otherSpaceId))).toHaveLength(1);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('finds the outputs of many generations in their order', async () => {
    const [spaceId, first, second] = [newId(), newId(), newId()];
    const targets = [toOutput(newId(), 1, second), toOutput(newId(), 0, second)];
    targets.push(toOutput(newId(), 0, first), { ...toOutput(newId(), 0, first), role: 'mask' });
    const items = await Promise.all(
      targets.map(async (target, shade) => ({
        staged: await room.media.stage(target, [await paint(100 + shade)]),
      })),
    );
    await room.media.record(spaceId, items);
    const found = await room.media.findAssets([second, first]);
    expect(found.map(({ generationId, index }) => [generationId, index])).toEqual([
      [first, 0],
      [second, 0],
      [second, 1],
    ]);
    expect(await room.media.findAssets([first], 'mask')).toHaveLength(1);
    expect(await room.media.findAssets([])).toEqual([]);
  });

  it('records many callers in few commits', async () => {
    let counting: CountingRepository | undefined;
    const busy = createRoom(dataSource, folder, {
      repository: (real) => (counting = new CountingRepository(real)),
    });
    const spaceId = newId();
    const staged = await Promise.all(
      Array.from({ length: CALLERS }, async (_unused, shade) =>
        busy.media.stage(toOutput(), [await paint(shade % 50)]),
      ),
    );
    const results = await Promise.all(
      staged.map((one) => busy.media.record(spaceId, [{ staged: one }])),
    );
    expect(new Set(results.map(([asset]) => asset!.id)).size).toBe(CALLERS);
    expect(counting!.records).toBeLessThanOrEqual(3);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('answers a repeated record with what is there', async () => {
    const [spaceId, target, bytes] = [newId(), toOutput(), await paint(5)];
    const staged = await room.media.stage(target, [bytes]);
    const first = await room.media.record(spaceId, [{ staged, seed: 1 }]);
    const rowsBefore = await countRows();
    expect(await room.media.record(spaceId, [{ staged, seed: 1 }])).toEqual(first);
    await room.media.stage(target, [bytes]);
    expect(await room.media.record(spaceId, [{ staged, seed: 1 }])).toEqual(first);
    expect(await countRows()).toBe(rowsBefore);
    expect(await listFiles(`${folder}/incoming`)).toEqual([]);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });

  it('takes inputs under ids that were chosen before', async () => {
    const [generationId, id] = [newId(), newId()];
    const target = { generationId, attemptId: null, role: 'input', index: 0 } as const;
    const staged = await room.media.stage(target, [await paint(6)]);
    const [asset] = await room.media.record(newId(), [{ staged, id }]);
    expect(asset).toMatchObject({ id, attemptId: null, role: 'input' });
    expect(await room.media.findAssets([generationId])).toEqual([]);
    expect(await room.media.findAssets([generationId], 'input')).toMatchObject([{ id }]);
  });

  it('drops staged pictures that are not wanted, again and again', async () => {
    const staged = await room.media.stage(toOutput(), [await paint(7)]);
    await room.media.discard([staged]);
    await room.media.discard([staged]);
    await expect(room.media.openStaged(staged)).rejects.toMatchObject({
      code: 'request.not_found',
    });
  });

  it('lends a stored picture to another generation without copying it', async () => {
    const spaceId = newId();
    const staged = await room.media.stage(toOutput(), [await paint(8)]);
    const [source] = await room.media.record(spaceId, [{ staged }]);
    const target = { generationId: newId(), attemptId: null, role: 'input', index: 0 } as const;
    const adopted = await room.media.adopt(source!, target);
    expect(adopted).toMatchObject({ ...target, sha256: source!.sha256, searchSpaceId: spaceId });
    expect((await listFiles(folder)).filter((path) => path.startsWith(spaceId))).toHaveLength(1);
    expect(await findDisorder(dataSource, folder)).toEqual([]);
  });
});

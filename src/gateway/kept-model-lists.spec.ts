// Proves how long a caller's list of models is told: while it is good, as an old one while the database is away, and never
// once a change was heard of.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StillEpoch } from '../../test/fakes/still-epoch.js';
import type { AppConfig } from '../config/app-config.js';
import { KeptModelLists, type ListAsker } from './kept-model-lists.js';
import type { OpenaiModelListDto } from './openai-models.dto.js';

const AWAY = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const ME: ListAsker = { headers: { authorization: 'Bearer me' }, address: '::1' };
const STALE = { warning: '110 - "Response is Stale"', age: expect.stringMatching(/^\d+$/) };

const listOf = (id: string): OpenaiModelListDto => ({
  object: 'list',
  data: [{ id, object: 'model', created: 0, owned_by: 'us', shutdown_date: null }],
});

let epoch: StillEpoch;
beforeEach(() => {
  epoch = new StillEpoch();
});

function open(modelsCacheS = 900): KeptModelLists {
  return new KeptModelLists(
    { routing: { modelsCacheS, retriesMax: 0 } } as unknown as AppConfig,
    epoch,
  );
}

const fail = (error: Error) => () => Promise.reject(error);
const give = (id: string) => () => Promise.resolve(listOf(id));

describe('a list of models', () => {
  it('is kept for its caller until something changes', async () => {
    const lists = open();
    const load = vi.fn(give('a'));
    for (let time = 0; time < 3; time += 1) {
      expect(await lists.get(ME, load)).toEqual({ list: listOf('a'), headers: {} });
    }
    expect(load).toHaveBeenCalledTimes(1);
    const other = { ...ME, headers: { ...ME.headers, 'x-search-space-id': 's' } };
    expect((await lists.get(other, give('b'))).list).toEqual(listOf('b'));
    epoch.hasten();
    expect((await lists.get(ME, give('c'))).list).toEqual(listOf('c'));
  });

  it('is not kept longer than it is good', async () => {
    const lists = open(0);
    await lists.get(ME, give('a'));
    expect((await lists.get(ME, give('b'))).list).toEqual(listOf('b'));
  });

  it('is not good when something changed while it was made', async () => {
    const lists = open();
    await lists.get(ME, () => {
      epoch.hasten();
      return Promise.resolve(listOf('a'));
    });
    expect((await lists.get(ME, give('b'))).list).toEqual(listOf('b'));
  });

  it('is told as an old one while the database is away', async () => {
    const lists = open(0);
    await lists.get(ME, give('a'));
    expect(await lists.get(ME, fail(AWAY))).toEqual({ list: listOf('a'), headers: STALE });
    // Nobody knows the epoch freshly then; the one that was read last still stands.
    vi.spyOn(epoch, 'current').mockReturnValue(null);
    expect(await lists.get(ME, fail(AWAY))).toMatchObject({ headers: STALE });
    expect(lists.findLast(ME)).toMatchObject({ list: listOf('a'), headers: STALE });
  });

  it.each<[string, Partial<ListAsker>]>([
    ['another key', { headers: { authorization: 'Bearer you' } }],
    ['another space', { headers: { ...ME.headers, 'x-search-space-id': 's' } }],
    ['another address', { address: '::2' }],
  ])('is not told to %s', async (_title, change) => {
    const lists = open();
    await lists.get(ME, give('a'));
    expect(lists.findLast({ ...ME, ...change })).toBeNull();
    await expect(lists.get({ ...ME, ...change }, fail(AWAY))).rejects.toBe(AWAY);
  });

  it('is not told once a change was heard of, nor for any other fault', async () => {
    const lists = open(0);
    await lists.get(ME, give('a'));
    const fault = new Error('a fault of ours');
    await expect(lists.get(ME, fail(fault))).rejects.toBe(fault);
    epoch.hasten();
    await expect(lists.get(ME, fail(AWAY))).rejects.toBe(AWAY);
    expect(lists.findLast(ME)).toBeNull();
    epoch.epoch = null;
    expect(lists.findLast(ME)).toBeNull();
  });

  it('makes room for others', async () => {
    const lists = open();
    await lists.get(ME, give('a'));
    for (let index = 0; index < 2_000; index += 1) {
      await lists.get({ ...ME, address: String(index) }, give('b'));
    }
    expect(lists.findLast(ME)).toBeNull();
    expect(lists.findLast({ ...ME, address: '1999' })).not.toBeNull();
  });
});

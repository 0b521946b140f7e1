// Proves that two ordered lists read in pages of any size are compared exactly once, and that nothing young is found.
import { describe, expect, it } from 'vitest';
import { compareKeys, compareStorage } from './compare-storage.js';
import type { FoundThing } from './storage-scan.js';

const GRACE = new Date('2026-11-20T00:00:00Z');
const OLD = new Date('2026-11-01T00:00:00Z');
const YOUNG = new Date('2026-11-20T00:00:01Z');
const isOwn = (key: string) => !key.startsWith('x');

interface Store {
  objects: { key: string; sizeBytes: number; changedAt: Date }[];
  blobs: { storageKey: string; sizeBytes: number; refs: number; createdAt: Date }[];
}

/** As a scan goes: page by page, each side from where the comparison before ended. */
function scan(store: Store, pageMax: number): { found: string[]; steps: number; seen: number } {
  const found: FoundThing[] = [];
  let [objectsDone, blobsDone] = [0, 0];
  for (let steps = 1; ; steps += 1) {
    const page = compareStorage(
      {
        objects: store.objects.slice(objectsDone, objectsDone + pageMax),
        blobs: store.blobs.slice(blobsDone, blobsDone + pageMax),
      },
      { pageMax, graceBefore: GRACE, isOwn },
    );
    found.push(...page.found);
    objectsDone += page.objects.length;
    blobsDone += page.blobs.length;
    const seen = objectsDone + blobsDone;
    if (page.isLast) {
      return { found: found.map((one) => `${one.kind} ${one.storageKey}`), steps, seen };
    }
    expect(page.objects.length + page.blobs.length).toBeGreaterThan(0);
  }
}

describe('the store beside the rows', () => {
  it.each([1, 2, 3, 7, 50, 1_000])('is compared exactly once in pages of %i', (pageMax) => {
    let seed = 20_261_122;
    // Park and Miller's; the same sets every time.
    const draw = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    const store: Store = { objects: [], blobs: [] };
    const expected: string[] = [];
    const keys = Array.from({ length: 300 }, (_none, at) => `${draw(5) ? '' : 'x'}${at * 7919}`);
    for (const key of keys.toSorted(compareKeys)) {
      const [isStored, isNamed] = [draw(10) > 0, isOwn(key) && draw(10) > 0];
      const [isYoung, refs, sizeBytes] = [draw(4) === 0, draw(6), draw(8) > 0 ? 10 : 9];
      const at = isYoung ? YOUNG : OLD;
      if (isStored) store.objects.push({ key, sizeBytes, changedAt: at });
      if (isNamed) store.blobs.push({ storageKey: key, sizeBytes: 10, refs, createdAt: at });
      if (isYoung) continue;
      if (isStored && !isNamed) expected.push(`${isOwn(key) ? 'orphan' : 'foreign'} ${key}`);
      if (isNamed && refs > 0 && !isStored) expected.push(`missing ${key}`);
      if (isNamed && refs > 0 && isStored && sizeBytes === 9) expected.push(`damaged ${key}`);
    }
    const { found, seen } = scan(store, pageMax);
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(new Set(expected.map((one) => one.split(' ')[0])).size).toBe(4);
    expect(seen).toBe(store.objects.length + store.blobs.length);
  });

  it('ends at once where there is nothing', () => {
    expect(scan({ objects: [], blobs: [] }, 10)).toEqual({ found: [], steps: 1, seen: 0 });
  });

  it('reads on where one side has far less than the other', () => {
    const objects = Array.from({ length: 25 }, (_none, at) => ({
      key: `a${String(at).padStart(2, '0')}`,
      sizeBytes: 1,
      changedAt: OLD,
    }));
    const blobs = [{ storageKey: 'b', sizeBytes: 1, refs: 1, createdAt: OLD }];
    const { found } = scan({ objects, blobs }, 10);
    expect(found).toHaveLength(26);
    expect(found.at(-1)).toBe('missing b');
  });
});

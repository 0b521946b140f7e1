/** What every store of pictures must do. Run by media-storage.spec.ts for each adapter. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { MediaStorage, StoredBytes } from '../../src/media/domain/media-storage.strategy.js';

export interface StorageUnderTest {
  storage: MediaStorage;
  drop: () => Promise<void>;
  /** How exactly it knows when something came in. */
  resolutionMs?: number;
}

async function* bytesOf(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function readText(stored: StoredBytes | null): Promise<string | null> {
  if (!stored) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function list(storage: MediaStorage, olderThan: Date): Promise<string[]> {
  const names: string[] = [];
  for await (const name of storage.listIncoming(olderThan)) names.push(name);
  return names.toSorted();
}

function toName(index = 0): string {
  return `${newId()}-output-${index}`;
}

function toKey(digits = 'ab', format = 'png'): string {
  return `${newId()}/${digits}/${digits.repeat(32)}.${format}`;
}

const FUTURE = new Date(Date.now() + 60 * 60_000);

export function describeMediaStorage(name: string, create: () => Promise<StorageUnderTest>): void {
  describe(`MediaStorage: ${name}`, () => {
    let storage: MediaStorage;
    let drop: () => Promise<void>;
    let resolutionMs: number;

    beforeEach(async () => {
      ({ storage, drop, resolutionMs = 20 } = await create());
      await storage.prepare();
    });

    afterEach(() => drop());

    it('keeps a staged picture apart from the stored ones', async () => {
      const incoming = toName();
      await storage.stage(incoming, bytesOf('one ', 'two'));
      expect(await readText(await storage.openIncoming(incoming))).toBe('one two');
      expect(await list(storage, FUTURE)).toEqual([incoming]);
    });

    it('promotes a staged picture, after which only its key leads to it', async () => {
      const [incoming, key] = [toName(), toKey()];
      await storage.stage(incoming, bytesOf('picture'));
      expect(await storage.promote(incoming, key)).toBe(true);
      expect(await storage.openIncoming(incoming)).toBeNull();
      expect(await storage.stat(key)).toEqual({ sizeBytes: 7 });
      const stored = await storage.open(key);
      expect(stored?.sizeBytes).toBe(7);
      expect(await readText(stored)).toBe('picture');
    });

    it('promotes twice to the same end', async () => {
      const [incoming, key] = [toName(), toKey()];
      await storage.stage(incoming, bytesOf('picture'));
      await storage.promote(incoming, key);
      expect(await storage.promote(incoming, key)).toBe(true);
      expect(await readText(await storage.open(key))).toBe('picture');
    });

    it('lets two pictures with the same bytes meet at one key', async () => {
      const [first, second, key] = [toName(), toName(), toKey()];
      await storage.stage(first, bytesOf('same'));
      await storage.stage(second, bytesOf('same'));
      const results = await Promise.all([
        storage.promote(first, key),
        storage.promote(second, key),
      ]);
      expect(results).toEqual([true, true]);
      expect(await readText(await storage.open(key))).toBe('same');
      expect(await list(storage, FUTURE)).toEqual([]);
    });

    it('says so when there is nothing to promote', async () => {
      expect(await storage.promote(toName(), toKey())).toBe(false);
    });

    it('replaces what was staged under the same name', async () => {
      const incoming = toName();
      await storage.stage(incoming, bytesOf('a long first attempt'));
      await storage.stage(incoming, bytesOf('short'));
      expect(await readText(await storage.openIncoming(incoming))).toBe('short');
    });

    it('keeps nothing of a source that fails', async () => {
      const incoming = toName();
      const fault = new Error('the vendor hung up');
      const source = (async function* () {
        yield Buffer.from('half');
        throw fault;
      })();
      await expect(storage.stage(incoming, source)).rejects.toBe(fault);
      expect(await storage.openIncoming(incoming)).toBeNull();
      expect(await list(storage, FUTURE)).toEqual([]);
    });

    it('reads a range, and gives the size of the whole', async () => {
      const [incoming, key] = [toName(), toKey()];
      await storage.stage(incoming, bytesOf('0123456789'));
      await storage.promote(incoming, key);
      const part = await storage.open(key, { start: 2, end: 4 });
      expect(part?.sizeBytes).toBe(10);
      expect(await readText(part)).toBe('234');
    });

    it('answers null for what is not there', async () => {
      expect(await storage.open(toKey())).toBeNull();
      expect(await storage.stat(toKey())).toBeNull();
      expect(await storage.openIncoming(toName())).toBeNull();
    });

    it('deletes and discards, again and again', async () => {
      const [incoming, other, key] = [toName(), toName(), toKey()];
      await storage.stage(incoming, bytesOf('x'));
      await storage.stage(other, bytesOf('y'));
      await storage.promote(incoming, key);
      for (let time = 0; time < 2; time += 1) {
        await storage.delete(key);
        await storage.discard(other);
      }
      expect(await storage.stat(key)).toBeNull();
      expect(await list(storage, FUTURE)).toEqual([]);
    });

    it('lets a reader finish what is deleted meanwhile', async () => {
      const [incoming, key] = [toName(), toKey()];
      await storage.stage(incoming, bytesOf('still readable'));
      await storage.promote(incoming, key);
      const stored = await storage.open(key);
      await storage.delete(key);
      expect(await readText(stored)).toBe('still readable');
    });

    it('lists only what came in before a moment', async () => {
      const [early, late] = [toName(), toName()];
      const tick = () => delay(resolutionMs - (Date.now() % resolutionMs) + 5);
      await storage.stage(early, bytesOf('x'));
      await tick();
      const between = new Date();
      await tick();
      await storage.stage(late, bytesOf('y'));
      expect(await list(storage, between)).toEqual([early]);
    });

    it('lists what is stored in the order of its keys, page by page, and nothing that comes in', async () => {
      // Spaces before and behind the folder of what comes in.
      const keys = ['0', 'e', '3', 'f'].map((digit) => `${digit}${toKey(`${digit}a`).slice(1)}`);
      for (const [index, key] of keys.entries()) {
        const name = toName(index);
        await storage.stage(name, bytesOf('x'.repeat(index + 1)));
        await storage.promote(name, key);
      }
      const coming = Array.from({ length: 5 }, (_none, index) => toName(index));
      for (const name of coming) await storage.stage(name, bytesOf('coming'));
      for (const limit of [1, 2, 100]) {
        const pages: string[][] = [];
        for (let after: string | null = null; pages.at(-1)?.length !== 0;) {
          const page = await storage.list(after, limit);
          pages.push(page.map(({ key }) => key));
          after = pages.at(-1)?.at(-1) ?? after;
        }
        expect(pages.flat()).toEqual(keys.toSorted());
        expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
      }
      const [first] = await storage.list(null, 1);
      expect(first).toMatchObject({ key: keys[0], sizeBytes: 1 });
      expect(Math.abs(Date.now() - first!.changedAt.getTime())).toBeLessThan(10 * 60_000);
    });

    it.each(['../escape', '/etc/passwd', 'a/b', '', `${newId()}-output-0/../x`])(
      'refuses the name "%s" before it touches anything',
      async (bad) => {
        await expect(storage.stage(bad, bytesOf('x'))).rejects.toThrow('not the name');
        await expect(storage.openIncoming(bad)).rejects.toThrow('not the name');
        await expect(storage.promote(bad, toKey())).rejects.toThrow('not the name');
        await expect(storage.promote(toName(), bad)).rejects.toThrow('not a storage key');
        await expect(storage.open(bad)).rejects.toThrow('not a storage key');
        await expect(storage.stat(bad)).rejects.toThrow('not a storage key');
        await expect(storage.delete(bad)).rejects.toThrow('not a storage key');
      },
    );

    it('answers a ping and leaves nothing behind', async () => {
      await storage.ping();
      expect(await list(storage, FUTURE)).toEqual([]);
    });
  });
}

/** Proves that one process at a time holds a folder, and that a crash leaves nothing to be cleaned up by hand. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock, FolderLockedError } from './folder-lock.js';
import { readIdentity } from './process-identity.js';

const LOCK = 'atelier.lock';

describe('FolderLock', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atelier-lock-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(holder: object): void {
    writeFileSync(join(folder, LOCK), JSON.stringify({ token: 'other', ...holder }));
  }

  it('makes the folder and gives it to the first who asks', async () => {
    const lock = await FolderLock.acquire(join(folder, 'deep/er'));
    expect(readdirSync(join(folder, 'deep/er'))).toEqual([LOCK]);
    lock.release();
    expect(readdirSync(join(folder, 'deep/er'))).toEqual([]);
  });

  it('refuses a second holder, naming the first and what to do', async () => {
    const lock = await FolderLock.acquire(folder);
    const refusal = FolderLock.acquire(folder);
    await expect(refusal).rejects.toBeInstanceOf(FolderLockedError);
    await expect(refusal).rejects.toThrow(`process ${process.pid}`);
    await expect(refusal).rejects.toThrow(/DATA_DIR.*DATABASE_URL/);
    lock.release();
    (await FolderLock.acquire(folder)).release();
  });

  it('takes over from a process that was killed', async () => {
    const child = spawn('sleep', ['60']);
    write(readIdentity(child.pid));
    await expect(FolderLock.acquire(folder)).rejects.toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await FolderLock.acquire(folder)).release();
  });

  it('takes over from a process whose number somebody else has now', async () => {
    write({ ...readIdentity(), startTicks: '1' });
    (await FolderLock.acquire(folder)).release();
  });

  it('takes over a lock that nobody can read', async () => {
    writeFileSync(join(folder, LOCK), '{"pid":');
    (await FolderLock.acquire(folder)).release();
  });

  it('takes over from another container that has been silent for long', async () => {
    write({ ...readIdentity(), host: 'elsewhere' });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(folder, LOCK), longAgo, longAgo);
    (await FolderLock.acquire(folder)).release();
  });

  it('refuses while another container gives signs of life', async () => {
    write({ ...readIdentity(), host: 'elsewhere', pid: 1 });
    const beat = setInterval(() => utimesSync(join(folder, LOCK), new Date(), new Date()), 100);
    await expect(FolderLock.acquire(folder)).rejects.toBeInstanceOf(FolderLockedError);
    clearInterval(beat);
  });

  it('lets exactly one of many take over', async () => {
    for (let round = 0; round < 20; round += 1) {
      write({ ...readIdentity(), startTicks: '1' });
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => FolderLock.acquire(folder)),
      );
      const locks = results.flatMap((result) =>
        result.status === 'fulfilled' ? result.value : [],
      );
      expect(locks).toHaveLength(1);
      locks[0]!.release();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('leaves a lock alone that is no longer its own', async () => {
    const lock = await FolderLock.acquire(folder);
    write({ ...readIdentity() });
    lock.release();
    expect(readdirSync(folder)).toEqual([LOCK]);
  });
});

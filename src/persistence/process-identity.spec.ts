/** Proves that a process is recognised by more than its number, and that a zombie counts as dead. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { isProcessAlive, readIdentity } from './process-identity.js';

const HAS_PROC = existsSync('/proc/self/stat');

function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

describe('isProcessAlive', () => {
  it('sees itself', () => {
    expect(isProcessAlive(readIdentity())).toBe(true);
  });

  it('is not fooled by a number that was given out again', () => {
    expect(isProcessAlive({ ...readIdentity(), startTicks: '1' })).toBe(false);
  });

  it('cannot tell about another machine or container', () => {
    expect(isProcessAlive({ ...readIdentity(), host: 'elsewhere' })).toBeNull();
  });

  it('knows a process by its number alone where there is no start time', async () => {
    const child = spawn('sleep', ['60']);
    const identity = { ...readIdentity(), pid: child.pid!, startTicks: null };
    expect(isProcessAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isProcessAlive(identity)).toBe(false);
  });

  // Elsewhere a zombie cannot be told from a process that runs.
  if (HAS_PROC) {
    it('takes a zombie for dead', async () => {
      // The child of the shell ends while the shell, turned into sleep, never asks for its result.
      const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
      const [output] = (await once(parent.stdout, 'data')) as [Buffer];
      const identity = readIdentity(Number(output.toString()));
      expect(isProcessAlive(identity)).toBe(true);
      await vi.waitFor(() => expect(isZombie(identity.pid)).toBe(true), { timeout: 5_000 });
      expect(isProcessAlive(identity)).toBe(false);
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    });
  }
});

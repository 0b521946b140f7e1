import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process on one machine so that a later one can tell whether it still lives. */
export interface ProcessIdentity {
  /** Machine, its boot and its process namespace: only inside the same one can a pid be looked up. */
  host: string;
  pid: number;
  /** Start in clock ticks since boot, so that a reused pid is not mistaken; null where there is no /proc. */
  startTicks: string | null;
}

/** Place of the state and the start time in /proc/<pid>/stat, counted after the command name (proc(5)). */
const STAT_STATE = 0;
const STAT_START_TICKS = 19;

export function readIdentity(pid = process.pid): ProcessIdentity {
  return { host: readHost(), pid, startTicks: readStat(pid)?.startTicks ?? null };
}

/** Whether the process still runs; null when it cannot be looked up from here. */
export function isProcessAlive(identity: ProcessIdentity): boolean | null {
  if (identity.host !== readHost()) return null;
  if (identity.startTicks === null) return isSignalable(identity.pid);
  const stat = readStat(identity.pid);
  // A zombie was killed and only waits for its parent: it holds nothing any more.
  if (!stat || stat.state === 'Z' || stat.state === 'X') return false;
  return stat.startTicks === identity.startTicks;
}

function readHost(): string {
  const boot = readText(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = readText(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, namespace].join('/');
}

function readStat(pid: number): { state: string; startTicks: string } | null {
  const text = readText(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command name stands in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[STAT_START_TICKS];
  return startTicks ? { state: fields[STAT_STATE] ?? '', startTicks } : null;
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readText(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

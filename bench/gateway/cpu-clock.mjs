/** How much of one core a process used. */
import { readFileSync } from 'node:fs';

const MICROS_PER_MS = 1_000;
/** Linux counts in hundredths of a second, whatever the processor. */
const MS_PER_TICK = 10;
/** Behind the name of the program, which may hold spaces: user and system time are the 12th and 13th field. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

/** Starts to measure this process. @returns {() => number} tells the share of one core since then */
export function startCpuClock() {
  const fromMs = performance.now();
  const from = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / MICROS_PER_MS / (performance.now() - fromMs);
  };
}

/** @returns {number | null} processor time that another process has used, ms; null where the system does not tell */
export function readCpuMs(processId) {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) * MS_PER_TICK;
  } catch {
    return null;
  }
}

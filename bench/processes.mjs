/** Starts the parts of the bench, each as a process of its own, tells their memory, and ends them. */
import { execFileSync, fork, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HERE = import.meta.dirname;
const MAIN = join(process.env.BENCH_DIST ?? join(HERE, '../dist'), 'main.js');
/** A busy machine starts slowly; how long it took is measured. */
const READY_MS = 180_000;
const STOP_MS = 40_000;
const LOOK_EVERY_MS = 50;
const BYTES_PER_KIB = 1_024;
/** As `npm start` and the image set them: docs/operations.md, Memory. */
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Starts a script of this folder, such as pipe.mjs; it ends when this process lets go of it. */
export async function startHelper(script, ...parameters) {
  const child = fork(join(HERE, script), parameters, { stdio: 'inherit' });
  const port = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    processId: child.pid,
    tell: (message) => child.send(message),
    stop: () => end(child, () => child.disconnect()),
  };
}

/**
 * Starts the built service with these settings and nothing else of this process's environment.
 * Its log goes to a file, as in production; the address stands in the line that says it is ready.
 * @param {readonly string[]} nodeArguments what Node itself is told, such as `--inspect`
 */
export async function startService(settings, logFile, nodeArguments = []) {
  const log = openSync(logFile, 'w');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...nodeArguments, MAIN], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...ALLOCATOR, ...settings },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const origin = await waitUntilReady(child, logFile);
  return {
    origin,
    processId: child.pid,
    startMs: performance.now() - startedMs,
    rssBytes: () => readRssBytes(child.pid),
    stop: () => end(child, () => child.kill('SIGTERM')),
  };
}

async function waitUntilReady(child, logFile) {
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
    const text = readFileSync(logFile, 'utf8');
    const ready = text.split('\n').find((line) => line.endsWith('"message":"ready"}'));
    if (ready) return JSON.parse(ready).address;
    if (child.exitCode !== null) throw new Error(`the service ended:\n${text}`);
  }
  child.kill('SIGKILL');
  throw new Error(`the service was not ready within ${READY_MS} ms`);
}

/** Asks a child to end, waits, and insists when it takes too long. */
export async function end(child, ask) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  ask();
  await ended;
  clearTimeout(insist);
}

export function readRssBytes(processId) {
  const kibibytes = execFileSync('ps', ['-o', 'rss=', '-p', String(processId)], {
    encoding: 'utf8',
  });
  return Number(kibibytes) * BYTES_PER_KIB;
}

/**
 * `npm start` as a new user has it: ready within a minute from nothing, within seconds the next time, and gone
 * after SIGTERM to npm. The parameter is a data folder that does not exist yet.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_READY_MS = 60_000;
/** Three times what `npm run bench` holds it to: the same commit took 2.7 s on one day's machine and 5.1 s on another's. */
const LATER_READY_MS = 15_000;
/** A machine that is busy for a moment says nothing about the service. */
const LATER_TRIES = 3;
const STOP_MS = 15_000;
const LOOK_EVERY_MS = 50;
const PORT = 3000;
const ADDRESS = `http://127.0.0.1:${PORT}/health/ready`;

process.on('SIGTERM', () => process.exit(1));
const [dataDir] = process.argv.slice(2);
const firstMs = await startAndStop(FIRST_READY_MS);
const laterMs = await bestOf(LATER_TRIES);
console.log(`ready after ${firstMs} ms, next time after ${laterMs} ms`);

async function bestOf(tries) {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let count = 0; count < tries && bestMs > LATER_READY_MS; count += 1) {
    bestMs = Math.min(bestMs, await startAndStop(FIRST_READY_MS));
  }
  if (bestMs <= LATER_READY_MS) return bestMs;
  throw new Error(`a later start took ${bestMs} ms at best, more than ${LATER_READY_MS} ms`);
}

async function startAndStop(limitMs) {
  const environment = { ...process.env, DATA_DIR: dataDir, PORT: String(PORT) };
  const npm = spawn('npm', ['start', '--silent'], {
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true, // a process group of its own, so that nothing of it outlives this script
  });
  const end = () => killGroup(npm.pid);
  process.once('exit', end);
  try {
    const readyMs = await waitUntil(() => isReady(npm), limitMs, 'ready');
    npm.kill('SIGTERM');
    await waitUntil(async () => !(await answers()), STOP_MS, 'stopped');
    await waitUntil(() => npm.exitCode !== null || npm.signalCode !== null, STOP_MS, 'exited');
    return readyMs;
  } finally {
    end();
    process.off('exit', end);
  }
}

function killGroup(id) {
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

async function waitUntil(test, limitMs, what) {
  const startedAt = Date.now();
  while (!(await test())) {
    if (Date.now() - startedAt > limitMs) throw new Error(`not ${what} within ${limitMs} ms`);
    await sleep(LOOK_EVERY_MS);
  }
  return Date.now() - startedAt;
}

async function isReady(npm) {
  if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}`);
  return (await answers())?.status === 200;
}

async function answers() {
  return fetch(ADDRESS).catch(() => null);
}

/** Recompiles on every change and restarts the service. SIGINT and SIGTERM end both parts, the service cleanly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STAMP_FILE } from './build-stamp.mjs';
import { assertNodeVersion, DIST, findCompiler, ROOT } from './project.mjs';

const STOP_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 100;

assertNodeVersion();
const children = [];
const stopping = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0));

const entry = join(DIST, 'main.js');
// The ordinary build also brings the data files along; it may fail, the watching compiler then says so again.
await once(start(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--if-stale']), 'exit');
// From here dist follows the editor, half-finished states included: the next `npm start` must build.
rmSync(join(DIST, STAMP_FILE), { force: true });
watch([findCompiler(), '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput']);
while (!existsSync(entry) && !stopping.signal.aborted) await sleep(LOOK_EVERY_MS);
if (!stopping.signal.aborted)
  watch(['--watch', '--watch-preserve-output', '--enable-source-maps', entry]);

/** A part that is to run until we stop; when one goes, so do all. */
function watch(parameters) {
  start(process.execPath, parameters).once('exit', (code) => void stop(code ?? 1));
}

function start(command, parameters) {
  const child = spawn(command, parameters, { cwd: ROOT, stdio: 'inherit' });
  children.push(child);
  return child;
}

async function stop(code) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const ends = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGTERM');
  await Promise.race([Promise.all(ends), sleep(STOP_TIMEOUT_MS)]);
  for (const child of running) child.kill('SIGKILL');
  process.exit(code);
}

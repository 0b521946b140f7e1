/** The gateway most often taken instead, for comparison only: fetched when the bench runs, never part of this house. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { end, readRssBytes } from '../processes.mjs';

export const PORTKEY_VERSION = '1.15.2';

const PACKAGE = '@portkey-ai/gateway';
const FETCH_MS = 180_000;
const READY_MS = 20_000;
const LOOK_EVERY_MS = 50;
const FOLDER = join(tmpdir(), `atelier-bench-${userInfo().username}`, `portkey-${PORTKEY_VERSION}`);
const MEND = new URL('./portkey-mend.mjs', import.meta.url).href;
const SCRIPT = join(FOLDER, 'node_modules', PACKAGE, 'build/start-server.js');

/** @throws {Error} where it cannot be fetched or does not start */
export async function startPortkey(upstreamOrigin) {
  await fetchPortkey();
  const port = await findFreePort();
  const logFile = join(FOLDER, 'portkey.log');
  const log = openSync(logFile, 'w');
  const startedMs = performance.now();
  const parameters = ['--import', MEND, SCRIPT, '--headless', `--port=${port}`];
  const child = spawn(process.execPath, parameters, {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      TRUSTED_CUSTOM_HOSTS: 'localhost,127.0.0.1,::1',
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const origin = `http://127.0.0.1:${port}`;
  try {
    await waitUntilReady(child, origin, logFile);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    origin,
    headers: {
      authorization: 'Bearer sk-bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstreamOrigin}/v1`,
    },
    processId: child.pid,
    startMs: performance.now() - startedMs,
    rssBytes: () => readRssBytes(child.pid),
    stop: () => end(child, () => child.kill('SIGTERM')),
  };
}

/** Once for all runs on this machine; a half fetched folder is fetched again. */
async function fetchPortkey() {
  if (existsSync(SCRIPT)) return;
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const options = [
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--ignore-scripts',
    '--fetch-retries=1',
    '--prefix',
    FOLDER,
  ];
  const name = `${PACKAGE}@${PORTKEY_VERSION}`;
  const how = { cwd: FOLDER, timeout: FETCH_MS };
  await promisify(execFile)('npm', ['install', ...options, name], how).catch((error) => {
    const told = error.stderr ?? '';
    const [reason = error.message] =
      /reason: .+/.exec(told) ?? /npm error (?!code ).+/.exec(told) ?? [];
    throw new Error(`${name} could not be fetched: ${reason}`, { cause: error });
  });
  if (!existsSync(SCRIPT)) throw new Error(`${name} came without ${SCRIPT}`);
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function waitUntilReady(child, origin, logFile) {
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
    if (child.exitCode !== null) break;
    const isThere = await fetch(origin).then(
      (response) => response.ok,
      () => false,
    );
    if (isThere) return;
  }
  throw new Error(`it was not ready within ${READY_MS} ms: ${readFileSync(logFile, 'utf8')}`);
}

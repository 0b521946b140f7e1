/** Proves that the build carries the thread that counts tokens, and that the thread keeps no process alive. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COUNTER = join(ROOT, 'dist/inference/counting/worker-token-counter.js');

it('counts tokens in the thread of the build', () => {
  const script = `
    import { WorkerTokenCounter } from ${JSON.stringify(COUNTER)};
    console.log(await new WorkerTokenCounter().count(['Hello, world!']));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(child.stdout.trim()).toBe('4');
  expect(child.status).toBe(0);
}, 90_000);

/** Everything that `npm run check` stands for, two at a time because each keeps one processor busy; tells all that fail. */
import { spawn } from 'node:child_process';
import { ROOT } from './project.mjs';

/** The longest first, so that both lines end at about the same time. */
const CHECKS = ['check:types', 'check:lint', 'check:tidy', 'check:format', 'check:graph'];
const AT_ONCE = 2;

const waiting = [...CHECKS];
const failed = [];
await Promise.all(Array.from({ length: AT_ONCE }, work));
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
else console.log(`${CHECKS.length} checks passed`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const startedAtMs = performance.now();
    const { status, output } = await run(name);
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0);
    console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name}  ${seconds} s`);
    if (status === 0) continue;
    failed.push(name);
    console.log(output);
  }
}

/** Its output is kept back, so that the checks do not talk into each other. */
function run(name) {
  const child = spawn('npm', ['run', '--silent', name], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: 1, output: String(error) }));
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Installs Debian's Chromium for the tests in a browser, where it is missing. Needs root or sudo. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const CHROMIUM = '/usr/bin/chromium';

if (!existsSync(CHROMIUM)) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  run([...asRoot, 'apt-get', 'update']);
  run([...asRoot, 'apt-get', 'install', '-y', '--no-install-recommends', 'chromium']);
}
run([CHROMIUM, '--version', '--no-sandbox']);

function run([command, ...parameters]) {
  const { status, error } = spawnSync(command, parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status === 0) return;
  console.error(`${command} ${parameters.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

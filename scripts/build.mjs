/**
 * Compiles src into dist. `--if-stale` does nothing when dist was made from the present sources.
 * The new dist takes the old one's place only when whole, so a failed build leaves a working service.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { computeStamp, isBuilt, listSources, STAMP_FILE } from './build-stamp.mjs';
import { assertNodeVersion, DIST, fail, findCompiler, ROOT } from './project.mjs';

/** Builds that run at once may each move a dist in between. */
const SWAP_TRIES_MAX = 10;

assertNodeVersion();
const ifStale = process.argv.includes('--if-stale');
// A container image carries dist without src: there is nothing to build, and nothing can be stale.
const delivered = ifStale && !existsSync(join(ROOT, 'src')) && existsSync(join(DIST, 'main.js'));
const stamp = delivered ? '' : computeStamp();
if (!delivered && !(ifStale && isBuilt(stamp))) build();

function build() {
  // Beside dist, not in a temporary folder: source maps hold relative paths, and a rename must not copy.
  const next = join(ROOT, `dist.${process.pid}.next`);
  try {
    compile(next);
    copyData(next);
    writeFileSync(join(next, STAMP_FILE), stamp);
    swap(next);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

function compile(outDir) {
  const options = ['-p', 'tsconfig.build.json', '--outDir', outDir, '--incremental', 'false'];
  const { status } = spawnSync(
    process.execPath,
    [findCompiler(), ...options, '--tsBuildInfoFile', 'null'],
    { cwd: ROOT, stdio: 'inherit' },
  );
  if (status === 0) return;
  rmSync(outDir, { recursive: true, force: true });
  fail('The build failed; dist is as it was before.');
}

/** tsc copies only the JSON that is imported; what is read at run time goes along here. */
function copyData(outDir) {
  for (const source of listSources().filter((path) => !path.endsWith('.ts'))) {
    const target = join(outDir, source.slice('src/'.length));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(ROOT, source), target);
  }
}

function swap(next) {
  const old = join(ROOT, `dist.${process.pid}.old`);
  for (let tries = 1; ; tries += 1) {
    try {
      if (existsSync(DIST)) renameSync(DIST, old);
      renameSync(next, DIST);
      break;
    } catch (error) {
      if (tries === SWAP_TRIES_MAX) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

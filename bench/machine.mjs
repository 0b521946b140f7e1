/** What the figures were measured on and with. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BYTES_PER_GIB = 1024 ** 3;

export function describeMachine() {
  const processors = cpus();
  const [loadAverage] = loadavg();
  return {
    hardware: [
      `${processors.length} × ${processors[0]?.model.trim() ?? 'processor'}`,
      `${Math.round(totalmem() / BYTES_PER_GIB)} GiB`,
      `${type()} ${release()}`,
    ].join(', '),
    loadAverage,
    coresCount: processors.length,
    versions: [
      `Atelier ${readJson('package.json').version} (${readCommit()})`,
      `Node ${process.versions.node}`,
      `PGlite ${readJson('node_modules/@electric-sql/pglite/package.json').version}`,
    ],
  };
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

/** Of a copy without its history nothing is known. */
function readCommit() {
  try {
    const options = { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim();
  } catch {
    return 'commit unknown';
  }
}

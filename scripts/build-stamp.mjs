/** Tells whether dist was made from the sources as they are now, by content: copies and clones stay valid. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT } from './project.mjs';

export const STAMP_FILE = '.build-stamp';

const MAKERS = ['package-lock.json', 'scripts/build.mjs'];

/** Files below src as `/`-separated paths, sorted; unit tests are no part of the build. */
export function listSources(root = ROOT) {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** One hash over the paths and contents of all that the build reads. */
export function computeStamp(root = ROOT) {
  const settings = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name));
  const hash = createHash('sha256');
  for (const path of [...MAKERS, ...settings.sort(), ...listSources(root)]) {
    const file = join(root, path);
    const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

export function isBuilt(stamp, dist = DIST) {
  const file = join(dist, STAMP_FILE);
  if (!existsSync(file) || !existsSync(join(dist, 'main.js'))) return false;
  return readFileSync(file, 'utf8') === stamp;
}

/** What the scripts share: where the project is, whether Node is new enough, where tsc is. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_LEAST = [20, 19];

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const DIST = join(ROOT, 'dist');

/** Ends the process with a sentence instead of a syntax error when Node is too old. */
export function assertNodeVersion(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const enough = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  if (!enough) fail(`Node ${NODE_LEAST.join('.')} or newer is needed; this is ${version}.`);
}

/** Path of the TypeScript compiler, which is a dependency also in production. */
export function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return fail('The packages are not installed. Run `npm ci` first.');
  }
}

/** @returns {never} */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

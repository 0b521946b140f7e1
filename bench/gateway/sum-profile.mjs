/** Adds up a processor profile of V8 by who ran. */

const MICROS_PER_MS = 1_000;
const IDLE = '(idle)';

/**
 * @param {{ nodes: object[], samples: number[], timeDeltas: number[] }} profile as `Profiler.stop` answers it
 * @returns {{ totalMs: number, groups: Sum[], files: Sum[], functions: Sum[] }} self time, greatest first; `totalMs` is
 *   all time but idling
 * @typedef {{ name: string, selfMs: number }} Sum
 */
export function sumProfile({ nodes, samples, timeDeltas }) {
  const selfMs = new Map(nodes.map(({ id }) => [id, 0]));
  for (const [index, id] of samples.entries()) {
    selfMs.set(id, selfMs.get(id) + timeDeltas[index] / MICROS_PER_MS);
  }
  const groups = new Map();
  const files = new Map();
  const functions = new Map();
  let totalMs = 0;
  for (const { id, callFrame } of nodes) {
    const ms = selfMs.get(id);
    if (callFrame.functionName === IDLE || ms === 0) continue;
    totalMs += ms;
    const file = toFile(callFrame);
    const name = callFrame.functionName || '(anonymous)';
    add(groups, toGroup(file), ms);
    add(files, file, ms);
    add(functions, callFrame.url ? `${name} ${file}:${callFrame.lineNumber + 1}` : name, ms);
  }
  return { totalMs, groups: sort(groups), files: sort(files), functions: sort(functions) };
}

/** `src/billing/…`, `undici/lib/…`, `node:net`, or what V8 calls its own work, such as `(garbage collector)`. */
function toFile({ url, functionName }) {
  if (!url) return functionName.startsWith('(') ? functionName : '(native)';
  if (url.startsWith('node:')) return url;
  const path = decodeURIComponent(url.replace(/^file:\/\//, ''));
  const [, inside] = /.*\/node_modules\/(.*)$/.exec(path) ?? [];
  if (inside) return inside;
  return path.replace(/^.*\/dist\//, 'src/');
}

function toGroup(file) {
  if (file.startsWith('(')) return file;
  const parts = file.split('/');
  const depth = file.startsWith('src/') || file.startsWith('@') ? 2 : 1;
  return parts.slice(0, depth).join('/');
}

function add(sums, name, ms) {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}

function sort(sums) {
  return [...sums]
    .map(([name, selfMs]) => ({ name, selfMs }))
    .toSorted((left, right) => right.selfMs - left.selfMs);
}

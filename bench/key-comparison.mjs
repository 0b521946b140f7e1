/**
 * Shows that checking an API key takes as long however much of it is right: no character can be guessed by the clock.
 * Keys that share 0 to 55 characters with the stored one, and the right one, are checked in turn, thousands of times
 * each, and the medians compared with how far the same kind of key, measured twice, differs from itself.
 *
 *   node bench/key-comparison.mjs     after `npm run build`
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toPercentiles } from './percentiles.mjs';

const DIST = process.env.BENCH_DIST ?? join(import.meta.dirname, '../dist');
const ROUNDS = 400;
const CHECKS_A_SAMPLE = 200;
const WARM_UP_ROUNDS = 40;
const NS_PER_MS = 1_000_000;
const SHARED = [0, 8, 13, 14, 24, 34, 44, 54, 55];

const load = (path) => import(pathToFileURL(join(DIST, path)).href);
const { newApiKey } = await load('auth/domain/api-key.js');
const { isSameDigest, sha256 } = await load('auth/domain/opaque-token.js');

const stored = newApiKey();
const storedDigest = sha256(stored);

/** The stored key up to here, then other characters. */
function shareUpTo(length) {
  const spoilt = stored.slice(length).replaceAll(/./g, (letter) => (letter === 'a' ? 'b' : 'a'));
  return stored.slice(0, length) + spoilt;
}

const kinds = [
  ...SHARED.map((length) => ({ label: `${length} characters right`, key: shareUpTo(length) })),
  { label: 'all 56 right', key: stored },
  { label: '0 characters right, again', key: shareUpTo(0) },
].map((kind) => ({ ...kind, timesMs: [] }));

let found = 0;
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  // Another order each round, so that no kind always follows the same one.
  for (let step = 0; step < kinds.length; step += 1) {
    const kind = kinds[(step * 5 + Math.abs(round)) % kinds.length];
    const startedAtMs = performance.now();
    for (let check = 0; check < CHECKS_A_SAMPLE; check += 1) {
      if (isSameDigest(storedDigest, sha256(kind.key))) found += 1;
    }
    const tookMs = performance.now() - startedAtMs;
    if (round >= 0) kind.timesMs.push(tookMs / CHECKS_A_SAMPLE);
  }
}

const toNs = (ms) => Math.round(ms * NS_PER_MS);
const medians = kinds.map(({ label, timesMs }) => [label, toNs(toPercentiles(timesMs).p50Ms)]);
const values = medians.map(([, ns]) => ns);
const [first = 0] = values;
console.log('| key presented | median ns a check |\n| --- | ---: |');
for (const [label, ns] of medians) console.log(`| ${label} | ${ns} |`);
console.log(
  `\nspread over all kinds ${Math.max(...values) - Math.min(...values)} ns; the same kind twice ${Math.abs(first - (values.at(-1) ?? 0))} ns; ${found} checks found the right key`,
);

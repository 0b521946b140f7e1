/**
 * All rounds of the long proofs, first on the embedded set, then, where TEST_DATABASE_URL and TEST_REDIS_URL are given,
 * on the large one. PROOF_ROUNDS says how many, 20 unless told: kills, histories and seconds go with it. Further
 * parameters choose files or tests for vitest.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './project.mjs';

const ROUNDS = '20';
/** The proof projects, and what is long enough elsewhere to be played at length. */
const FILES = ['test/proof/', 'test/integration/money-model'];
const { TEST_DATABASE_URL, TEST_REDIS_URL, ...rest } = process.env;
const services = { TEST_DATABASE_URL, TEST_REDIS_URL };
const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);

const given = process.argv.slice(2);
const chosen = given.some((one) => one.includes('test/')) ? given : [...FILES, ...given];

let failures = run('embedded set', {});
if (TEST_DATABASE_URL && TEST_REDIS_URL) failures += run('large set', services);
else console.log('\nThe large set was not proven: give TEST_DATABASE_URL and TEST_REDIS_URL.');
process.exitCode = failures > 0 ? 1 : 0;

function run(name, environment) {
  console.log(`\n${name}`);
  const { status } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      ...['proof', 'timed-proof', 'integration'].flatMap((project) => ['--project', project]),
      '--passWithNoTests',
      ...chosen,
    ],
    { cwd: ROOT, stdio: 'inherit', env: { PROOF_ROUNDS: ROUNDS, ...rest, ...environment } },
  );
  return status === 0 ? 0 : 1;
}

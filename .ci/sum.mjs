/**
 * Adds up the vitest reports of a folder and prints the line `N passed, N failed`. What failed without a failed
 * test counts as one failure each: a broken step, a crashed suite, a test file that did not load, an empty project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of tests that each report must have run tests from. */
const FOLDERS = {
  embedded: [
    'src/',
    'test/tidy/',
    'test/contract/',
    'test/integration/',
    'test/e2e/',
    'test/proof/',
  ],
  browser: ['test/browser/'],
  services: ['test/contract/', 'test/integration/', 'test/e2e/', 'test/proof/'],
};

const [folder, brokenSteps] = process.argv.slice(2);
const totals = { passed: 0, failed: Number(brokenSteps), skipped: 0 };
const names = readdirSync(folder).filter((name) => name.endsWith('.status'));
for (const name of names) add(name.replace(/\.status$/, ''));
for (const name of Object.keys(FOLDERS)) {
  if (!names.includes(`${name}.status`)) count(`suite ${name} did not run`);
}
if (totals.passed === 0 && totals.failed === 0) totals.failed = 1;
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

function add(suite) {
  const file = join(folder, `${suite}.json`);
  if (!existsSync(file)) return count(`suite ${suite} crashed without a report`);
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const failedBefore = totals.failed;
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  for (const { name, status, assertionResults } of report.testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed');
    for (const failure of failures) console.log(`failed  ${suite}: ${toLine(name, failure)}`);
    if (status === 'failed' && failures.length === 0) count(`${name} did not load`);
  }
  const paths = report.testResults
    .filter(({ assertionResults }) => assertionResults.length > 0)
    .map(({ name }) => name);
  for (const part of FOLDERS[suite] ?? []) {
    if (!paths.some((path) => path.includes(`/${part}`)))
      count(`${suite}: no test ran from ${part}`);
  }
  const status = readFileSync(join(folder, `${suite}.status`), 'utf8').trim();
  if (status !== '0' && totals.failed === failedBefore)
    count(`suite ${suite} ended with ${status}`);
}

/** File, title and the first line of the message. */
function toLine(name, { fullName, failureMessages }) {
  const [message = ''] = (failureMessages[0] ?? '').split('\n');
  return `${name.replace(/^.*\/(?=src\/|test\/)/, '')}: ${fullName}: ${message}`.slice(0, 300);
}

function count(message) {
  totals.failed += 1;
  console.log(`FAILED  ${message}`);
}

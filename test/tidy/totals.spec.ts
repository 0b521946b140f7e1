/** Proves that the closing line of CI hides no failure: crashed suites, files that did not load, empty folders. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './source-files.js';

const FOLDERS = [
  'src',
  'test/tidy',
  'test/contract',
  'test/integration',
  'test/e2e',
  'test/browser',
  'test/proof',
];

let reports: string;

beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'atelier-totals-'));
});

afterEach(() => rmSync(reports, { recursive: true }));

/** A vitest report with one test from each folder; `changes` replaces parts of it. */
function write(suite: string, status = 0, changes: Record<string, unknown> = {}): void {
  const testResults = FOLDERS.map((folder) => ({
    name: `/house/${folder}/a.spec.ts`,
    status: 'passed',
    assertionResults: [{ status: 'passed' }],
  }));
  const numbers = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  const report = { ...numbers, testResults, ...changes };
  writeFileSync(join(reports, `${suite}.json`), JSON.stringify(report));
  writeFileSync(join(reports, `${suite}.status`), `${status}\n`);
}

function sum(brokenSteps = 0): { line: string | undefined; status: number | null } {
  const parameters = [join(ROOT, '.ci/sum.mjs'), reports, String(brokenSteps)];
  const { stdout, status } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
  return { line: stdout.trim().split('\n').at(-1), status };
}

describe('closing line of CI', () => {
  beforeEach(() => {
    write('embedded');
    write('services');
    write('browser', 0, { numPassedTests: 0 });
  });

  it('adds up the suites', () => {
    expect(sum()).toEqual({ line: '10 passed, 0 failed', status: 0 });
  });

  it('counts failed tests once, although the suite also ended with a failure', () => {
    write('services', 1, { numPassedTests: 3, numFailedTests: 2 });
    expect(sum()).toEqual({ line: '8 passed, 2 failed', status: 1 });
  });

  it('counts a broken step', () => {
    expect(sum(1)).toEqual({ line: '10 passed, 1 failed', status: 1 });
  });

  it('counts a suite that left no report', () => {
    rmSync(join(reports, 'services.json'));
    expect(sum()).toEqual({ line: '5 passed, 1 failed', status: 1 });
  });

  it('counts a suite that was never started', () => {
    rmSync(join(reports, 'services.json'));
    rmSync(join(reports, 'services.status'));
    expect(sum()).toEqual({ line: '5 passed, 1 failed', status: 1 });
  });

  it('counts an error outside the tests', () => {
    write('services', 1);
    expect(sum()).toEqual({ line: '10 passed, 1 failed', status: 1 });
  });

  it('counts a test file that did not load', () => {
    const broken = { name: '/house/test/e2e/b.spec.ts', status: 'failed', assertionResults: [] };
    const sound = FOLDERS.map((folder) => ({
      name: `/house/${folder}/a.spec.ts`,
      status: 'passed',
      assertionResults: [{ status: 'passed' }],
    }));
    write('services', 1, { testResults: [...sound, broken] });
    expect(sum()).toEqual({ line: '10 passed, 1 failed', status: 1 });
  });

  it('counts a folder from which no test ran', () => {
    write('services', 0, { testResults: [] });
    expect(sum()).toEqual({ line: '10 passed, 4 failed', status: 1 });
  });

  it('tells of skipped tests', () => {
    write('services', 0, { numPendingTests: 1, numTodoTests: 1 });
    expect(sum()).toEqual({ line: '10 passed, 0 failed, 2 skipped', status: 0 });
  });
});

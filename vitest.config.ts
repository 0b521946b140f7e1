import { defineConfig } from 'vitest/config';
import { installationKind } from './test/setup/services.js';
import { ProofTableReporter } from './test/setup/proof-table.reporter.js';

/** Waits that a loaded two-core machine still keeps. */
const HOOK_TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 60_000;

/** What is proven against simulators alone, whatever database and queue there are. */
const VENDOR_SPECS = [
  'test/contract/{chat,embedding,image}-provider*.spec.ts',
  'test/contract/simulator*.spec.ts',
  'test/contract/*-package.spec.ts',
];

/** What is proven of the surface and of vendors, whatever is below: once, on the embedded set. */
const SURFACE_SPECS = [
  'test/e2e/clients/**',
  'test/e2e/{api-document,api-page,bad-credentials,bad-input,bad-requests,conformance}.e2e-spec.ts',
  'test/e2e/{error-rules,mass-assignment,media-hostile-files,moderations,openai-models}.e2e-spec.ts',
  'test/e2e/{other-vendors,path-tricks,sso-hostile,sso-providers,sso-sign-in}.e2e-spec.ts',
  'test/e2e/openai-{image-edits,image-limits,image-streams,vendor,vendor-faults}.e2e-spec.ts',
];

/** What measures time, or counts what happens in a window of it: alone on the machine. */
const TIMED_PROOFS = `test/proof/{,${installationKind()}/}{fairness,rate-limit,revocation}.proof-spec.ts`;

const common = {
  hookTimeout: HOOK_TIMEOUT_MS,
  testTimeout: TEST_TIMEOUT_MS,
  setupFiles: ['test/setup/reflect.ts', 'test/setup/tidy-worker.ts'],
  pool: 'forks' as const,
  // Loading the application costs more than most files take: a worker does it once, and tidy-worker.ts holds every
  // file to leaving the worker as it found it.
  isolate: false,
};

export default defineConfig({
  test: {
    // Half of a file's time is waiting, for the database, for a window of time: two processors carry four.
    maxWorkers: 4,
    // Seven projects and four workers transform a file once, and the next run does not at all.
    experimental: { fsModuleCache: true },
    reporters: ['default', new ProofTableReporter()],
    projects: [
      { test: { ...common, name: 'unit', include: ['src/**/*.spec.ts', 'bench/**/*.spec.mjs'] } },
      { test: { ...common, name: 'tidy', include: ['test/tidy/**/*.spec.ts'] } },
      { test: { ...common, name: 'vendors', include: VENDOR_SPECS } },
      {
        test: {
          ...common,
          name: 'contract',
          include: ['test/contract/**/*.spec.ts'],
          exclude: VENDOR_SPECS,
        },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.e2e-spec.ts'],
          exclude: installationKind() === 'large' ? SURFACE_SPECS : [],
        },
      },
      {
        test: {
          ...common,
          name: 'proof',
          include: [`test/proof/{,${installationKind()}/}*.proof-spec.ts`],
          exclude: [TIMED_PROOFS],
          globalSetup: ['test/setup/build-service.ts'],
          // After all else: they start processes of their own, and wait more than they work.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'timed-proof',
          include: [TIMED_PROOFS],
          globalSetup: ['test/setup/build-service.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

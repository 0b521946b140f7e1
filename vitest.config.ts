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
    // Half of a file's time is waiting, for the database, for a window of time: two processors carry three.
    maxWorkers: 3,
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
      { test: { ...common, name: 'e2e', include: ['test/e2e/**/*.e2e-spec.ts'] } },
      {
        test: {
          ...common,
          name: 'proof',
          include: [`test/proof/{,${installationKind()}/}*.proof-spec.ts`],
          globalSetup: ['test/setup/build-service.ts'],
          // One after the other and after all else: they start processes and measure time.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

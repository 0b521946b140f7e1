import { defineConfig } from 'vitest/config';

/** A browser starts slowly on a loaded two-core machine. */
const TIMEOUT_MS = 120_000;

/** Apart from the other projects: these tests need a Chromium (test/browser/install-chromium.mjs). */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser-spec.ts'],
          setupFiles: ['test/setup/reflect.ts'],
          pool: 'forks',
          fileParallelism: false,
          hookTimeout: TIMEOUT_MS,
          testTimeout: TIMEOUT_MS,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

/** Folders of tests that stand in for modules, set the environment of a whole file, or load much that no other test does. */
const ALONE = 'cli|codemods|compat|demo|docs|doctor|examples|gateway|programs|transfer';

export default defineConfig({
  // Examples import the package as their readers will.
  resolve: {
    alias: [{ find: /^rethread$/, replacement: new URL('src/index.ts', import.meta.url).pathname }],
  },
  test: {
    // By default one core is left idle, which on two cores is every other.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      // Files after one another in the same worker: to load rethread and four SDKs for each takes longer than most tests.
      {
        extends: true,
        test: { name: 'together', include: [`test/!(${ALONE})/**/*.test.ts`], isolate: false },
      },
      { extends: true, test: { name: 'alone', include: [`test/@(${ALONE})/**/*.test.ts`] } },
    ],
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Examples import the package as their readers will.
  resolve: {
    alias: [{ find: /^rethread$/, replacement: new URL('src/index.ts', import.meta.url).pathname }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // By default one core is left idle, which on two cores is every other.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

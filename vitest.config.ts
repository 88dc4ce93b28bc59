import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Examples import the package as their readers will.
  resolve: {
    alias: [{ find: /^rethread$/, replacement: new URL('src/index.ts', import.meta.url).pathname }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});

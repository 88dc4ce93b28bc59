import { defineConfig } from 'vitest/config';

/** The long forms: `npm run test:soak`. SOAK_KILLS, SOAK_RESTARTS and SOAK_ATTEMPTS make them shorter. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});

/** Runs the benchmarks as JavaScript, compiled beforehand like a release: see `compiled` in measure.ts. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const outfile = new URL('../node_modules/.cache/rethread-bench/index.mjs', import.meta.url);
await build({
  entryPoints: [fileURLToPath(new URL('index.ts', import.meta.url))],
  outfile: fileURLToPath(outfile),
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'error',
});
await import(outfile.href);

/** Runs the benchmarks as JavaScript, compiled beforehand like a release: see `compiled` in measure.ts. */
import { build } from 'esbuild';

const outfile = new URL('../node_modules/.cache/rethread-bench/index.mjs', import.meta.url);
await build({
  entryPoints: [new URL('index.ts', import.meta.url).pathname],
  outfile: outfile.pathname,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'error',
});
await import(outfile.href);

import { basename, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * A script of this folder as JavaScript, compiled beforehand as it is for a release: a loader that compiles on the way puts
 * a helper around each function, which costs rethread's side alone.
 */
export async function compiled(script: string): Promise<string> {
  // Not found by this file's own address, which is compiled too and lies elsewhere then.
  const outfile = resolve('node_modules/.cache/rethread-bench', `${basename(script, '.ts')}.mjs`);
  await build({
    entryPoints: [resolve('bench', script)],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}

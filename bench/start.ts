/** Runs the benchmarks compiled, in a process without the loader that runs this one. */
import { spawnSync } from 'node:child_process';
import { compiled } from './compiled.ts';

const script = await compiled('index.ts');
const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);

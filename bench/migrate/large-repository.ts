/**
 * `rethread migrate --check` on a generated repository of 20 000 files, 1 % with call sites, against `tsc --noEmit` on the
 * same tree and a jscodeshift run that only parses it. Wall time and peak memory of the whole process tree, in turns.
 *
 *   npm run bench:migrate [-- <files> <rounds>]
 *
 * Uses dist/, so build first. Node's default heap is too small for tsc here. Memory is read from /proc and is missing where there is none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurns, summary } from '../measure.ts';
import { generateRepository } from './generate.ts';

const files = Number(process.argv[2] ?? 20_000);
const rounds = Number(process.argv[3] ?? 3);
const directory = mkdtempSync(path.join(tmpdir(), 'rethread-large-'));
const project = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const peaks = new Map<string, number>();

/** Runs a script of Node's to its end; expects one of `codes`. */
async function run(name: string, codes: number[], script: string, ...given: string[]): Promise<void> {
  const child = spawn(process.execPath, ['--max-old-space-size=8192', script, ...given], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2000);
  });
  const watch = setInterval(
    () => peaks.set(name, Math.max(peaks.get(name) ?? 0, residentMegabytes(child))),
    100,
  );
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (!codes.includes(code)) throw new Error(`${name} ended with ${code}: ${said}`);
}

/** Resident memory of a process and all that it started, in MB. */
function residentMegabytes({ pid }: ChildProcess): number {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      parents.set(Number(entry), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      sizes.set(Number(entry), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended while the list was read.
    }
  }
  const belongs = (of: number | undefined): boolean =>
    of !== undefined && of > 1 && (of === pid || belongs(parents.get(of)));
  return [...sizes].reduce((sum, [of, size]) => (belongs(of) ? sum + size : sum), 0);
}

const contenders = {
  migrate: () => run('migrate', [1], project('dist/cli/index.js'), 'migrate', '--check', '--json'),
  tsc: () => run('tsc', [0], project('node_modules/typescript/bin/tsc'), '--noEmit'),
  jscodeshift: () =>
    run(
      'jscodeshift',
      [0],
      project('node_modules/jscodeshift/bin/jscodeshift.js'),
      ...['--transform', project('bench/migrate/parse-only.cjs')],
      ...['--extensions', 'ts', '--parser', 'ts', '--silent', 'src'],
    ),
};

try {
  generateRepository(directory, files);
  const times = await inTurns(contenders, rounds);
  const of = summary(times.migrate).median;
  console.table(
    (['migrate', 'tsc', 'jscodeshift'] as const).map((name) => {
      const { median, p10, p90 } = summary(times[name]);
      return {
        contender: name,
        files,
        seconds: (median / 1000).toFixed(2),
        spread: `${(p10 / 1000).toFixed(2)}–${(p90 / 1000).toFixed(2)}`,
        'times as long': (median / of).toFixed(2),
        'peak MB': Math.round(peaks.get(name) ?? 0) || 'unknown',
      };
    }),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}

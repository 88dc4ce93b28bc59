/** Measures in turns A, B, A, B …, so that a machine whose speed drifts does so for both. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds. */
export interface Sample {
  median: number;
  p10: number;
  p90: number;
}

function summary(values: number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** Each contender gives the milliseconds it wants counted, or is timed as a whole. */
export type Contender = () => Promise<unknown>;

/** @param rounds counted rounds, after a tenth as many that warm up */
export async function compare<Name extends string>(
  contenders: Record<Name, Contender>,
  rounds: number,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -Math.ceil(rounds / 10); round < rounds; round++) {
    for (const name of names) {
      const began = performance.now();
      const own = await contenders[name]();
      if (round >= 0) times[name].push(typeof own === 'number' ? own : performance.now() - began);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(times[name])])) as Record<Name, Sample>;
}

/** Starts a script of this folder in its own process; gives what it says first, and a way to end it. */
export async function spawn(script: string): Promise<{ said: string; end(): void }> {
  const child = fork(new URL(script, import.meta.url), { execArgv: ['--import', 'tsx'] });
  const [said] = (await once(child, 'message')) as [string];
  return { said, end: () => void child.kill() };
}

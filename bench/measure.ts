/** Measures in turns A, B, B, A …, so that a machine whose speed drifts does so for both. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from './compiled.ts';
import { clearLater } from './leftovers.ts';

export interface Sample {
  median: number;
  p10: number;
  p90: number;
}

export function summary(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** Each contender gives the milliseconds it wants counted, or is timed as a whole. */
export type Contender = () => Promise<unknown>;

/**
 * Milliseconds of each contender, round by round.
 * @param rounds counted rounds, after a quarter as many that warm up
 */
export async function inTurns<Name extends string>(
  contenders: Record<Name, Contender>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
    // Each round begins with another: what one leaves to be done meanwhile falls on all in turn.
    names.push(names.shift() as Name);
    for (const name of names) {
      const began = performance.now();
      const own = await contenders[name]();
      if (round >= 0) times[name].push(typeof own === 'number' ? own : performance.now() - began);
    }
  }
  return times;
}

/** The ratio of two contenders: that of their medians, and the spread of the rounds' own ratios. */
export function ratio(of: readonly number[], to: readonly number[]): Sample {
  const rounds = summary(of.map((value, round) => value / (to[round] as number)));
  return { ...rounds, median: summary(of).median / summary(to).median };
}

export interface Child {
  /** What it said first. */
  said: string;
  /** Asks it something and gives the answer. */
  ask(question: string): Promise<unknown>;
  end(): void;
}

/** Starts a script of this folder in a process of its own. */
export async function spawn(script: string, env: Record<string, string> = {}): Promise<Child> {
  const child = fork(await compiled(script), {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  });
  clearLater(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error(`${script} ended before it had answered.`);
  });
  gone.catch(() => {});
  const heard = async () => (await Promise.race([once(child, 'message'), gone]))[0];
  const said: string = await heard();
  return {
    said,
    ask(question) {
      child.send(question);
      return heard();
    },
    end: () => void child.kill(),
  };
}

/** Gateways and workers that are killed at random while they are under load, and started again. */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Figures, type Load, load } from './load.ts';
import { type Program, Service, worker } from './programs.ts';
import { ground, type Kind } from './services.ts';

/** Milliseconds between two kills. */
const BETWEEN = [100, 1500] as const;

/**
 * Two real gateways, of which one carries out no runs itself, and two real workers.
 * @param least kills, half of them of gateways and half of workers
 */
export async function withstandKilledWorkers(
  kind: Kind,
  asked: Load,
  least: number,
): Promise<Figures & { gateways: number; workers: number }> {
  const place = await ground(kind);
  const gateways = await Promise.all([Service.serve(place), Service.serve(place, '--api-only')]);
  const workers = await Promise.all([worker(place), worker(place)]);
  const all = [...gateways, ...workers];
  const killed = (programs: Program[]) => programs.reduce((sum, { kills }) => sum + kills, 0);
  try {
    const figures = await load(gateways, {
      ...asked,
      async meanwhile() {
        for (let kill = 0; kill < least; kill++) {
          const programs: Program[] = kill % 2 === 0 ? workers : gateways;
          await pause(randomInt(...BETWEEN));
          // One that has not come back yet has nothing under way.
          const living = () => programs.filter(({ isUp }) => isUp);
          while (living().length === 0) await pause(20);
          living()[randomInt(living().length)]?.kill();
        }
      },
    });
    checkLogs(all);
    return { ...figures, gateways: killed(gateways), workers: killed(workers) };
  } finally {
    await Promise.all(all.map((program) => program.stop()));
    await place.clear();
  }
}

/** What a program has said on its terminal is lines of its log. */
export function checkLogs(programs: readonly Program[]): void {
  for (const { said } of programs) expect(said).not.toMatch(/^\s+at |"stack"/m);
}

/** Gateways and workers killed at random while forty clients ask at once. */
import { expect, it } from 'vitest';
import { describeWith, postgres, redis } from '../services.ts';
import { withstandKilledWorkers } from './killed-workers.ts';

const ATTEMPTS = Number(process.env['SOAK_ATTEMPTS'] ?? 10_000);
const KILLS = Number(process.env['SOAK_KILLS'] ?? 200);

const withstands = (kind: 'redis' | 'postgres') => () => {
  it(`${ATTEMPTS} attempts, ${KILLS} gateways and workers killed: nothing lost, doubled, reordered or stuck`, async () => {
    const figures = await withstandKilledWorkers(
      kind,
      { attempts: ATTEMPTS, threads: 50, atOnce: 40 },
      KILLS,
    );
    console.log(kind, JSON.stringify(figures));
    expect(Math.min(figures.runs, figures.messages)).toBeGreaterThan(0);
  });
};

describeWith(redis, 'redis', withstands('redis'));
describeWith(redis.missing ? redis : postgres, 'postgres', withstands('postgres'));

/** Four processes, 50 threads, ten thousand requests at once for runs and messages. */
import { expect, it } from 'vitest';
import { describeWith, postgres, redis } from '../services.ts';
import { contend } from './contention.ts';
import type { Kind } from './services.ts';

const ATTEMPTS = Number(process.env['SOAK_ATTEMPTS'] ?? 10_000);

const contends = (kind: Kind) => () => {
  it(`${ATTEMPTS} attempts: one active run for each thread, no message lost or out of place`, async () => {
    const figures = await contend(kind, { attempts: ATTEMPTS, threads: 50, atOnce: 100 });
    console.log(kind, JSON.stringify(figures));
    expect(Math.min(figures.runs, figures.messages)).toBeGreaterThan(0);
  });
};

describeWith(redis, 'redis', contends('redis'));
describeWith(redis.missing ? redis : postgres, 'postgres', contends('postgres'));

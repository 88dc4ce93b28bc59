/** The quick form of test/soak/killed-workers.soak.ts. */
import { expect, it } from 'vitest';
import { describeWith, redis } from '../services.ts';
import { withstandKilledWorkers } from '../soak/killed-workers.ts';

describeWith(redis, 'gateways and workers on Redis that are killed under load', () => {
  it('two of each: one active run for each thread, nothing lost, doubled, reordered or stuck', async () => {
    const asked = { attempts: 60, threads: 6, atOnce: 8 };
    const { gateways, workers, runs, messages } = await withstandKilledWorkers('redis', asked, 4);
    expect([gateways, workers]).toEqual([2, 2]);
    expect(Math.min(runs, messages)).toBeGreaterThan(0);
  }, 120_000);
});

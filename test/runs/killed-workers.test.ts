/** The quick form of test/soak/killed-workers.soak.ts. */
import { expect, it } from 'vitest';
import { describeWith, redis } from '../services.ts';
import { withstandKilledWorkers } from '../soak/killed-workers.ts';

describeWith(redis, 'gateways and workers on Redis that are killed under load', () => {
  it('one of each: one active run for each thread, nothing lost, doubled, reordered or stuck', async () => {
    const asked = { attempts: 40, threads: 5, atOnce: 8 };
    const { gateways, workers, runs, messages } = await withstandKilledWorkers('redis', asked, 2);
    expect([gateways, workers]).toEqual([1, 1]);
    expect(Math.min(runs, messages)).toBeGreaterThan(0);
  }, 120_000);
});

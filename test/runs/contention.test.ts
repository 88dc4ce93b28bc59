/** The quick form of test/soak/contention.soak.ts. */
import { expect, it } from 'vitest';
import { describeWith, redis } from '../services.ts';
import { contend } from '../soak/contention.ts';

describeWith(redis, 'two processes on Redis', () => {
  it('150 requests at once for runs and messages on 10 threads: one active run each, no message lost or out of place', async () => {
    const { runs, messages, refused } = await contend('redis', { attempts: 150, threads: 10, atOnce: 20 }, 2);
    expect(Math.min(runs, messages, refused)).toBeGreaterThan(0);
  }, 120_000);
});

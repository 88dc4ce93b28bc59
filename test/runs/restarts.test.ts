/** The quick form of test/soak/restarts.soak.ts, which has PostgreSQL too. */
import { expect, it } from 'vitest';
import { describeWith } from '../services.ts';
import { withstandRestarts } from '../soak/restarts.ts';
import { redisServer } from '../soak/servers.ts';

describeWith(redisServer, 'a Redis that is killed, and stopped, under load', () => {
  it('requests fail with 5xx, then all goes on by itself, and nothing that was acknowledged is lost', async () => {
    const asked = { attempts: 40, threads: 5, atOnce: 8 };
    const outages = { restarts: 2, away: [100, 1500], between: [300, 1000] } as const;
    const { failures, orderly, killed } = await withstandRestarts('redis', asked, outages);
    expect(failures).toBeGreaterThan(0);
    expect(orderly + killed).toBe(2);
  }, 120_000);
});

/** The quick form of test/soak/restarts.soak.ts. */
import { expect, it } from 'vitest';
import { describeWith } from '../services.ts';
import { withstandRestarts } from '../soak/restarts.ts';
import { postgresServer, redisServer } from '../soak/servers.ts';

const ASKED = { attempts: 40, threads: 5, atOnce: 8 };

const withstands = (kind: 'redis' | 'postgres', restarts: number) => () => {
  it('requests fail with 5xx, then all goes on by itself, and nothing that was acknowledged is lost', async () => {
    const outages = { restarts, away: [100, 1500], between: [300, 1000] } as const;
    const { failures, orderly, killed } = await withstandRestarts(kind, ASKED, outages);
    expect(failures).toBeGreaterThan(0);
    expect(orderly + killed).toBe(restarts);
  }, 120_000);
};

describeWith(redisServer, 'Redis is killed, and restarted, under load', withstands('redis', 2));
describeWith(
  redisServer.missing ? redisServer : postgresServer,
  'PostgreSQL, and the Redis beside it, are killed under load',
  withstands('postgres', 2),
);

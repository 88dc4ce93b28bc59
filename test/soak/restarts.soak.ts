/** Servers of Redis and PostgreSQL that are stopped, or killed, and started again while forty clients ask at once. */
import { expect, it } from 'vitest';
import { describeWith } from '../services.ts';
import { withstandRestarts } from './restarts.ts';
import { postgresServer, redisServer } from './servers.ts';

const ATTEMPTS = Number(process.env['SOAK_ATTEMPTS'] ?? 10_000);
const RESTARTS = Number(process.env['SOAK_RESTARTS'] ?? 20);

const withstands = (kind: 'redis' | 'postgres') => () => {
  it(`${ATTEMPTS} attempts, ${RESTARTS} restarts: errors, then recovery, and nothing lost that was acknowledged`, async () => {
    const figures = await withstandRestarts(
      kind,
      { attempts: ATTEMPTS, threads: 50, atOnce: 40 },
      { restarts: RESTARTS, away: [0, 5000], between: [1000, 4000] },
    );
    console.log(kind, JSON.stringify(figures));
    expect(figures.failures).toBeGreaterThan(0);
  });
};

describeWith(redisServer, 'redis', withstands('redis'));
describeWith(redisServer.missing ? redisServer : postgresServer, 'postgres', withstands('postgres'));

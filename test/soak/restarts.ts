/** Servers of Redis and PostgreSQL that are stopped, or killed, and started again while gateways and workers are under load. */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { checkLogs } from './killed-workers.ts';
import { type Figures, type Load, load } from './load.ts';
import { Service, worker } from './programs.ts';
import { Server, type Stop } from './servers.ts';
import { type Failure, ground } from './services.ts';

export interface Outages {
  restarts: number;
  /** How long a server is away, in ms. */
  away: readonly [number, number];
  /** How long all is well between two restarts, in ms. */
  between: readonly [number, number];
}

export interface OutageFigures extends Figures {
  orderly: number;
  killed: number;
  /** Answers after which clients asked again. */
  failures: number;
}

/** Two real gateways and a real worker, whose servers go away in turn; nobody but them is started again. */
export async function withstandRestarts(
  kind: 'redis' | 'postgres',
  asked: Load,
  { restarts, away, between }: Outages,
): Promise<OutageFigures> {
  const redis = await Server.redis();
  const postgres = kind === 'postgres' ? await Server.postgres() : undefined;
  const servers = [redis, ...(postgres ? [postgres] : [])];
  const place = await ground(kind, { redis: redis.url, ...(postgres && { postgres: postgres.url }) });
  const gateways = await Promise.all([Service.serve(place), Service.serve(place, '--api-only')]);
  const programs = [...gateways, await worker(place)];
  const done = { orderly: 0, killed: 0 };
  let failures = 0;

  try {
    const figures = await load(gateways, {
      ...asked,
      tell(failure) {
        failures += 1;
        checkFailure(failure);
      },
      async meanwhile() {
        for (let restart = 0; restart < restarts; restart++) {
          await pause(randomInt(...between));
          // Each server in each manner, as often as the other.
          const server = servers[restart % servers.length] as Server;
          await goAway(server, (restart / servers.length) % 2 < 1 ? 'killed' : 'orderly');
        }
      },
    });
    checkLogs(programs);
    expect(programs.map(({ lives }) => lives)).toEqual(programs.map(() => 1));
    return { ...figures, ...done, failures };
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    await place.clear();
    await Promise.all(servers.map((server) => server.clear()));
  }

  async function goAway(server: Server, how: Stop): Promise<void> {
    await server.down(how);
    await becomes(503);
    await pause(randomInt(...away));
    await server.up();
    await becomes(200);
    done[how] += 1;
  }

  /** Whoever spreads requests over the gateways learns which of them can answer. */
  async function becomes(status: number): Promise<void> {
    const statuses = () =>
      Promise.all(gateways.map(async ({ url }) => (await fetch(new URL('/readyz', url))).status));
    await expect.poll(statuses, { timeout: 10_000, interval: 50 }).toEqual(gateways.map(() => status));
  }
}

/** §2.9: the envelope, a status after which clients ask again, and nothing of the inside of the house. */
function checkFailure({ status, body, headers }: Failure): void {
  expect(status).toBeGreaterThanOrEqual(500);
  expect(headers.get('x-should-retry')).not.toBe('false');
  expect(body.error).toMatchObject({ type: 'server_error', param: null, code: null });
  expect(body.error.message).toMatch(/^[A-Z].*[.)]$/);
  expect(body.error.message).not.toMatch(/127\.0\.0\.1|redis|postgres|upstream|\n/i);
}

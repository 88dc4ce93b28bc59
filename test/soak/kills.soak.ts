/** Processes killed at random points of runs, two hundred times for each store. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeWith, postgres, redis } from '../services.ts';
import { withstandKills } from './kills.ts';
import type { Kind } from './services.ts';

const KILLS = Number(process.env['SOAK_KILLS'] ?? 200);

function withstands(kind: Kind) {
  test(`${KILLS} kills: nothing that was acknowledged is lost, doubled or stuck`, async () => {
    const figures = await withstandKills(kind, KILLS, 6, 3);
    console.log(kind, JSON.stringify(figures));
    expect(figures.kills).toBeGreaterThanOrEqual(KILLS);
  });
}

describe('file', () => withstands('file'));
describe('file, with responses made in the background', () => {
  beforeAll(() => void vi.stubEnv('RETHREAD_BACKGROUND', 'true'));
  afterAll(() => void vi.unstubAllEnvs());
  withstands('file');
});
describeWith(redis, 'redis', () => withstands('redis'));
describeWith(redis.missing ? redis : postgres, 'postgres', () => withstands('postgres'));

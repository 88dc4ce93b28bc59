/** The quick form of test/soak/kills.soak.ts. */
import { expect, test } from 'vitest';
import { withstandKills } from '../soak/kills.ts';

test('five processes killed at random points of runs: nothing that was acknowledged is lost, doubled or stuck', async () => {
  const { kills, runs } = await withstandKills('file', 5, 2);
  expect(kills).toBeGreaterThanOrEqual(5);
  expect(runs).toBeGreaterThan(0);
}, 90_000);

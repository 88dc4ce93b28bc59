/** Several rethreads over one set of data, as if each were a process of its own, with one simulator behind them all. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Assistants, createAssistants, type RethreadOptions } from '../../src/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from '../store/helpers/clean.ts';
import { BASE_URL, type Rig, rig } from '../surface/harness.ts';

export type Shared = 'file' | 'redis' | 'postgres';

export interface Cluster {
  sim: Simulator;
  /** The options that all members share. */
  options: RethreadOptions;
  /** Another process at work on the same data. */
  member(options?: RethreadOptions): Rig;
  /** Ends all members, and leaves nothing of the data. */
  clear(): Promise<void>;
}

export async function cluster(shared: Shared, given: RethreadOptions = {}): Promise<Cluster> {
  const namespace = `cluster_${randomBytes(5).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), 'rethread-cluster-'));
  const stores = { file: `file:${directory}`, redis: redis.url, postgres: postgres.url };
  const options: RethreadOptions = {
    store: stores[shared],
    namespace,
    ...(shared !== 'file' && { queue: redis.url }),
    recoverAfter: 1,
    ...given,
  };
  const sim = createSimulator();
  const members: Assistants[] = [];
  return {
    sim,
    options,
    member(more = {}) {
      const assistants = createAssistants({
        log: () => {},
        upstream: { baseURL: BASE_URL, apiKey: 'sk-sim', fetch: sim.fetch as typeof fetch },
        ...options,
        ...more,
      });
      members.push(assistants);
      return rig({ simulator: sim, assistants });
    },
    async clear() {
      await Promise.all(members.map((member) => member.close({ timeout: 0 })));
      if (shared !== 'file') await dropKeys(redis.url, namespace);
      if (shared === 'postgres') await dropTable(postgres.url, namespace);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

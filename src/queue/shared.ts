/** What processes share beside their data, at one address of Redis: events, rate limits, and the line of runs. */
import type { Delegate, RunJob, Verdict } from '../runs/delegate.ts';
import type { Lanes } from '../runs/lanes.ts';
import { hash } from '../store/hash.ts';
import { connectRedis, disconnect } from './connection.ts';
import { createNotices } from './notices.ts';
import { openRedisBuses, type RedisBuses } from './redis-bus.ts';
import { openRunQueue } from './run-queue.ts';
import { createRunning, type Running } from './running.ts';

export interface Shared {
  buses: RedisBuses;
  lanes: Lanes;
  delegate: Delegate;
  running: Running;
  /** Begins to do the jobs that stand in line. */
  work(
    work: (job: RunJob, tell: (verdict: Verdict) => void) => Promise<number | undefined>,
    concurrency: number,
  ): Promise<void>;
  /** Takes no more jobs. */
  pause(): Promise<void>;
  /** @throws where the server does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How long a create call waits for the upstream's yes or no before it answers `queued` all the same. */
const GRACE_MS = 2_000;

/** @throws StoreError `bad_target`, `missing_package`, `unreachable` */
export async function openShared(
  url: string,
  namespace: string,
  leaseMs: number,
  onError: (error: unknown) => void,
): Promise<Shared> {
  const buses = await openRedisBuses(url, namespace);
  const [redis, listener, queue] = await Promise.all([
    connectRedis(url, 'quick'),
    connectRedis(url, 'patient'),
    openRunQueue(url, namespace, leaseMs, onError),
  ]);
  const notices = createNotices(listener);
  const verdicts = (runId: string) => `${namespace}:verdict:${runId}`;
  const laneKey = (lane: string) => `${namespace}:lane:${hash(lane)}`;

  return {
    buses,
    lanes: {
      async heldFor(lane) {
        // Where nobody can be asked, the upstream will say.
        return Math.max(0, await redis.pttl(laneKey(lane)).catch(() => 0));
      },
      async hold(lane, ms) {
        const whole = Math.ceil(ms);
        if (whole > 0) await redis.set(laneKey(lane), 1, 'PX', whole).catch(onError);
      },
    },
    delegate: {
      add: (job) => queue.add(job),
      async addAndWait(job) {
        const listening = notices.listen(verdicts(job.runId));
        try {
          await listening.ready;
          await queue.add(job);
          const verdict = await listening.next(GRACE_MS);
          return verdict ? (JSON.parse(verdict) as Verdict) : {};
        } finally {
          listening.close();
        }
      },
    },
    running: createRunning(redis, url, namespace),
    work: (work, concurrency) =>
      queue.work(
        (job) =>
          work(
            job,
            (verdict) => void redis.publish(verdicts(job.runId), JSON.stringify(verdict)).catch(() => {}),
          ),
        concurrency,
      ),
    pause: () => queue.pause(),
    async ping() {
      await redis.ping();
    },
    async close() {
      await queue.close();
      await buses.close();
      await notices.close();
      await disconnect(redis);
    },
  };
}

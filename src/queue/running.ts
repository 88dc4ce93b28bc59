/**
 * The runs that each owner has going, in all processes that share the queue: those that stand in line, and those that
 * are being carried out. A sorted set for each owner, by when a run expires at the latest; so one whose end nobody could
 * note is not counted for ever.
 */
import type { Redis } from 'ioredis';
import type { Run } from '../assistants/types.ts';
import { wrap } from '../store/errors.ts';

export interface Running {
  /** How many runs an owner has going. @throws StoreError `failed` */
  count(owner: string): Promise<number>;
  /** Counts a run in. @returns how many others there are @throws StoreError `failed` */
  enter(owner: string, run: Pick<Run, 'id' | 'expires_at'>): Promise<number>;
  /** The run has ended, or waits for its caller. */
  leave(owner: string, runId: string): void;
}

/** @param redis on which what is asked while the server is away fails at once */
export function createRunning(redis: Redis, url: string, namespace: string): Running {
  const keyOf = (owner: string) => `${namespace}:running:${encodeURIComponent(owner)}`;
  const attempt = <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      throw wrap('failed', url, 'cannot count the runs in progress', error);
    });
  return {
    count: (owner) => attempt(redis.zcount(keyOf(owner), `(${Date.now()}`, '+inf')),
    async enter(owner, { id, expires_at }) {
      const key = keyOf(owner);
      const until = expires_at === null ? '+inf' : expires_at * 1000;
      const results = await attempt(
        redis
          .multi()
          .zremrangebyscore(key, '-inf', Date.now())
          .zrem(key, id)
          .zcard(key)
          .zadd(key, until, id)
          .exec(),
      );
      return results?.[2]?.[1] as number;
    },
    leave(owner, runId) {
      redis.zrem(keyOf(owner), runId).catch(() => {});
    },
  };
}

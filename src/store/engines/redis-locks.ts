/** Locks and leases that every host reaches: verrou over ioredis. */
import type { Locks, ProcessMutexes } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { connectRedis, disconnect } from './redis-connection.ts';

export const REDIS_PACKAGES = ['@keyv/redis', 'ioredis'];

/** A look takes one round trip. */
const RETRY_MS = 10;

/**
 * @param target of the Redis server
 * @param mutexes of this process for the same data
 */
export async function redisLocks(
  target: string,
  mutexes: ProcessMutexes,
  options: ResolvedOptions,
): Promise<Locks> {
  const connection = await connectRedis(target, 'quick', REDIS_PACKAGES, 'the server');
  const [{ RedisStore }, { SharedLocks }] = await Promise.all([
    import('@verrou/core/drivers/redis'),
    import('../shared-locks.ts'),
  ]);
  return new SharedLocks({
    driver: new RedisStore({ connection }),
    reach: 'cluster',
    mutexes,
    target,
    prefix: `${options.namespace}-`,
    ttlMs: options.lockTtlMs,
    retryMs: RETRY_MS,
    close: () => disconnect(connection),
  });
}

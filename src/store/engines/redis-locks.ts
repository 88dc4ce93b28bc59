/** Locks and leases that every host reaches: verrou over ioredis. */
import { StoreError, wrap } from '../errors.ts';
import type { Locks, ProcessMutexes } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { loadOptional } from './optional.ts';

export const REDIS_PACKAGES = ['@keyv/redis', 'ioredis'];

export const CONNECT_TIMEOUT_MS = 5000;

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
  mustBeUrl(target);
  const { Redis } = await loadOptional('redis://', REDIS_PACKAGES, 'ioredis', () => import('ioredis'));
  const [{ RedisStore }, { SharedLocks }] = await Promise.all([
    import('@verrou/core/drivers/redis'),
    import('../shared-locks.ts'),
  ]);
  let connected = false;
  let refusal: unknown;
  const connection = new Redis(target, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempts) => (connected ? backoff(attempts) : null),
  });
  connection.on('error', (error) => {
    refusal = error;
  });
  try {
    await connection.connect();
    connected = true;
  } catch (error) {
    connection.disconnect();
    throw wrap('unreachable', target, 'cannot connect to the server', refusal ?? error);
  }
  return new SharedLocks({
    driver: new RedisStore({ connection }),
    reach: 'cluster',
    mutexes,
    target,
    prefix: `${options.namespace}-`,
    ttlMs: options.lockTtlMs,
    retryMs: RETRY_MS,
    close: async () => {
      // a connection that is already gone can't say goodbye
      await connection.quit().catch(() => connection.disconnect());
    },
  });
}

/** Pauses before another attempt to reach a server that went away, in ms. */
export function backoff(attempts: number): number {
  return Math.min(50 * 2 ** attempts, 2000);
}

export function mustBeUrl(target: string): void {
  const isRedis = /^rediss?:/.test(target);
  if (isRedis && URL.canParse(target)) return;
  throw new StoreError('bad_target', target, 'not a valid URL, as in redis://host:6379');
}

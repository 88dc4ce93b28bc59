/** Connections to the Redis where processes meet. */
import type { Redis } from 'ioredis';
import { loadOptional } from '../store/engines/optional.ts';
import { backoff, CONNECT_TIMEOUT_MS, mustBeUrl } from '../store/engines/redis-locks.ts';
import { wrap } from '../store/errors.ts';

/** What a queue in Redis needs. */
export const QUEUE_PACKAGES = ['bullmq', 'ioredis'];

/**
 * `quick`: what is asked while the server is away fails at once. `patient`: it waits for the server's return, as what
 * blocks or subscribes has to.
 */
export type Manner = 'quick' | 'patient';

/** @throws StoreError `bad_target`, `missing_package`, `unreachable` */
export async function connectRedis(url: string, manner: Manner): Promise<Redis> {
  mustBeUrl(url);
  const { Redis } = await loadOptional('redis://', QUEUE_PACKAGES, 'ioredis', () => import('ioredis'));
  let connected = false;
  let refusal: unknown;
  const connection = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: manner === 'patient',
    maxRetriesPerRequest: manner === 'patient' ? null : 0,
    retryStrategy: (attempts) => (connected ? backoff(attempts) : null),
  });
  connection.on('error', (error) => {
    refusal = error;
  });
  try {
    await connection.connect();
    connected = true;
    return connection;
  } catch (error) {
    connection.disconnect();
    throw wrap('unreachable', url, 'cannot connect to the queue', refusal ?? error);
  }
}

/** Says goodbye, unless the server is away. */
export async function disconnect(connection: Redis): Promise<void> {
  if (connection.status === 'ready') await connection.quit().catch(() => {});
  connection.disconnect();
}

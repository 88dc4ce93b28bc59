/** Connections to the Redis where processes meet. */
import type { Redis } from 'ioredis';
import * as redis from '../store/engines/redis-connection.ts';

export { disconnect } from '../store/engines/redis-connection.ts';

/** What a queue in Redis needs. */
export const QUEUE_PACKAGES = ['bullmq', 'ioredis'];

/** @throws StoreError `bad_target`, `missing_package`, `unreachable` */
export const connectRedis = (url: string, manner: redis.Manner): Promise<Redis> =>
  redis.connectRedis(url, manner, QUEUE_PACKAGES, 'the queue');

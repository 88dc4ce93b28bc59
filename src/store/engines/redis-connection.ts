/** Connections to a Redis, for locks and for what processes tell each other. */
import type { Redis } from 'ioredis';
import { StoreError, wrap } from '../errors.ts';
import { loadOptional } from './optional.ts';

export const CONNECT_TIMEOUT_MS = 5000;

/**
 * `quick`: what is asked while the server is away fails at once. `patient`: it waits for the server's return, as what
 * blocks or subscribes has to.
 */
export type Manner = 'quick' | 'patient';

/**
 * @param packages what has to be installed, as an error is to say it
 * @param what it is, as an error is to say it: `the server`
 * @throws StoreError `bad_target`, `missing_package`, `unreachable`
 */
export async function connectRedis(
  target: string,
  manner: Manner,
  packages: readonly string[],
  what: string,
): Promise<Redis> {
  mustBeUrl(target);
  const { Redis } = await loadOptional('redis://', packages, 'ioredis', () => import('ioredis'));
  let connected = false;
  let refusal: unknown;
  const connection = new Redis(target, {
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
    throw wrap('unreachable', target, `cannot connect to ${what}`, refusal ?? error);
  }
}

/** Says goodbye, unless the server is away. */
export async function disconnect(connection: Redis): Promise<void> {
  if (connection.status === 'ready') await connection.quit().catch(() => {});
  connection.disconnect();
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

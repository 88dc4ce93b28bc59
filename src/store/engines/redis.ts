/** `redis://…`: Keyv's Redis adapter for data, verrou's Redis driver for locks. */
import { Keyv } from 'keyv';
import type { Engine } from '../engine.ts';
import { StoreError, wrap } from '../errors.ts';
import { processLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { newKeyv } from './new-keyv.ts';
import { loadOptional } from './optional.ts';
import { backoff, CONNECT_TIMEOUT_MS, mustBeUrl } from './redis-connection.ts';
import { REDIS_PACKAGES, redisLocks } from './redis-locks.ts';

export async function openRedis(target: string, options: ResolvedOptions): Promise<Engine> {
  mustBeUrl(target);
  const { default: KeyvRedis, createClient } = await loadOptional(
    'redis://',
    REDIS_PACKAGES,
    '@keyv/redis',
    () => import('@keyv/redis'),
  );
  let connected = false;
  const client = createClient({
    url: target,
    // what is asked while the server is away fails at once, instead of waiting for ever
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      // the first attempt tells the user what is wrong; later ones bring the connection back
      reconnectStrategy: (attempts, cause) => (connected ? backoff(attempts) : cause),
    },
  });
  client.on('error', () => {});
  try {
    await client.connect();
    connected = true;
    await warnOfEviction(await client.info('memory'), target, options);
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw wrap('unreachable', target, 'cannot connect to the server', error);
  }
  const disconnect = async () => {
    // what is under way is finished first, unless the connection is gone
    if (client.isReady) await client.close().catch(() => {});
    if (client.isOpen) client.destroy();
  };
  try {
    const { host, pathname } = new URL(target);
    const { mutexes } = processLocks(`redis:${host}${pathname}:${options.namespace}`);
    const locks = await redisLocks(options.locks ?? target, mutexes, options);
    const adapter = new KeyvRedis(client, { throwOnErrors: true, throwOnConnectError: true });
    const keyv = newKeyv(Keyv, adapter);
    const close = async () => {
      await locks.close();
      await disconnect();
    };
    return { kind: 'redis', target, keyv, atomic: true, keyPrefix: `${options.namespace}:`, locks, close };
  } catch (error) {
    await disconnect();
    throw error;
  }
}

async function warnOfEviction(info: string, target: string, options: ResolvedOptions): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const limited = /^maxmemory:([1-9]\d*)/m.test(info);
  if (!limited || !policy?.startsWith('allkeys')) return;
  const { message } = new StoreError(
    'failed',
    target,
    `the server's maxmemory-policy is ${policy}: when its memory is full it deletes threads. Set it to noeviction.`,
  );
  options.warn(message);
}

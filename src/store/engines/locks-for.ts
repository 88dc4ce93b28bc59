/** Where data without locks of their own take them from. */
import type { Locks, ProcessLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';

/** Those of this process, or those of the Redis that the store was opened with. */
export async function locksFor(own: ProcessLocks, options: ResolvedOptions): Promise<Locks> {
  if (options.locks === undefined) return own;
  const { redisLocks } = await import('./redis-locks.ts');
  return redisLocks(options.locks, own.mutexes, options);
}

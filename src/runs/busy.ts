/** What happens to a request that finds its thread busy: refused as in the original, or one of two ways users asked for. */
import { Mutex } from 'async-mutex';
import { ApiError } from '../assistants/errors.ts';
import { cancelRun } from './cancel.ts';
import type { Scope } from './scope.ts';
import { activeRun } from './settle.ts';

/** `reject`: 400 #1/#2. `enqueue`: the request waits until the thread is free. `interrupt`: the active run is cancelled. */
export type BusyThread = 'reject' | 'enqueue' | 'interrupt';

/** How often a run is looked at while waiting for it: one whose end is told here, and one of which nobody tells. */
const LOOK_MS = { shared: 2_000, alone: 250 };

/**
 * Does `work` when the thread is free, in the order of arrival.
 * @param signal the client has gone: waiting ends, and nothing is done that it would not learn of and try again
 */
export async function whenFree<T>(
  scope: Scope,
  mode: BusyThread,
  threadId: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (mode === 'reject') return work();
  const { turnstiles } = scope.clockwork;
  const turnstile = turnstiles.get(threadId) ?? new Mutex();
  turnstiles.set(threadId, turnstile);
  try {
    return await turnstile.runExclusive(async () => {
      if (mode === 'interrupt') await interrupt(scope, threadId);
      await waitUntilFree(scope, threadId, signal);
      if (signal.aborted) throw new ApiError('The client closed the connection.', { status: 499 });
      return await work();
    });
  } finally {
    if (!turnstile.isLocked()) turnstiles.delete(threadId);
  }
}

async function interrupt(scope: Scope, threadId: string): Promise<void> {
  const active = await activeRun(scope, threadId);
  // It may end by itself in the same moment, or be on its way out already.
  if (active) await cancelRun(scope, threadId, active.run.id).catch(ignoreRefusal);
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

async function waitUntilFree(scope: Scope, threadId: string, signal: AbortSignal): Promise<void> {
  const { bus } = scope.clockwork;
  while (!signal.aborted) {
    const active = await activeRun(scope, threadId);
    if (!active) return;
    const watch = bus.watch(active.run.id);
    try {
      // It may have ended before it was watched.
      const again = await activeRun(scope, threadId);
      if (again?.run.id !== active.run.id) continue;
      await watch.next(bus.shared ? LOOK_MS.shared : LOOK_MS.alone, signal);
    } finally {
      watch.close();
    }
  }
}

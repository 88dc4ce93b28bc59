/** Prunes now and then, in one of the processes that share a store. */
import type { Domain } from '../assistants/domain.ts';
import type { Store } from '../store/store.ts';
import { pruneThreads } from './prune.ts';

export interface Retention {
  /** Resolves when a thread that is being removed is gone. */
  stop(): Promise<void>;
}

const EVERY_MS = 60 * 60 * 1000;

/** @param domains all tenants @param tell told of what was removed */
export function startRetention(
  store: Store,
  olderThanMs: number,
  domains: () => Promise<Domain[]>,
  tell: (level: 'info' | 'warn', message: string, details: Record<string, unknown>) => void,
): Retention {
  const stopped = new AbortController();
  let working: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    // It is not given back: an hour belongs to whoever was first.
    if (!(await store.lease('retention', EVERY_MS - 1000))) return;
    for (const domain of await domains()) {
      const { removed } = await pruneThreads(domain, { olderThanMs, signal: stopped.signal });
      if (removed > 0) tell('info', 'Idle threads were removed.', { tenant: domain.tenant, removed });
      if (stopped.signal.aborted) return;
    }
  }

  const begin = (): void => {
    working = working.then(look).catch((error: unknown) => {
      if (!stopped.signal.aborted) tell('warn', 'Idle threads could not be removed.', { error });
    });
  };
  const timer = setInterval(begin, EVERY_MS);
  if (typeof timer === 'object') timer.unref?.();
  begin();
  return {
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await working;
    },
  };
}

/** Says to other processes that a run is being carried out (DESIGN decision 6). */
import type { Store } from '../store/store.ts';

/** A lease that is not renewed for this long belongs to a process that has gone. */
const LEASE_MS = 15_000;

export interface RunLease {
  /** Called once if the lease is lost, e.g. because this process was suspended for too long. */
  onLost(callback: () => void): void;
  release(): Promise<void>;
}

/** Where locks reach no further than this process nobody else can carry a run out, and nothing has to be held. */
const NOBODY_ELSE: RunLease = { onLost() {}, release: async () => {} };

/** The lease of a run, renewed until it is released; undefined when another process holds it. */
export async function holdLease(store: Store, runId: string): Promise<RunLease | undefined> {
  if (store.reach === 'process') return NOBODY_ELSE;
  const lease = await store.lease(`run/${runId}`, LEASE_MS);
  if (!lease) return undefined;
  let lost = () => {};
  const timer = setInterval(async () => {
    if (await lease.renew().catch(() => true)) return;
    clearInterval(timer);
    lost();
  }, LEASE_MS / 3);
  timer.unref?.();
  return {
    onLost(callback) {
      lost = callback;
    },
    async release() {
      clearInterval(timer);
      await lease.release();
    },
  };
}

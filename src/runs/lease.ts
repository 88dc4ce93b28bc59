/** Says that a run is being carried out, to other requests of this process and to other processes (DESIGN decision 6). */
import type { Scope } from './scope.ts';

export interface RunLease {
  /** Called once if the lease is lost, e.g. because this process was suspended for too long. */
  onLost(callback: () => void): void;
  release(): Promise<void>;
}

/** The lease of a run, renewed until it is released; undefined when somebody else is carrying the run out. */
export async function holdLease(
  { domain: { store }, clockwork: { held, leaseMs } }: Pick<Scope, 'domain' | 'clockwork'>,
  runId: string,
): Promise<RunLease | undefined> {
  if (held.has(runId)) return undefined;
  held.add(runId);
  // Where locks reach no further than this process the lease ends with it, and nobody has to hear that it lives.
  const shared = store.reach !== 'process';
  const lease = await store
    .lease(`run/${runId}`, shared ? leaseMs : Number.POSITIVE_INFINITY)
    .catch((error: unknown) => {
      held.delete(runId);
      throw error;
    });
  if (!lease) {
    held.delete(runId);
    return undefined;
  }
  let lost = false;
  let tell = () => {};
  const renew = async () => {
    if (lost || (await lease.renew().catch(() => true))) return;
    lost = true;
    clearInterval(timer);
    tell();
  };
  const timer = shared ? setInterval(renew, leaseMs / 3) : undefined;
  timer?.unref?.();
  return {
    onLost(callback) {
      tell = callback;
      if (lost) callback();
    },
    async release() {
      clearInterval(timer);
      held.delete(runId);
      await lease.release();
    },
  };
}

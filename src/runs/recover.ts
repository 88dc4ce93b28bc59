/** Looks after runs that nobody asks for: those that a process left behind when it died, and those past their expiry. */
import { keys } from '../assistants/domain.ts';
import { isOver, type RunRecord } from '../assistants/runs.ts';
import type { ActiveRun, ActiveRuns } from './active.ts';
import type { Scope } from './scope.ts';
import { endedIfDue, isCutOff, takeUp } from './settle.ts';

/** Where a run belongs. Without an upstream there is nobody to carry it on as: then it can only expire. */
export type Place = Pick<Scope, 'domain' | 'clockwork'> & Partial<Scope>;

export interface Recovery {
  /** The owner of a tenant's data asks for something: what was left for want of an upstream is carried on as him. */
  ownerCame(tenant: string, scope: () => Promise<Scope>): void;
  /** Looks no more; resolves when the look in progress is over. */
  stop(): Promise<void>;
}

/**
 * Looks at once, and then every `ms` milliseconds.
 * @param placeOf what there is to carry a run on with
 * @param isHeld whether a run is being started or carried out in this process
 */
export function startRecovery(
  active: ActiveRuns,
  placeOf: (run: ActiveRun) => Promise<Place>,
  isHeld: (runId: string) => boolean,
  onError: (error: unknown) => void,
  ms: number,
): Recovery {
  let stopped = false;
  let looking: Promise<void> | undefined;
  /** Runs that nobody can be carried on as, by tenant. */
  const left = new Map<string, ActiveRun[]>();

  async function look(): Promise<void> {
    for (const [place, run] of await active.read(isHeld)) {
      if (stopped) return;
      if (isHeld(run.runId)) continue;
      try {
        const found = await placeOf(run);
        const goesOn = await lookAfter(found, run);
        if (!goesOn) await active.clear(place);
        else if (!hasUpstream(found)) remember(run);
      } catch (error) {
        onError(error);
      }
    }
  }

  function remember(run: ActiveRun): void {
    const same = left.get(run.tenant) ?? [];
    if (!same.some(({ runId }) => runId === run.runId)) left.set(run.tenant, [...same, run]);
  }

  async function carryOn(runs: ActiveRun[], scope: () => Promise<Scope>): Promise<void> {
    const found = await scope();
    for (const run of runs) if (!stopped && !isHeld(run.runId)) await lookAfter(found, run);
  }

  function begin(): void {
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = undefined;
      });
  }

  const timer = setInterval(begin, ms);
  if (typeof timer === 'object') timer.unref?.();
  begin();
  return {
    ownerCame(tenant, scope) {
      const runs = left.get(tenant);
      if (!runs || stopped) return;
      left.delete(tenant);
      void carryOn(runs, scope).catch(onError);
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}

/** Whether the run has still to be looked after from now on. */
async function lookAfter(place: Place, { threadId, runId }: ActiveRun): Promise<boolean> {
  const record = await endedIfDue(place, threadId, runId);
  if (record && isCutOff(record) && hasUpstream(place) && !place.clockwork.live.has(runId))
    await takeUp(place, record);
  if (record && !isOver(record.run)) return true;
  // Somebody may be about to store it in this very moment.
  if (place.clockwork.held.has(runId)) return true;
  const now = await place.domain.store.get<RunRecord>(keys.run(threadId, runId));
  return now !== undefined && !isOver(now.run);
}

const hasUpstream = (place: Place): place is Scope => place.upstream !== undefined;

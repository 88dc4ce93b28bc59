/** Looks after a run that nobody in this process is carrying out: past its expiry, or left behind by a process that ended. */
import { keys, locks } from '../assistants/domain.ts';
import { allRunMessages, allSteps, hasOpenCall, isOver, type RunRecord } from '../assistants/runs.ts';
import { loadThread, type ThreadRecord } from '../assistants/threads.ts';
import { beginCancel, beginRun, endRun } from '../translate/reduce.ts';
import type { RunState } from '../translate/types.ts';
import type { Upstream } from '../upstream/client.ts';
import { letGo } from './background.ts';
import { commitLocked, contextFor, Overtaken } from './commit.ts';
import { execute } from './executor.ts';
import { holdLease } from './lease.ts';
import { restartPhase } from './restart.ts';
import type { Scope } from './scope.ts';

/** What does without an upstream. */
type Inside = Pick<Scope, 'domain' | 'clockwork'> & { upstream?: Upstream | undefined };

/** The run that holds the thread, after what is overdue has been done; undefined when the thread is free (§2.1). */
export async function activeRun(scope: Scope, threadId: string): Promise<RunRecord | undefined> {
  return activeRunOf(scope, await loadThread(scope.domain, threadId));
}

/** The same for a thread that has just been read. */
export async function activeRunOf(
  scope: Scope,
  { thread: { id: threadId }, activeRun: runId }: ThreadRecord,
): Promise<RunRecord | undefined> {
  if (!runId) return undefined;
  const record = await settledRun(scope, threadId, runId);
  return record && !isOver(record.run) ? record : undefined;
}

/** A run's record as it is now, and taken up again if its process went away. */
export async function settledRun(
  scope: Scope,
  threadId: string,
  runId: string,
): Promise<RunRecord | undefined> {
  const record = await endedIfDue(scope, threadId, runId);
  const { live, delegate } = scope.clockwork;
  // What stands in line is not cut off; what has fallen out of it is found by who looks after all runs.
  if (!record || !isCutOff(record) || live.has(runId) || delegate) return record;
  await takeUp(scope, record);
  return scope.domain.store.get<RunRecord>(keys.run(threadId, runId));
}

/** A run's record as it is now: expired if its time is over (§2.6), cancelled if that was left half done. */
export async function endedIfDue(
  scope: Inside,
  threadId: string,
  runId: string,
): Promise<RunRecord | undefined> {
  const { domain, clockwork } = scope;
  const record = await domain.store.get<RunRecord>(keys.run(threadId, runId));
  if (!record || isOver(record.run)) return record;
  const live = clockwork.live.get(runId);
  if (domain.now() >= (record.run.expires_at ?? Number.POSITIVE_INFINITY) * 1000) {
    if (live) await live.stop('expired');
    else await endStored(scope, record, 'expired');
  } else if (record.run.status === 'cancelling' && !live) {
    await endStored(scope, record, 'cancelled');
  } else return record;
  return domain.store.get<RunRecord>(keys.run(threadId, runId));
}

/** Where a run stands according to the store. */
export function storedState(scope: Inside, record: RunRecord): RunState {
  if (record.checkpoint) return { ...record.checkpoint, run: record.run };
  return beginRun(record.run, contextFor(scope.domain, record.run.id)).state;
}

/** What a process that went away had begun and not ended: it ends with its run (§2.6). */
async function withOpenEnds({ domain }: Inside, record: RunRecord, state: RunState): Promise<RunState> {
  const isOpen = ({ status }: { status: string }) => status === 'in_progress';
  const [steps, messages] = await Promise.all([allSteps(domain, record), allRunMessages(domain, record)]);
  return {
    ...state,
    openStep: state.openStep ?? steps.find(isOpen) ?? null,
    openMessage: state.openMessage ?? messages.find(isOpen) ?? null,
  };
}

/**
 * Ends a run that nobody in this process carries out; gives it as it was on the way, e.g. `cancelling`. Undefined if it
 * was over, or is just about to be carried out or let go.
 */
export async function endStored(scope: Inside, { run }: RunRecord, how: 'cancelled' | 'expired') {
  const { domain, clockwork } = scope;
  const { id: runId, thread_id: threadId } = run;
  const end = async () => {
    const record = await domain.store.get<RunRecord>(keys.run(threadId, runId));
    if (!record || clockwork.held.has(runId)) throw new Overtaken();
    const ctx = contextFor(domain, runId);
    const state = await withOpenEnds(scope, record, storedState(scope, record));
    const begun = how === 'cancelled' ? beginCancel(state, ctx) : undefined;
    const ended = endRun(begun?.state ?? state, { status: how }, ctx);
    await commitLocked(domain, threadId, runId, [...(begun?.changes ?? []), ...ended.changes]);
    clockwork.active.leave(record.place);
    const events = [...(begun?.events ?? []), ...ended.events];
    return { events, seen: (begun ?? ended).state.run, call: hasOpenCall(record) ? record.call : undefined };
  };
  try {
    const { events, seen, call } = await domain.store.lock(locks.thread(threadId), end);
    clockwork.count?.leave(runId);
    clockwork.bus.publish(runId, events);
    clockwork.bus.stopped(runId);
    if (call) letGo(scope, call, true);
    return seen;
  } catch (error) {
    if (error instanceof Overtaken) return undefined;
    throw error;
  }
}

/** Tells a run's phases and attempts apart. */
export const phaseOf = ({ turns, attempt = 0 }: RunRecord) => `${turns}.${attempt}`;

/** In a status in which somebody has to carry the run out. */
export const isCutOff = (record: RunRecord | undefined) =>
  record?.run.status === 'queued' || record?.run.status === 'in_progress';

/** Carries a run on that was cut off: its phase starts again from where it began. */
export async function takeUp(scope: Scope, record: RunRecord): Promise<void> {
  const { domain, clockwork } = scope;
  const { id: runId } = record.run;
  if (clockwork.bus.closed) return;
  const lease = await holdLease(scope, runId);
  if (!lease) return;
  if (clockwork.delegate) {
    await lease.release();
    return clockwork.delegate.add({
      tenant: domain.tenant,
      threadId: record.run.thread_id,
      runId,
      phase: phaseOf(record),
      baseURL: scope.upstream.baseURL,
      again: true,
    });
  }
  const restarted = await restartPhase(domain, record).catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  if (!restarted) return lease.release();
  clockwork.log('info', 'A run that was cut off is taken up again.', { runId });
  // What was told of the attempt before is told anew.
  clockwork.bus.forget(runId);
  execute(scope, restarted, storedState(scope, restarted), lease);
}

/** Runs that any process of several may carry out: who begins one puts it in line, who is free takes it from there. */
import { ApiError } from '../assistants/errors.ts';
import type { RunRecord } from '../assistants/runs.ts';
import type { RunState } from '../translate/types.ts';
import { execute } from './executor.ts';
import { holdLease, type RunLease } from './lease.ts';
import { laneOf } from './rate-limit.ts';
import { restartPhase } from './restart.ts';
import type { Beginning, Scope, Withdraw } from './scope.ts';
import { endedIfDue, isCutOff, phaseOf, storedState } from './settle.ts';

/** One phase of a run, as it stands in line. */
export interface RunJob {
  tenant: string;
  threadId: string;
  runId: string;
  /** Tells the run's phases and attempts apart: of the same one a second job is none. */
  phase: string;
  baseURL: string;
  /** It may have been begun before. */
  again: boolean;
  withdraw?: Withdraw | undefined;
}

/** What became of a run's request upstream, as one process tells another. */
export type Verdict = {
  refused?: { message: string; status: number; type: string; param: string | null; code: string | null };
};

export interface Delegate {
  /** Puts a job in line, unless it stands there. */
  add(job: RunJob): Promise<void>;
  /** The same; waits a while for what the upstream says to the request. */
  addAndWait(job: RunJob): Promise<Verdict>;
}

/**
 * Lets a run be carried out, here or elsewhere; resolves when the upstream has taken it on, or after a while.
 * @param lease released when the phase is over, or goes to somebody else
 * @throws ApiError where the upstream refused the caller: the run has then been withdrawn (§4.6)
 */
export async function carryOn(
  scope: Scope,
  record: RunRecord,
  state: RunState,
  lease: RunLease,
  beginning?: Beginning,
): Promise<void> {
  const { delegate, log } = scope.clockwork;
  if (!delegate) return execute(scope, record, state, lease, beginning).accepted;
  try {
    await beginning?.stored;
  } finally {
    await lease.release();
  }
  // The run is stored: where it cannot be put in line now, it is when it is looked after next.
  const { refused } = await delegate
    .addAndWait({
      tenant: scope.domain.tenant,
      threadId: record.run.thread_id,
      runId: record.run.id,
      phase: phaseOf(record),
      baseURL: scope.upstream.baseURL,
      again: false,
      withdraw: beginning?.withdraw,
    })
    .catch((error: unknown): Verdict => {
      log('warn', 'A run could not be put in line.', { runId: record.run.id, error });
      return {};
    });
  if (refused) throw new ApiError(refused.message, refused);
}

/**
 * Does a job. Gives the milliseconds after which it is to be tried again; undefined when there is no more to do.
 * @param tell told what the upstream said to the request
 */
export async function workOn(
  scope: Scope,
  { threadId, runId, again, withdraw }: RunJob,
  tell: (verdict: Verdict) => void,
): Promise<number | undefined> {
  const { clockwork } = scope;
  const found = await endedIfDue(scope, threadId, runId);
  if (!found || !isCutOff(found)) return undefined;
  // Those that wait for their upstream keep nobody else from a place.
  const held = await clockwork.lanes.heldFor(laneOf(scope, found));
  if (held > 0) return held;
  const lease = await holdLease(scope, runId);
  // Whoever holds it has died or is just letting go.
  if (!lease) return clockwork.leaseMs / 3;
  const begin = async () => {
    const record = await endedIfDue(scope, threadId, runId);
    if (!record || !isCutOff(record)) return undefined;
    if (!again && record.run.status === 'queued') return record;
    clockwork.bus.forget(runId);
    return restartPhase(scope.domain, record);
  };
  const record = await begin().catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  if (!record) {
    await lease.release();
    return undefined;
  }
  const execution = execute(scope, record, storedState(scope, record), lease, { withdraw });
  execution.accepted.then(
    () => tell({}),
    (error: unknown) => tell(error instanceof ApiError ? { refused: refusalOf(error) } : {}),
  );
  await execution.done;
  return undefined;
}

const refusalOf = ({ message, status, type, param, code }: ApiError) => ({
  message,
  status,
  type,
  param,
  code,
});

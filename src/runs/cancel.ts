/** Cancels runs (§2.5): answers `cancelling`, and by then the run is cancelled and its thread is free. */
import { errors } from '../assistants/errors.ts';
import { loadRun } from '../assistants/runs.ts';
import type { Run, RunStatus } from '../assistants/types.ts';
import type { Scope } from './scope.ts';
import { endStored, settledRun } from './settle.ts';

const CANCELLABLE: ReadonlySet<RunStatus> = new Set<RunStatus>(['queued', 'in_progress', 'requires_action']);

/** @throws 400 #9 for a run that is over or already being cancelled */
export async function cancelRun(scope: Scope, threadId: string, runId: string): Promise<Run> {
  const record = (await settledRun(scope, threadId, runId)) ?? (await loadRun(scope.domain, threadId, runId));
  if (!CANCELLABLE.has(record.run.status)) throw errors.notCancellable(record.run.status);
  const live = scope.clockwork.live.get(runId);
  const cancelling = live ? await live.stop('cancelled') : await endStored(scope, record, 'cancelled');
  if (cancelling) return cancelling;
  // It ended, or paused, while the cancel was on its way.
  const now = await loadRun(scope.domain, threadId, runId);
  if (CANCELLABLE.has(now.run.status)) return cancelRun(scope, threadId, runId);
  throw errors.notCancellable(now.run.status);
}

/** Cancels runs (§2.5): answers `cancelling`, and by then the run is cancelled and its thread is free. */
import { ApiError, errors } from '../assistants/errors.ts';
import type { Run, RunStatus } from '../assistants/types.ts';
import type { Scope } from './scope.ts';
import { endedIfDue, endStored } from './settle.ts';

/** How soon a run is looked at again that is changing hands. */
const LOOK_MS = 5;

const CANCELLABLE: ReadonlySet<RunStatus> = new Set<RunStatus>(['queued', 'in_progress', 'requires_action']);

/** @throws 400 #9 for a run that is over or already being cancelled, 404 #6 */
export async function cancelRun(scope: Scope, threadId: string, runId: string): Promise<Run> {
  for (;;) {
    const record = await endedIfDue(scope, threadId, runId);
    if (!record) throw errors.noRun(runId);
    if (!CANCELLABLE.has(record.run.status)) throw errors.notCancellable(record.run.status);
    const live = scope.clockwork.live.get(runId);
    const cancelling = live ? await live.stop('cancelled') : await endStored(scope, record, 'cancelled');
    if (cancelling) return cancelling;
    // It ended, or paused, or is changing hands, while the cancel was on its way.
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Cancels a run that nobody reads any more; one that waits for its caller, or is over, is left alone. */
export async function cancelUnread(scope: Scope, threadId: string, runId: string): Promise<void> {
  const record = await endedIfDue(scope, threadId, runId);
  if (record?.run.status !== 'queued' && record?.run.status !== 'in_progress') return;
  await cancelRun(scope, threadId, runId).catch((error: unknown) => {
    // It has ended by itself in the same moment.
    if (!(error instanceof ApiError)) throw error;
  });
}

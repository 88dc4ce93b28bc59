/** Deletes a thread at its client's wish, also one on which a run is active (§2.8). */
import { ApiError } from '../assistants/errors.ts';
import { isOver, runsOf } from '../assistants/runs.ts';
import { cancelRun } from './cancel.ts';
import { deleteThread } from './deletion.ts';
import type { Scope } from './scope.ts';

/** @throws 404 #4 */
export async function removeThread(scope: Scope, threadId: string): Promise<void> {
  const { domain } = scope;
  while (!(await deleteThread(domain, threadId))) {
    for (const { run } of await runsOf(domain, threadId)) {
      // It may end by itself in the same moment, which is as good.
      if (!isOver(run)) await cancelRun(scope, threadId, run.id).catch(ignoreRefusal);
    }
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

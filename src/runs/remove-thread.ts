/** Deletes a thread with all that hangs on it: what is running, messages, runs, steps, and the files its runs made (§2.8). */
import { ApiError } from '../assistants/errors.ts';
import { isOver, runsOf } from '../assistants/runs.ts';
import { deleteThread } from '../assistants/threads.ts';
import { deleteFiles } from '../files/minted.ts';
import { cancelRun } from './cancel.ts';
import type { Scope } from './scope.ts';

/** @throws 404 #4 */
export async function removeThread(scope: Scope, threadId: string): Promise<void> {
  const { domain } = scope;
  let runs = await deleteThread(domain, threadId);
  while (!runs) {
    for (const { run } of await runsOf(domain, threadId)) {
      // It may end by itself in the same moment, which is as good.
      if (!isOver(run)) await cancelRun(scope, threadId, run.id).catch(ignoreRefusal);
    }
    runs = await deleteThread(domain, threadId);
  }
  await deleteFiles(
    domain,
    runs.flatMap((record) => record.files),
  );
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

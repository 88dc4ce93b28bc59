/** Deletes a thread with all that hangs on it: what is running, messages, runs, steps, and the files its runs made (§2.8). */
import { runsOf } from '../assistants/runs.ts';
import { deleteThread } from '../assistants/threads.ts';
import { deleteFiles } from '../files/minted.ts';
import { cancelRun } from './cancel.ts';
import type { Scope } from './scope.ts';
import { activeRun } from './settle.ts';

/** @throws 404 #4 */
export async function removeThread(scope: Scope, threadId: string): Promise<void> {
  const active = await activeRun(scope, threadId);
  // It may end by itself in the same moment, which is as good.
  if (active) await cancelRun(scope, threadId, active.run.id).catch(() => {});
  const runs = await runsOf(scope.domain, threadId);
  await deleteThread(scope.domain, threadId);
  await deleteFiles(
    scope.domain,
    runs.flatMap((record) => record.files),
  );
}

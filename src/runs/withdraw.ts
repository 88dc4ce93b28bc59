/** Takes back a run that the upstream would not have: the refused request leaves nothing behind (§4.6). */
import { type Domain, keys, locks } from '../assistants/domain.ts';
import { ApiError } from '../assistants/errors.ts';
import { logOf } from '../assistants/lists.ts';
import { type MessageRecord, removeMessages } from '../assistants/messages.ts';
import { isOver, type RunRecord } from '../assistants/runs.ts';
import type { ThreadRecord } from '../assistants/threads.ts';
import { leaveWrites } from './active.ts';
import { deleteThread } from './deletion.ts';
import type { Withdraw } from './scope.ts';

export async function withdrawRun(
  domain: Domain,
  { run, page, place }: RunRecord,
  withdraw: Withdraw,
): Promise<void> {
  const { store } = domain;
  const { thread_id: threadId } = run;
  if (withdraw.thread) {
    await deleteThread(domain, threadId, { isOver: (one) => one.id === run.id || isOver(one) }).catch(
      ignoreAbsence,
    );
    await store.setMany(leaveWrites(place));
    return;
  }
  await store.lock(locks.thread(threadId), async () => {
    const thread = await store.get<ThreadRecord>(keys.thread(threadId));
    // Deleted meanwhile, and the run with it.
    if (!thread) return;
    const messages = await store.getMany<MessageRecord>(
      withdraw.messages.map((id) => keys.message(threadId, id)),
    );
    // The run goes first: nobody takes it up again, and the thread is free of it.
    await store.delete([keys.run(threadId, run.id)]);
    await store.setMany(leaveWrites(place));
    await store.setMany(await logOf(store, keys.runs(threadId)).remove(run.id, page));
    await removeMessages(
      domain,
      threadId,
      messages.filter((record) => record !== undefined),
    );
    if (thread.activeRun === run.id) await store.set(keys.thread(threadId), { ...thread, activeRun: null });
  });
}

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

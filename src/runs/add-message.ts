/** Adds a message to a thread that no run holds (§2.1). */
import { keys, locks } from '../assistants/domain.ts';
import { errors } from '../assistants/errors.ts';
import { placeMessages } from '../assistants/messages.ts';
import type { MessageParams } from '../assistants/params.ts';
import { isOver, type RunRecord } from '../assistants/runs.ts';
import { loadThread } from '../assistants/threads.ts';
import type { Message } from '../assistants/types.ts';
import { attachToThread } from '../files/vector-stores.ts';
import type { Scope } from './scope.ts';
import { activeRun } from './settle.ts';

/** @throws 400 #1 while a run is active, 404 #4 */
export async function addMessage(scope: Scope, threadId: string, params: MessageParams): Promise<Message> {
  const { domain, upstream } = scope;
  const busy = await activeRun(scope, threadId);
  if (busy) throw errors.messageWhileActive(threadId, busy.run.id);
  await attachToThread(domain, upstream, threadId, params.attachments ?? []);
  return domain.store.lock(locks.thread(threadId), async () => {
    const { activeRun: runId } = await loadThread(domain, threadId);
    const active = runId ? await domain.store.get<RunRecord>(keys.run(threadId, runId)) : undefined;
    if (active && !isOver(active.run)) throw errors.messageWhileActive(threadId, active.run.id);
    const { messages, writes } = await placeMessages(domain, threadId, [params]);
    await domain.store.setMany(writes);
    return messages[0] as Message;
  });
}

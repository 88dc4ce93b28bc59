/** Puts a run that was cut off back to the beginning of its phase, so that carrying it out again leaves no double. */
import { type Domain, keys, locks } from '../assistants/domain.ts';
import { runIds } from '../assistants/ids.ts';
import { type MessageRecord, removeMessages } from '../assistants/messages.ts';
import type { RunRecord } from '../assistants/runs.ts';
import type { RunStatus } from '../assistants/types.ts';
import type { State } from '../translate/state.ts';

/** A run that is found in one of these while nobody carries it out. */
const CUT_OFF: ReadonlySet<RunStatus> = new Set<RunStatus>(['queued', 'in_progress']);

/**
 * What the interrupted phase had begun is removed; ids are derived, so the second attempt makes the same ones (DESIGN
 * decision 4). Undefined where the run was not cut off after all: it has gone on since it was looked at.
 */
export async function restartPhase(domain: Domain, { run }: RunRecord): Promise<RunRecord | undefined> {
  const { store } = domain;
  return store.lock(locks.thread(run.thread_id), async () => {
    const stored = await store.get<RunRecord>(keys.run(run.thread_id, run.id));
    if (!stored || !CUT_OFF.has(stored.run.status)) return undefined;
    const keep = finishedBefore(stored);
    const stale = stored.messages.filter((id) => !keep.messages.includes(id));
    const found = await store.getMany<MessageRecord>(stale.map((id) => keys.message(run.thread_id, id)));
    await removeMessages(
      domain,
      run.thread_id,
      found.filter((one) => one !== undefined),
    );
    await store.delete(
      stored.steps.filter((id) => !keep.steps.includes(id)).map((id) => keys.step(run.id, id)),
    );
    const restarted: RunRecord = {
      ...stored,
      ...keep,
      run: {
        ...stored.run,
        ...(stored.checkpoint && { started_at: stored.checkpoint.run.started_at }),
        status: 'queued',
      },
    };
    await store.set(keys.run(run.thread_id, run.id), restarted);
    return restarted;
  });
}

/** Steps and messages that earlier phases made: the checkpoint knows how many there were. */
function finishedBefore({
  run,
  checkpoint,
  steps,
  messages,
}: RunRecord): Pick<RunRecord, 'steps' | 'messages'> {
  const ids = runIds(run.id);
  const counts = (checkpoint as State | null)?.counts;
  const first = (count: number, idOf: (ordinal: number) => string) =>
    new Set(Array.from({ length: count }, (_, ordinal) => idOf(ordinal)));
  const oldSteps = first(counts?.step ?? 0, ids.step);
  const oldMessages = first(counts?.message ?? 0, ids.message);
  return {
    steps: steps.filter((id) => oldSteps.has(id)),
    messages: messages.filter((id) => oldMessages.has(id)),
  };
}

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
    await removeMessages(domain, run.thread_id, await staleMessages(domain, stored, keep.messages));
    await store.delete(
      stored.steps.filter((id) => !keep.steps.includes(id)).map((id) => keys.step(run.id, id)),
    );
    const restarted: RunRecord = {
      ...stored,
      ...keep,
      attempt: (stored.attempt ?? 0) + 1,
      run: {
        ...stored.run,
        started_at: stored.checkpoint?.run.started_at ?? null,
        status: 'queued',
      },
    };
    await store.set(keys.run(run.thread_id, run.id), restarted);
    return restarted;
  });
}

/** How many messages are looked for at a time beyond those that the run's record knows. */
const LOOKED_FOR = 16;

/**
 * The messages of the interrupted phase. A store that writes one key after another may hold more of them than the run's
 * record knows, which is written last; made anew, they would be listed twice.
 */
async function staleMessages(
  { store }: Domain,
  { run, messages }: RunRecord,
  keep: readonly string[],
): Promise<MessageRecord[]> {
  const ids = runIds(run.id);
  const read = (wanted: string[]) =>
    store.getMany<MessageRecord>(wanted.map((id) => keys.message(run.thread_id, id)));
  const stale = await read(messages.filter((id) => !keep.includes(id)));
  for (let ordinal = messages.length; ; ordinal += LOOKED_FOR) {
    const next = Array.from({ length: LOOKED_FOR }, (_, at) => ids.message(ordinal + at));
    const unknown = await read(next.filter((id) => !messages.includes(id)));
    if (unknown.every((record) => record === undefined)) break;
    stale.push(...unknown);
  }
  return stale.filter((record) => record !== undefined);
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

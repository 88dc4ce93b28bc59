/** Brings what happened to a run into the store, unless somebody else has ended the run meanwhile. */
import { type Domain, keys, locks, seconds } from '../assistants/domain.ts';
import { runIds } from '../assistants/ids.ts';
import type { BackgroundCall } from '../assistants/progress.ts';
import { changeWrites, isOver, type RunRecord } from '../assistants/runs.ts';
import type { ThreadRecord } from '../assistants/threads.ts';
import type { Entry } from '../store/store.ts';
import type { Change, ReduceContext, RunState, Turn } from '../translate/types.ts';
import { leaveWrites } from './active.ts';

/** Thrown to an executor whose run was ended, or whose thread was deleted, by another request or process. */
export class Overtaken extends Error {
  constructor() {
    super('The run was ended elsewhere.');
    this.name = 'Overtaken';
  }
}

/** Time and ids for the pure functions of translate/; names of functions where model output is read. */
export function contextFor(
  domain: Domain,
  runId: string,
  localTypes?: ReduceContext['localTypes'],
): ReduceContext {
  return { now: seconds(domain), ids: runIds(runId), ...(localTypes && { localTypes }) };
}

/** Writes inside the thread's critical section. `extend` may add to the record and to the writes. */
export async function commit(
  domain: Domain,
  threadId: string,
  runId: string,
  changes: readonly Change[],
  extend?: (record: RunRecord) => { record: RunRecord; writes: Entry[] },
): Promise<RunRecord> {
  return domain.store.lock(locks.thread(threadId), () =>
    commitLocked(domain, threadId, runId, changes, extend),
  );
}

/** The same for a caller that holds the thread's lock. */
export async function commitLocked(
  domain: Domain,
  threadId: string,
  runId: string,
  changes: readonly Change[],
  extend?: (record: RunRecord) => { record: RunRecord; writes: Entry[] },
): Promise<RunRecord> {
  const { store } = domain;
  const [stored, thread] = (await store.getMany([keys.run(threadId, runId), keys.thread(threadId)])) as [
    RunRecord | undefined,
    ThreadRecord | undefined,
  ];
  if (!stored || !thread || isOver(stored.run)) throw new Overtaken();
  const changed = await changeWrites(domain, stored, changes);
  const { record, writes } = extend?.(changed.record) ?? { record: changed.record, writes: [] };
  const over = isOver(record.run);
  await store.setMany([
    ...changed.writes,
    ...writes,
    [keys.run(threadId, runId), over ? { ...record, checkpoint: null } : record],
    // Last: a thread that is free while its run is not would take on another.
    ...(over && thread.activeRun === runId
      ? [[keys.thread(threadId), { ...thread, activeRun: null }] satisfies Entry]
      : []),
    ...(over ? leaveWrites(record.place) : []),
  ]);
  return record;
}

/** What a run keeps beside its objects. */
export interface Keepsakes {
  /** Ids of files it has just made. */
  files: string[];
  /** The state at the end of a model turn that the next one has to replay. */
  turn?: RunState | undefined;
  /** The model call that has just begun, where the upstream makes it in the background. */
  call?: BackgroundCall | undefined;
  /** Which of the phase's attempts made them. */
  attempt: number | undefined;
  /** The newest finished turn with another output, and the state after it. */
  answered?: { turn: Turn; state: RunState } | undefined;
}

/** @throws Overtaken where the phase was begun anew: this process was taken for gone */
export function keep({ files, turn, answered, attempt, call }: Keepsakes) {
  return (stored: RunRecord): { record: RunRecord; writes: Entry[] } => {
    if (stored.attempt !== attempt) throw new Overtaken();
    const record = call ? { ...stored, call: { ...call, turn: stored.turns } } : stored;
    const closed = turn
      ? closeTurn(turn, record)
      : answered
        ? answerTurn(answered, record)
        : { record, writes: [] };
    return { ...closed, record: { ...closed.record, files: [...record.files, ...files] } };
  };
}

/** A finished turn is kept whole, so that the next one can replay it (DESIGN decision 2). */
function closeTurn(state: RunState, record: RunRecord): { record: RunRecord; writes: Entry[] } {
  return {
    record: { ...record, turns: record.turns + 1, checkpoint: { ...state, items: [] } },
    writes: [[keys.turn(record.run.id, record.turns), { items: state.items, outputs: [] }]],
  };
}

/** What was answered is not asked of a tool again after a crash. */
function answerTurn({ turn, state }: NonNullable<Keepsakes['answered']>, record: RunRecord) {
  const writes: Entry[] = [[keys.turn(record.run.id, record.turns - 1), turn]];
  return { record: { ...record, checkpoint: { ...state, items: [] } }, writes };
}

export async function readTurn({ store }: Domain, runId: string, ordinal: number): Promise<Turn> {
  return (await store.get<Turn>(keys.turn(runId, ordinal))) ?? { items: [], outputs: [] };
}

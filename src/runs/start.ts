/** Starts runs (§1.8, §2.1): the configuration is fixed, the thread is taken, the run is stored as queued and carried out. */
import { retrieveAssistant } from '../assistants/assistants.ts';
import { keys, locks } from '../assistants/domain.ts';
import { ApiError, badRequest, errors } from '../assistants/errors.ts';
import { hasUserMessage, placeMessages } from '../assistants/messages.ts';
import type { MessageParams, RunParams, ThreadParams } from '../assistants/params.ts';
import { buildRun, isOver, type PhaseStart, placeRun, type RunRecord } from '../assistants/runs.ts';
import type { RunEvent } from '../assistants/text-deltas.ts';
import { createThread, loadThread, type ThreadRecord } from '../assistants/threads.ts';
import type { Assistant, AssistantEvent, Run, Thread } from '../assistants/types.ts';
import { attachToThread } from '../files/vector-stores.ts';
import type { Entry } from '../store/store.ts';
import { beginRun } from '../translate/reduce.ts';
import type { RunState } from '../translate/types.ts';
import { contextFor } from './commit.ts';
import { carryOn } from './delegate.ts';
import { deleteThread } from './deletion.ts';
import { holdLease, type RunLease } from './lease.ts';
import type { Scope } from './scope.ts';
import { activeRunOf } from './settle.ts';

/** A run that has begun, or goes on, and the phase that was begun with it. */
export interface Started extends PhaseStart {
  run: Run;
  /** The phase was begun by an earlier request for the same. */
  before?: boolean;
}

/**
 * Starts a run on a thread that exists.
 * @throws 400 #2 when the thread is busy, #11 when there is nothing to run, 404 #3/#4; what the upstream says to the
 * caller's key and model (§4.6)
 */
export async function startRun(scope: Scope, threadId: string, params: RunParams): Promise<Started> {
  // Both are asked for at once; where both are missing it is the thread that is told of.
  const assistant = retrieveAssistant(scope.domain, params.assistant_id);
  assistant.catch(() => {});
  const thread = await loadThread(scope.domain, threadId);
  return begin(scope, threadId, await assistant, params, () => activeRunOf(scope, thread), []);
}

/**
 * Creates a thread and runs it. The stream opens with `thread.created` (§3.3 e).
 * @param prepare makes the vector stores that the thread needs; not called for what is refused
 */
export async function startThreadAndRun(
  scope: Scope,
  prepare: () => Promise<ThreadParams>,
  messages: readonly MessageParams[],
  params: RunParams,
): Promise<Started> {
  const assistant = await retrieveAssistant(scope.domain, params.assistant_id);
  // Made up for the checks only.
  const planned = buildRun({ ...scope.domain, idsAhead: {} }, 'thread_', assistant, params);
  checkTools(scope, planned);
  if (!planned.instructions && !messages.some(({ role }) => role === 'user')) throw errors.nothingToRun();
  await scope.clockwork.admit();
  const created = await createThread(scope.domain, await prepare(), messages);
  return begin(scope, created.id, assistant, params, nobody, [threadCreated(created)]).catch(
    async (error: unknown) => {
      // A refused request leaves nothing behind; of a store that failed nobody knows what it has done.
      if (error instanceof ApiError) await deleteThread(scope.domain, created.id).catch(() => {});
      throw error;
    },
  );
}

/** A thread that has just been made has no run. */
const nobody = async () => undefined;

const threadCreated = (data: Thread): AssistantEvent => ({ event: 'thread.created', data });

async function begin(
  scope: Scope,
  threadId: string,
  assistant: Assistant,
  params: RunParams,
  holder: () => Promise<RunRecord | undefined>,
  opening: AssistantEvent[],
): Promise<Started> {
  const { domain, clockwork } = scope;
  const additional = params.additional_messages ?? [];
  const run = buildRun(domain, threadId, assistant, params);
  checkTools(scope, run);
  const busy = await holder();
  if (busy) throw errors.runWhileActive(threadId, busy.run.id);
  await checkSomethingToRun(scope, run, additional);
  // Before anything is made for a run that would be refused, and again with nothing between the question and the lease.
  await clockwork.admit();
  await attachToThread(
    domain,
    scope.upstream,
    threadId,
    additional.flatMap(({ attachments }) => attachments ?? []),
  );

  const begun = beginRun(run, contextFor(domain, run.id));
  const events = [...opening, ...begun.events];
  // Nobody else knows the run yet; taken before it shows as queued, so that nobody takes it for one left behind.
  // Not awaited where it has answered: nothing may come between the answer and the lease.
  const admitted = clockwork.admit(run);
  if (admitted) await admitted;
  const lease = holdLease(scope, run.id) as Promise<RunLease>;
  const fresh: Fresh = {
    run,
    assistant,
    params,
    lease,
    state: begun.state,
    events,
    thread: opening.length > 0,
  };
  const carryOut = await storeRun(scope, fresh);
  await carryOut();
  return { run, position: 0, steps: 0, messages: 0 };
}

/** A run that has its place among its tenant's, and nothing else yet. */
interface Fresh {
  run: Run;
  assistant: Assistant;
  params: RunParams;
  /** Being taken. */
  lease: Promise<RunLease>;
  state: RunState;
  /** What its stream begins with. */
  events: RunEvent[];
  /** Its thread was made by the same request. */
  thread: boolean;
}

/**
 * Stores a run, with the messages that came along, and tells its beginning. Gives what carries it out, or waits for that, for it may
 * have begun already. Where it could not be stored, lease and place are given back. Lease and lock are taken at the same time, each of
 * which is a round trip where the store is on a network.
 */
async function storeRun(scope: Scope, fresh: Fresh): Promise<() => Promise<void>> {
  const { domain, clockwork } = scope;
  const { run, assistant, params, state, events } = fresh;
  const { thread_id: threadId, id: runId } = run;
  const additional = params.additional_messages ?? [];
  let going: Promise<void> | undefined;

  const store = async (noted: { place: string; write: Entry }) => {
    const [lease, thread, placedMessages, placed] = await Promise.all([
      fresh.lease,
      loadThread(domain, threadId),
      placeMessages(domain, threadId, additional),
      placeRun(domain, run, assistant, params),
    ]);
    await checkFree(scope, thread);
    const record: RunRecord = { ...placed.record, place: noted.place };
    const withdraw = { messages: placedMessages.messages.map(({ id }) => id), thread: fresh.thread };
    // The run itself comes last: before it is there, nothing that points to it counts.
    const written = domain.store.setMany([
      noted.write,
      [keys.thread(threadId), { ...thread, activeRun: runId } satisfies ThreadRecord],
      ...placedMessages.writes,
      ...placed.writes,
      [keys.run(threadId, runId), record],
    ]);
    const stored = written.then(() => clockwork.bus.publish(runId, events));
    // Nothing can come in between any more: the upstream is asked while the store writes, unless what it is asked
    // is among what is written.
    const go = () => carryOn(scope, record, state, lease, { withdraw, stored });
    if (additional.length === 0) going = go();
    // Where the store fails, that is told, and not what becomes of the call.
    going?.catch(() => {});
    await stored;
    return () => going ?? go();
  };

  // Told of where it is waited for.
  fresh.lease.catch(() => {});
  try {
    const { baseURL } = scope.upstream;
    const noted = await clockwork.active.enter({ tenant: domain.tenant, threadId, runId, baseURL });
    return await domain.store.lock(locks.thread(threadId), () => store(noted));
  } catch (error) {
    clockwork.count?.leave(runId);
    if (!going) await fresh.lease.then((lease) => lease.release()).catch(() => {});
    throw error;
  }
}

/** Inside the thread's critical section: somebody may have been quicker since the first look. */
async function checkFree({ domain }: Scope, { thread, activeRun: runId }: ThreadRecord): Promise<void> {
  if (!runId) return;
  const record = await domain.store.get<RunRecord>(keys.run(thread.id, runId));
  if (record && !isOver(record.run)) throw errors.runWhileActive(thread.id, runId);
}

function checkTools({ tools, upstream }: Scope, run: Run): void {
  for (const { type } of run.tools) {
    if (type === 'function' || tools.serves(type, upstream.profile)) continue;
    throw badRequest(
      `The tool '${type}' is not available from this upstream (profile '${upstream.profile.name}').`,
      'tools',
      'unsupported_tool',
    );
  }
}

/** #11: a thread without a user message needs an assistant with instructions. */
async function checkSomethingToRun({ domain }: Scope, run: Run, additional: readonly MessageParams[]) {
  if (run.instructions || additional.some(({ role }) => role === 'user')) return;
  if (!(await hasUserMessage(domain, run.thread_id))) throw errors.nothingToRun();
}

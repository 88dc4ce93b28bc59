/** Brings objects with their ids into a store: what is there already stays as it is, everything else finds its place. */
import { type Domain, keys, locks, seconds } from '../assistants/domain.ts';
import { logOf } from '../assistants/lists.ts';
import type { MessageRecord } from '../assistants/messages.ts';
import { isOver, type RunRecord } from '../assistants/runs.ts';
import type { ThreadRecord } from '../assistants/threads.ts';
import type { Assistant, Message, Run, RunStep, Thread } from '../assistants/types.ts';
import { finishDeletion } from '../runs/deletion.ts';
import type { Entry as Write } from '../store/store.ts';
import { EntryError, type RunExtra } from './entry.ts';
import { merged } from './order.ts';

/** A thread with all that hangs on it; every list oldest first. */
export interface Bundle {
  /** Absent where only what hangs on it is known. */
  thread?: Thread | undefined;
  threadId: string;
  messages: Message[];
  runs: { run: Run; extra?: RunExtra | undefined }[];
  steps: RunStep[];
}

/** How many of each were not there yet. */
export interface Placed {
  threads: number;
  messages: number;
  runs: number;
  steps: number;
}

/** Records per write. */
const GROUP = 500;

/** @returns false where it is there already */
export async function placeAssistant({ store }: Domain, assistant: Assistant): Promise<boolean> {
  return store.lock(locks.list(keys.assistants), async () => {
    const key = keys.assistant(assistant.id);
    if (await store.get(key)) return false;
    const { pages, writes } = await logOf(store, keys.assistants).append([assistant.id]);
    await store.setMany([[key, { assistant, page: pages[0] }], ...writes]);
    return true;
  });
}

/**
 * The thread comes last: until all is there, nobody sees it. Broken off, the same again goes on where it was.
 * @throws EntryError for a thread on which a run is active
 */
export async function placeThread(domain: Domain, bundle: Bundle): Promise<Placed> {
  const { store } = domain;
  const { threadId: id } = bundle;
  // What is left of one that was deleted here would come back with it.
  await finishDeletion(domain, id);
  return store.lock(locks.thread(id), async () => {
    const there = await store.get<ThreadRecord>(keys.thread(id));
    if (there?.activeRun) await mustBeOver(domain, id, there.activeRun);
    const messages = await placeMessages(domain, bundle);
    const { runs, steps } = await placeRuns(domain, bundle);
    if (!there) await placeRecord(domain, bundle);
    return { threads: there ? 0 : 1, messages, runs, steps };
  });
}

async function mustBeOver({ store }: Domain, threadId: string, runId: string): Promise<void> {
  const record = await store.get<RunRecord>(keys.run(threadId, runId));
  if (record && !isOver(record.run))
    throw new EntryError(`the run ${runId} is active on ${threadId}; import it again when that has ended`);
}

async function placeRecord(domain: Domain, { thread, threadId: id, messages, runs }: Bundle) {
  const { store } = domain;
  const firsts = [messages[0], runs[0]?.run].flatMap((one) => (one ? [one.created_at] : []));
  const known: Thread = thread ?? {
    id,
    object: 'thread',
    created_at: Math.min(...firsts),
    metadata: {},
    tool_resources: {},
  };
  await store.lock(locks.list(keys.threads), async () => {
    const { pages, writes } = await logOf(store, keys.threads).append([id]);
    const record: ThreadRecord = { thread: known, page: pages[0] as number, touchedAt: seconds(domain) };
    await store.setMany([[keys.thread(id), record], ...writes]);
  });
}

async function placeMessages(domain: Domain, { threadId, messages }: Bundle): Promise<number> {
  return placeListed<MessageRecord, Message>(domain, {
    name: keys.messages(threadId),
    keyOf: (id) => keys.message(threadId, id),
    incoming: messages,
    objectOf: ({ message }) => message,
    recordOf: (message, page) => ({ message, page }),
  });
}

async function placeRuns(domain: Domain, { threadId, messages, runs, steps }: Bundle) {
  const { store } = domain;
  const extras = new Map(runs.map(({ run, extra }) => [run.id, extra]));
  const added = await placeListed<RunRecord, Run>(domain, {
    name: keys.runs(threadId),
    keyOf: (id) => keys.run(threadId, id),
    incoming: runs.map(({ run }) => run),
    objectOf: ({ run }) => run,
    recordOf: (run, page) => {
      const { files = [], resources = {} } = extras.get(run.id) ?? {};
      return { run, page, steps: [], messages: [], files, turns: 0, checkpoint: null, resources };
    },
  });
  // What belongs to a run may come later than the run: in another file, or the next time.
  const belongings = new Map<string, { steps: RunStep[]; messages: string[] }>();
  const of = (runId: string) => {
    const found = belongings.get(runId) ?? { steps: [], messages: [] };
    belongings.set(runId, found);
    return found;
  };
  for (const step of steps) of(step.run_id).steps.push(step);
  for (const { run_id, role, id } of messages)
    if (run_id && role === 'assistant') of(run_id).messages.push(id);
  let newSteps = 0;
  for (const [runId, own] of belongings) {
    const key = keys.run(threadId, runId);
    const record = await store.get<RunRecord>(key);
    // Without its run a step cannot be reached.
    if (!record) continue;
    const fresh = own.steps.filter(({ id }) => !record.steps.includes(id));
    const made = [...new Set([...record.messages, ...own.messages])];
    newSteps += fresh.length;
    if (fresh.length === 0 && made.length === record.messages.length) continue;
    await store.setMany([
      ...fresh.map((step): Write => [keys.step(runId, step.id), step]),
      [key, { ...record, steps: [...record.steps, ...fresh.map(({ id }) => id)], messages: made }],
    ]);
  }
  return { runs: added, steps: newSteps };
}

interface List<R, T> {
  name: string;
  keyOf(id: string): string;
  incoming: readonly T[];
  objectOf(record: R): T;
  recordOf(object: T, page: number): R;
}

/** Inside the thread's critical section. @returns how many were not in the list */
async function placeListed<R extends { page: number }, T extends { id: string; created_at: number }>(
  { store }: Domain,
  { name, keyOf, incoming, objectOf, recordOf }: List<R, T>,
): Promise<number> {
  const log = logOf(store, name);
  const ids = await log.all();
  const listed = new Set(ids);
  const fresh = incoming.filter(({ id }) => !listed.has(id));
  if (fresh.length === 0) return 0;
  const records = new Map<string, R>();
  for (const group of groupsOf(ids)) {
    const found = await store.getMany<R>(group.map(keyOf));
    for (const [at, id] of group.entries()) if (found[at]) records.set(id, found[at]);
  }
  const existing = [...records.values()].map(objectOf);

  if (goesBehind(existing, incoming, fresh)) {
    for (const group of groupsOf(fresh)) {
      const { pages, writes } = await log.append(group.map(({ id }) => id));
      await store.setMany([
        ...group.map((one, at): Write => [keyOf(one.id), recordOf(one, pages[at] as number)]),
        ...writes,
      ]);
    }
    return fresh.length;
  }
  const order = merged(existing, incoming);
  const { pages, writes } = await log.replace(order.map(({ id }) => id));
  const rewritten = order.map((one, at): Write => {
    const page = pages[at] as number;
    const record = records.get(one.id);
    return [keyOf(one.id), record ? { ...record, page } : recordOf(one, page)];
  });
  for (const group of groupsOf(rewritten)) await store.setMany(group);
  await store.setMany(writes);
  return fresh.length;
}

/** Whether all that is new comes after all that is there. */
function goesBehind<T extends { id: string; created_at: number }>(
  existing: readonly T[],
  incoming: readonly T[],
  fresh: readonly T[],
): boolean {
  const last = existing.at(-1);
  if (!last) return true;
  const known = incoming.slice(0, incoming.length - fresh.length);
  const isSuffix = incoming.at(-fresh.length) === fresh[0];
  return isSuffix && (known.at(-1)?.id === last.id || last.created_at <= (fresh[0] as T).created_at);
}

function* groupsOf<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += GROUP) yield all.slice(from, from + GROUP);
}

/** Threads: made, changed, listed (§1.1 no. 6–9, §1.7). How they are deleted is in runs/deletion.ts. */
import type { Entry, Store } from '../store/store.ts';
import { type Domain, keys, locks, nextId, seconds } from './domain.ts';
import { errors } from './errors.ts';
import { type Listed, listRecords, logOf, type Page } from './lists.ts';
import { placeMessages } from './messages.ts';
import type { ListQuery, MessageParams, ThreadParams } from './params.ts';
import { resolveResources } from './tools.ts';
import type { Thread, ToolResources } from './types.ts';

export interface ThreadRecord extends Listed {
  thread: Thread;
  /** The run that holds the thread, if any: the newest one that had not ended when this was written. */
  activeRun?: string | null;
  /** When it was imported or changed, in Unix seconds: it has been in use then, whatever the times of its objects. */
  touchedAt?: number;
  /** Where the thread's code interpreter works (§4.3). */
  container?: { id: string; fileIds: string[]; usedAt: number };
}

/** Creates a thread with its first messages in one write; both carry the same second (§1.3). */
export async function createThread(
  domain: Domain,
  params: ThreadParams,
  messages: readonly MessageParams[] = [],
): Promise<Thread> {
  const { store } = domain;
  const thread = build(domain, params);
  const first = await placeMessages(domain, thread.id, messages);
  await store.lock(locks.list(keys.threads), async () =>
    store.setMany([...first.writes, ...(await placeThreads(store, [thread]))]),
  );
  return thread;
}

function build(domain: Domain, params: ThreadParams): Thread {
  return {
    id: nextId(domain, 'thread_'),
    object: 'thread',
    created_at: seconds(domain),
    metadata: params.metadata ?? {},
    tool_resources: resolveResources([], params.tool_resources),
  };
}

/** Writes for threads that are new to the list, in the order given; the caller is inside the list's critical section. */
export async function placeThreads(store: Store, threads: readonly Thread[]): Promise<Entry[]> {
  const plan = await logOf(store, keys.threads).append(threads.map(({ id }) => id));
  return [
    ...threads.map((thread, at): Entry => {
      const record: ThreadRecord = { thread, page: plan.pages[at] as number };
      return [keys.thread(thread.id), record];
    }),
    ...plan.writes,
  ];
}

/** @throws 404 with text #4 */
export async function loadThread(domain: Domain, id: string): Promise<ThreadRecord> {
  const record = await domain.store.get<ThreadRecord>(keys.thread(id));
  if (!record) throw errors.noThread(id);
  return record;
}

export async function retrieveThread(domain: Domain, id: string): Promise<Thread> {
  return (await loadThread(domain, id)).thread;
}

/** Reads, changes and writes a thread's record inside the thread's critical section. */
export async function changeThread(
  domain: Domain,
  id: string,
  change: (record: ThreadRecord) => ThreadRecord,
): Promise<ThreadRecord> {
  return domain.store.lock(locks.thread(id), async () => {
    const record = change(await loadThread(domain, id));
    await domain.store.set(keys.thread(id), record);
    return record;
  });
}

/** `metadata` and the members of `tool_resources` are replaced whole, not merged (§1.7). */
export async function updateThread(domain: Domain, id: string, params: ThreadParams): Promise<Thread> {
  const { thread } = await changeThread(domain, id, (record) => ({
    ...record,
    touchedAt: seconds(domain),
    thread: {
      ...record.thread,
      ...(params.metadata !== undefined && { metadata: params.metadata ?? {} }),
      ...(params.tool_resources !== undefined && {
        tool_resources: params.tool_resources
          ? resolveResources([], { ...record.thread.tool_resources, ...params.tool_resources })
          : {},
      }),
    },
  }));
  return thread;
}

/** Sets what an attachment adds to the thread's own resources (§1.9). */
export async function setThreadResources(
  domain: Domain,
  id: string,
  resources: ToolResources,
): Promise<void> {
  await changeThread(domain, id, (record) => ({
    ...record,
    thread: { ...record.thread, tool_resources: { ...record.thread.tool_resources, ...resources } },
  }));
}

/** Not in the original, and asked for by its users ever since (§6 no. 5). */
export async function listThreads(domain: Domain, query: ListQuery): Promise<Page<Thread>> {
  const list = { name: keys.threads, keyOf: keys.thread, missing: errors.noThread };
  const page = await listRecords<ThreadRecord>(domain.store, list, query);
  return { ...page, data: page.data.map((record) => record.thread) };
}

/**
 * Deletes a thread with all that hangs on it: messages, runs, steps, turns, and the files its runs made (§2.8).
 *
 * The thread is gone for everybody with one write, which also notes that the rest has to go. Where a process dies over
 * it, or the store fails, what is left is found by that note and removed by whoever opens the tenant's data next.
 */
import { type Domain, keys, locks } from '../assistants/domain.ts';
import { logOf, takeOut } from '../assistants/lists.ts';
import { isOver, type RunRecord, runsOf } from '../assistants/runs.ts';
import { loadThread, type ThreadRecord } from '../assistants/threads.ts';
import type { Run } from '../assistants/types.ts';
import { deleteFiles } from '../files/minted.ts';

/** A deletion that was begun, as `keys.deleting` lists them. */
interface Begun {
  id: string;
  /** Of the list of threads. */
  page: number;
}

export interface DeletionOptions {
  isOver?: (run: Run) => boolean;
  onlyIf?: (record: ThreadRecord) => Promise<boolean>;
}

/**
 * @returns false, and nothing is done, while a run is active or where `onlyIf` says no
 * @throws 404 #4
 */
export async function deleteThread(
  domain: Domain,
  id: string,
  options: DeletionOptions = {},
): Promise<boolean> {
  const begun = await begin(domain, id, options);
  if (begun) await finish(domain, begun);
  return begun !== undefined;
}

/** Ends what was broken off. @returns how many threads that were */
export async function finishDeletions(domain: Domain): Promise<number> {
  const left = await deletionsOf(domain);
  for (const begun of left) await finish(domain, begun, true);
  return left.length;
}

/** Ends the deletion of a thread, so that another can take its id. */
export async function finishDeletion(domain: Domain, id: string): Promise<void> {
  const begun = (await deletionsOf(domain)).find((one) => one.id === id);
  if (begun) await finish(domain, begun, true);
}

const deletionsOf = async ({ store }: Domain) => (await store.get<Begun[]>(keys.deleting)) ?? [];

async function begin(
  domain: Domain,
  id: string,
  { isOver: over = isOver, onlyIf = async () => true }: DeletionOptions,
): Promise<Begun | undefined> {
  const { store } = domain;
  return store.lock(locks.thread(id), async () => {
    const record = await loadThread(domain, id);
    const runs = await runsOf(domain, id);
    if (!runs.every(({ run }) => over(run)) || !(await onlyIf(record))) return undefined;
    const begun: Begun = { id, page: record.page };
    await store.lock(locks.list(keys.threads), async () =>
      store.setMany([
        // In this order where the store writes one key after another: a note of a thread that is there means nothing yet.
        [keys.deleting, [...(await deletionsOf(domain)), begun]],
        [keys.thread(id), undefined],
        ...(await takeOut(store, keys.threads, id, record.page)),
      ]),
    );
    return begun;
  });
}

/** @param again it may have been broken off anywhere: doing it again does the rest */
async function finish(domain: Domain, { id, page }: Begun, again = false): Promise<void> {
  const { store } = domain;
  await store.lock(locks.thread(id), async () => {
    const isThere = again && (await store.get(keys.thread(id))) !== undefined;
    if (!isThere) await removeContents(domain, id);
    await store.lock(locks.list(keys.threads), async () => {
      const others = (await deletionsOf(domain)).filter((one) => one.id !== id);
      const listed = again && !isThere && (await logOf(store, keys.threads).all()).includes(id);
      if (listed) await store.setMany(await takeOut(store, keys.threads, id, page));
      await store.set(keys.deleting, others);
    });
  });
}

/** What leads to other things goes after them. */
async function removeContents(domain: Domain, id: string): Promise<void> {
  const { store } = domain;
  const messages = logOf(store, keys.messages(id));
  const runs = logOf(store, keys.runs(id));
  const [messageIds, runIds, records] = await Promise.all([messages.all(), runs.all(), runsOf(domain, id)]);
  await deleteFiles(
    domain,
    records.flatMap(({ files }) => files),
  );
  await store.delete([
    ...records.flatMap(belongings),
    ...runIds.map((run) => keys.run(id, run)),
    ...messageIds.map((message) => keys.message(id, message)),
    keys.gone(keys.messages(id)),
    ...(await messages.keys()),
    ...(await runs.keys()),
    keys.thread(id),
  ]);
}

/** Keys of what a run keeps beside its own record. */
function belongings({ run, steps, turns }: RunRecord): string[] {
  return [
    ...steps.map((step) => keys.step(run.id, step)),
    ...Array.from({ length: turns }, (_, ordinal) => keys.turn(run.id, ordinal)),
  ];
}

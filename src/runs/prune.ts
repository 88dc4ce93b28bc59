/** Removes threads that nobody has used for long, with all that hangs on them; and keys of requests that are a day old. */
import { type Domain, keys } from '../assistants/domain.ts';
import { ApiError } from '../assistants/errors.ts';
import { sweepLedger } from '../assistants/ledger.ts';
import { logOf } from '../assistants/lists.ts';
import type { MessageRecord } from '../assistants/messages.ts';
import { isOver, type RunRecord } from '../assistants/runs.ts';
import type { ThreadRecord } from '../assistants/threads.ts';
import type { Run } from '../assistants/types.ts';
import { deleteThread, finishDeletions } from './deletion.ts';

export interface PruneOptions {
  olderThanMs: number;
  /** Removes nothing. */
  dryRun?: boolean;
  /** Ends between two threads. */
  signal?: AbortSignal;
  /** Told of each thread that is removed, or would be. @param usedAt Unix seconds */
  onThread?(id: string, usedAt: number): void;
}

export interface Pruned {
  /** Threads that were there. */
  threads: number;
  /** Those of them that were removed, or would be. */
  removed: number;
}

/** Thread records per read. */
const GROUP = 100;

/** Never removes a thread with an active run; one that is past its expiry is none (§2.6). */
export async function pruneThreads(domain: Domain, options: PruneOptions): Promise<Pruned> {
  const { olderThanMs, dryRun = false, signal, onThread = () => {} } = options;
  const { store } = domain;
  const before = Math.floor((domain.now() - olderThanMs) / 1000);
  if (!dryRun) await finishDeletions(domain);
  const ids = await logOf(store, keys.threads).all();
  let removed = 0;
  for (let from = 0; from < ids.length && !signal?.aborted; from += GROUP) {
    const group = ids.slice(from, from + GROUP);
    const records = await store.getMany<ThreadRecord>(group.map(keys.thread));
    for (const record of records) {
      if (signal?.aborted) break;
      const usedAt = record && (await idleSince(domain, record, before));
      if (usedAt === undefined) continue;
      if (!dryRun && !(await remove(domain, record as ThreadRecord, before))) continue;
      removed += 1;
      onThread((record as ThreadRecord).thread.id, usedAt);
    }
  }
  if (!dryRun) await sweepLedger(domain);
  return { threads: ids.length, removed };
}

async function remove(domain: Domain, { thread }: ThreadRecord, before: number): Promise<boolean> {
  return deleteThread(domain, thread.id, {
    isOver: (run) => isPast(domain, run),
    // Somebody may have come back to it a moment ago.
    onlyIf: async (record) => (await idleSince(domain, record, before)) !== undefined,
  }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  });
}

/** When a thread was last used, in Unix seconds; undefined where that is not before `before`, or a run is active. */
async function idleSince(
  domain: Domain,
  { thread, activeRun, touchedAt = 0 }: ThreadRecord,
  before: number,
): Promise<number | undefined> {
  const { store } = domain;
  const own = Math.max(thread.created_at, touchedAt);
  if (own >= before) return undefined;
  const newest = async (name: string) => (await logOf(store, name).list({ order: 'desc', limit: 1 })).ids[0];
  const [messageId, runId] = await Promise.all([
    newest(keys.messages(thread.id)),
    newest(keys.runs(thread.id)),
  ]);
  const [message, run, active] = (await store.getMany([
    keys.message(thread.id, messageId ?? ''),
    keys.run(thread.id, runId ?? ''),
    keys.run(thread.id, activeRun ?? ''),
  ])) as [MessageRecord | undefined, RunRecord | undefined, RunRecord | undefined];
  if ([run, active].some((one) => one && !isPast(domain, one.run))) return undefined;
  const usedAt = Math.max(own, message?.message.created_at ?? 0, run ? endOf(run.run) : 0);
  return usedAt < before ? usedAt : undefined;
}

const isPast = (domain: Domain, run: Run) =>
  isOver(run) || domain.now() >= (run.expires_at ?? Number.POSITIVE_INFINITY) * 1000;

const endOf = ({ created_at, expires_at, completed_at, failed_at, cancelled_at }: Run) =>
  Math.max(created_at, ...[expires_at, completed_at, failed_at, cancelled_at].map((time) => time ?? 0));

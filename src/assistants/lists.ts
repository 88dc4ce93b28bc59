/** The five lists of the API share these semantics (§1.4). */
import { type Log, openLog } from '../store/log.ts';
import type { Store } from '../store/store.ts';
import type { ListQuery } from './params.ts';

export interface Page<T> {
  data: T[];
  has_more: boolean;
}

/** A record that stands in a list remembers the log page its id is on. */
export interface Listed {
  page: number;
}

/** `limit` defaults to 20, `order` to newest first (§1.4). */
export function window(query: ListQuery): { limit: number; order: 'asc' | 'desc' } {
  return { limit: query.limit ?? 20, order: query.order ?? 'desc' };
}

/**
 * One page of records that are listed in a log.
 * @param keyOf the record's key for an id of the log
 * @param missing the error for a cursor that names nothing
 */
export async function listRecords<R extends Listed>(
  store: Store,
  log: Log,
  query: ListQuery,
  keyOf: (id: string) => string,
  missing: (id: string) => Error,
): Promise<Page<R>> {
  const cursors = [query.after, query.before].filter((id) => id !== undefined);
  const found = await store.getMany<R>(cursors.map(keyOf));
  const cursorOf = (id: string | undefined) => {
    if (id === undefined) return undefined;
    const record = found[cursors.indexOf(id)];
    if (!record) throw missing(id);
    return { id, page: record.page };
  };
  const after = cursorOf(query.after);
  const before = cursorOf(query.before);
  const { ids, hasMore } = await log.list({
    ...window(query),
    ...(after && { after }),
    ...(before && { before }),
  });
  const records = await store.getMany<R>(ids.map(keyOf));
  return { data: records.filter((record) => record !== undefined), has_more: hasMore };
}

/** The same semantics over a short list that is held in memory, oldest first. */
export function listIds(
  ids: readonly string[],
  query: ListQuery,
  missing: (id: string) => Error,
): Page<string> {
  const { limit, order } = window(query);
  const ordered = order === 'asc' ? ids : ids.toReversed();
  const at = (id: string) => {
    const index = ordered.indexOf(id);
    if (index < 0) throw missing(id);
    return index;
  };
  const start = query.after === undefined ? 0 : at(query.after) + 1;
  const end = query.before === undefined ? ordered.length : at(query.before);
  const span = ordered.slice(start, Math.max(start, end));
  const backwards = query.before !== undefined && query.after === undefined;
  return {
    data: backwards ? span.slice(-limit) : span.slice(0, limit),
    has_more: span.length > limit,
  };
}

/** A list that spans threads, or a thread's own; the store keeps it in pages. */
export function logOf(store: Store, name: string): Log {
  return openLog(store, name);
}

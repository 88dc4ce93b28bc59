/** The five lists of the API share these semantics (§1.4). */
import { type Log, type LogCursor, type LogPlace, openLog } from '../store/log.ts';
import type { Entry, Store } from '../store/store.ts';
import { keys } from './domain.ts';
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

/** What one list of records is: the name of its log, the record's key for an id, the error for a cursor that names nothing. */
export interface RecordList {
  name: string;
  keyOf: (id: string) => string;
  missing: (id: string) => Error;
}

/** One page of records that are listed in a log. */
export async function listRecords<R extends Listed>(
  store: Store,
  list: RecordList,
  query: ListQuery,
): Promise<Page<R>> {
  const { limit, order } = window(query);
  const [onward, backward] = order === 'asc' ? (['newer', 'older'] as const) : (['older', 'newer'] as const);
  const [after, before] = await Promise.all([
    query.after === undefined ? undefined : placeOf(store, list, query.after, onward),
    query.before === undefined ? undefined : placeOf(store, list, query.before, backward),
  ]);
  const { ids, hasMore } = await logOf(store, list.name).list({
    limit,
    order,
    ...(after && { after }),
    ...(before && { before }),
  });
  const records = await store.getMany<R>(ids.map(list.keyOf));
  return { data: records.filter((record) => record !== undefined), has_more: hasMore };
}

/** Where an id stood that was taken out of a list: the ids on its two sides at that moment. */
interface Gone {
  id: string;
  older?: string | undefined;
  newer?: string | undefined;
}

/** As many deleted ids of a list are remembered, newest last: more than one page of a list has. */
const REMEMBERED = 256;

/**
 * What to write so that an id is in its list no longer. Programs delete while they page through a list, and then go on
 * after what they have just deleted: its place is remembered for a while.
 */
export async function takeOut(store: Store, name: string, id: string, page: number): Promise<Entry[]> {
  const log = logOf(store, name);
  const next = async (order: 'asc' | 'desc') =>
    (await log.list({ order, limit: 1, after: { id, page } })).ids[0];
  const [older, newer, gone] = await Promise.all([
    next('desc'),
    next('asc'),
    store.get<Gone[]>(keys.gone(name)),
  ]);
  const remembered = [...(gone ?? []), { id, older, newer }].slice(-REMEMBERED);
  return [...(await log.remove(id, page)), [keys.gone(name), remembered]];
}

type Side = 'older' | 'newer';

/**
 * Where a cursor stands for somebody who lists what is on one side of it. For a deleted one stands what remains
 * nearest to it on the other side, or the edge of the list where nothing does.
 * @throws the list's error for an id that was never in it, or was deleted too long ago
 */
async function placeOf(store: Store, list: RecordList, id: string, side: Side): Promise<LogPlace> {
  const { name, keyOf, missing } = list;
  const cursorOf = async (one: string): Promise<LogCursor | undefined> => {
    const record = await store.get<Listed>(keyOf(one));
    return record && { id: one, page: record.page };
  };
  const standing = await cursorOf(id);
  if (standing) return standing;

  const gone = (await store.get<Gone[]>(keys.gone(name))) ?? [];
  /** The nearest that remains of what stood on one side of the cursor when it was deleted; undefined: nothing did. */
  const neighbour = async (direction: Side): Promise<LogCursor | undefined> => {
    for (let next: string | undefined = id; ; ) {
      const place = gone.findLast((one) => one.id === next);
      if (!place) throw missing(id);
      next = place[direction];
      if (next === undefined) return undefined;
      const found = await cursorOf(next);
      if (found) return found;
    }
  };
  if (side === 'newer') return (await neighbour('older')) ?? 'edge';
  const newer = await neighbour('newer');
  if (newer) return newer;
  // It was the newest when it was deleted; what has come since is newer.
  const older = await neighbour('older');
  const log = logOf(store, name);
  const [next] = (await log.list({ order: 'asc', limit: 1, ...(older && { after: older }) })).ids;
  return (next && (await cursorOf(next))) || 'edge';
}

/**
 * The same semantics over a short list that is held in memory, oldest first.
 * @param isThere whether an id is still to be listed; any of them may be a cursor
 */
export function listIds(
  ids: readonly string[],
  query: ListQuery,
  missing: (id: string) => Error,
  isThere: (id: string) => boolean = () => true,
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
  const span = ordered.slice(start, Math.max(start, end)).filter(isThere);
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

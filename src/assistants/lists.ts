/** The five lists of the API share these semantics (§1.4). */
import { type Log, openLog } from '../store/log.ts';
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
  const { keyOf, missing } = list;
  const cursors = [query.after, query.before].filter((id) => id !== undefined);
  const found = await store.getMany<R>(cursors.map(keyOf));
  const cursorOf = (id: string | undefined) => {
    const record = id === undefined ? undefined : found[cursors.indexOf(id)];
    return id !== undefined && record ? { id, page: record.page } : undefined;
  };
  const before = cursorOf(query.before);
  if (query.before !== undefined && !before) throw missing(query.before);
  const after = cursorOf(query.after) ?? (await insteadOf<R>(store, list, query));
  const { ids, hasMore } = await logOf(store, list.name).list({
    ...window(query),
    ...(after && { after }),
    ...(before && { before }),
  });
  const records = await store.getMany<R>(ids.map(keyOf));
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

/** What precedes a deleted cursor in the order of the list stands for it; undefined: the list starts anew. */
async function insteadOf<R extends Listed>(
  store: Store,
  { name, keyOf, missing }: RecordList,
  query: ListQuery,
): Promise<{ id: string; page: number } | undefined> {
  if (query.after === undefined) return undefined;
  const gone = (await store.get<Gone[]>(keys.gone(name))) ?? [];
  const side = window(query).order === 'asc' ? 'older' : 'newer';
  let id: string | undefined = query.after;
  for (let place = placeOf(gone, id); place; place = placeOf(gone, id)) {
    id = place[side];
    if (id === undefined) return undefined;
  }
  const record = id === query.after ? undefined : await store.get<R>(keyOf(id));
  if (!record) throw missing(query.after);
  return { id, page: record.page };
}

function placeOf(gone: readonly Gone[], id: string): Gone | undefined {
  return gone.findLast((place) => place.id === id);
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

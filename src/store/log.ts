/**
 * Ordered lists of ids over a key-value store that has no ranges. A log is a small head and pages of ids:
 *
 *     head:<name>       { first, at, high, open }
 *     page:<n>:<name>   [id, id, …]
 *
 * Pages are numbered in the order in which they were begun. The newest two are "open": they rest in the head
 * itself (`open`, the first of them being page number `at`), so appending reads and writes the head only, and the
 * newest hundred ids are known from the head alone. Older pages are "closed": keys of their own, from `first` to
 * `at - 1`. When a third page would be open, the oldest is written out and closed. Thus appending, listing the
 * newest, and listing from a cursor (which knows its page) each take one read, at any length.
 *
 * Three rules hold between operations:
 * - page `first` is not empty, if it is closed: `first < at` means that there are ids before the open pages;
 * - some open page is not empty, if any page is closed;
 * - a page outside `first … at - 1` is not read as a closed page, whatever its key may still hold from earlier.
 *
 * Every change is one page followed by the head, or a single key. Whoever dies between the two writes leaves a
 * page that no head speaks of.
 */
import { StoreError } from './errors.ts';
import type { Entry, Store } from './store.ts';

/** What an append has to write, and on which page each id came to be (in the order of the ids). */
export interface LogPlan {
  pages: number[];
  writes: Entry[];
}

/** A place in a log: an id and the page it is on. */
export interface LogCursor {
  id: string;
  page: number;
}

/** `edge`: before the first id, or after the last, in the requested order. */
export type LogPlace = LogCursor | 'edge';

/** List semantics of §1.4. */
export interface LogQuery {
  /** the order of appending, or its reverse */
  order: 'asc' | 'desc';
  /** at least 1 */
  limit: number;
  /** ids strictly after this one in the requested order */
  after?: LogPlace;
  /**
   * ids strictly before this one in the requested order: those closest to it, presented in that order. With
   * `after`, the ids between the two.
   */
  before?: LogPlace;
}

/**
 * A list of ids in the order in which they were appended. Callers hold a lock of their own around a change, from
 * before `append` or `remove` until what it returned is written. Reading needs no lock; an id that is being
 * removed at the same time may still be listed, so an id without a record is to be skipped.
 */
export interface Log {
  /**
   * Reads the head (one operation at any length) and returns what to write. The caller keeps the page
   * number of each id in that id's own record and puts `writes` at the end of its own `setMany`. An id must not be
   * in the log already.
   */
  append(ids: readonly string[]): Promise<LogPlan>;

  /**
   * What to write so that the log holds these ids and no others, in this order. They go to new pages, so that until the
   * head is written, last, the log is as it was. The old pages are left to be deleted with the log.
   */
  replace(ids: readonly string[]): Promise<LogPlan>;

  /** What to write so that the id is gone: one entry, or none if it isn't there. */
  remove(id: string, page: number): Promise<Entry[]>;

  /**
   * One page of the list. `hasMore` says whether ids follow in the direction of paging (for `before` alone: further
   * away from the cursor).
   *
   * A cursor whose id has been removed stands for the edge of its page: the list goes on with all that is left of
   * that page, and from there. So nothing is skipped, and a client that deletes everything it lists sees every id
   * once; but ids of that page that the client has seen and kept may come again.
   */
  list(query: LogQuery): Promise<{ ids: string[]; hasMore: boolean }>;

  /** All ids, oldest first; pages are read many at a time. */
  all(): Promise<string[]>;

  /** Every store key that the log uses or has used, for deletion. */
  keys(): Promise<string[]>;
}

/** Ids per page. */
const PAGE_SIZE = 100;

/** Pages per read: at first what the limit needs, then ever more, in case they are all empty. */
const MOST_PAGES = 100;

interface Head {
  /** the oldest page that has ids */
  first: number;
  /** the number of the first open page */
  at: number;
  /** the highest number a closed page ever had, -1 if none */
  high: number;
  /** the ids of pages `at`, `at + 1` */
  open: string[][];
}

type Direction = 1 | -1;

/**
 * @param name any string; two names never share a key
 * @param pageSize ids per new page; may change from one opening to the next
 */
export function openLog(store: Store, name: string, pageSize = PAGE_SIZE): Log {
  return new PagedLog(store, name, pageSize);
}

class PagedLog implements Log {
  readonly #store: Store;
  readonly #name: string;
  readonly #pageSize: number;

  constructor(store: Store, name: string, pageSize: number) {
    this.#store = store;
    this.#name = name;
    this.#pageSize = pageSize;
  }

  async append(ids: readonly string[]): Promise<LogPlan> {
    if (ids.length === 0) return { pages: [], writes: [] };
    return this.#extend((await this.#store.get<Head>(this.#headKey())) ?? emptyHead(), ids);
  }

  async replace(ids: readonly string[]): Promise<LogPlan> {
    const old = await this.#store.get<Head>(this.#headKey());
    if (!old) return this.append(ids);
    const next = Math.max(old.high, lastPage(old)) + 1;
    return this.#extend({ first: next, at: next, high: next - 1, open: [[]] }, ids);
  }

  #extend(head: Head, ids: readonly string[]): LogPlan {
    const pages: number[] = [];
    const writes: Entry[] = [];
    for (const id of ids) {
      if ((head.open.at(-1)?.length ?? 0) >= this.#pageSize) head.open.push([]);
      if (head.open.length > 2) writes.push(...this.#closeOldest(head));
      head.open.at(-1)?.push(id);
      pages.push(lastPage(head));
    }
    writes.push([this.#headKey(), head]);
    return { pages, writes };
  }

  async remove(id: string, page: number): Promise<Entry[]> {
    const [storedHead, storedPage] = await this.#store.getMany([this.#headKey(), this.#pageKey(page)]);
    const head = storedHead as Head | undefined;
    if (!head || page < head.first || page > lastPage(head)) return [];

    const ids = (page < head.at ? storedPage : head.open[page - head.at]) as string[] | undefined;
    const index = ids?.indexOf(id) ?? -1;
    if (!ids || index < 0) return [];
    ids.splice(index, 1);

    if (page >= head.at) {
      await this.#refill(head);
      return [[this.#headKey(), head]];
    }
    if (ids.length > 0 || page > head.first) return [[this.#pageKey(page), ids]];
    const next = await this.#nextInUse(head, page + 1, 1);
    head.first = next?.page ?? head.at;
    return [[this.#headKey(), head]];
  }

  async list(query: LogQuery): Promise<{ ids: string[]; hasMore: boolean }> {
    const backwards = query.before !== undefined && query.after === undefined;
    const direction: Direction = (query.order === 'asc') !== backwards ? 1 : -1;
    const { after, before } = query;
    const found = await this.#walk(
      direction,
      query.limit,
      cursorOf(backwards ? before : after),
      backwards ? undefined : cursorOf(before),
    );
    if (backwards) found.ids.reverse();
    return found;
  }

  async all(): Promise<string[]> {
    const head = await this.#store.get<Head>(this.#headKey());
    if (!head) return [];
    const numbers = range(head.first, head.at - 1);
    const closed = await this.#readClosed(numbers);
    return [...numbers.flatMap((n) => closed.get(n) ?? []), ...head.open.flat()];
  }

  async keys(): Promise<string[]> {
    const head = await this.#store.get<Head>(this.#headKey());
    // open pages too: an append may have died after it wrote out a page and before it wrote the head
    const last = head ? Math.max(head.high, lastPage(head)) : -1;
    return [...range(0, last).map((n) => this.#pageKey(n)), this.#headKey()];
  }

  /** Collects up to `limit` ids strictly between two places, from the first towards the second. */
  async #walk(direction: Direction, limit: number, from?: LogCursor, to?: LogCursor) {
    const perRead = Math.min(Math.ceil(limit / this.#pageSize) + 1, MOST_PAGES);
    const guess = from?.page ?? (direction === 1 ? 0 : undefined);
    const ahead = guess === undefined ? [] : stride(guess, direction, perRead).filter((n) => n >= 0);
    const { head, closed } = await this.#readHead(ahead);

    const ids: string[] = [];
    if (!head) return { ids, hasMore: false };
    let group = perRead;
    let page = direction === 1 ? head.first : lastPage(head);
    if (from) page = direction === 1 ? Math.max(page, from.page) : Math.min(page, from.page);
    for (; page >= head.first && page <= lastPage(head); page += direction) {
      if (to && (page - to.page) * direction > 0) break;
      if (page < head.at && !closed.has(page)) {
        const wanted = stride(page, direction, group).filter((n) => n >= head.first && n < head.at);
        for (const [n, content] of await this.#readClosed(wanted)) closed.set(n, content);
        group = Math.min(group * 2, MOST_PAGES);
      }
      const content = page < head.at ? closed.get(page) : head.open[page - head.at];
      ids.push(...between(content ?? [], direction, page, from, to));
      if (ids.length > limit) return { ids: ids.slice(0, limit), hasMore: true };
      if (ids.length === limit && !to) return { ids, hasMore: followedByIds(head, page, direction) };
    }
    return { ids, hasMore: false };
  }

  /** The head, and what the keys of pages that are perhaps closed hold; it counts only if they are. */
  async #readHead(guessed: number[]) {
    const [stored, ...pages] = await this.#store.getMany([
      this.#headKey(),
      ...guessed.map((n) => this.#pageKey(n)),
    ]);
    const head = stored as Head | undefined;
    const closed = new Map<number, string[]>();
    for (const [i, n] of guessed.entries()) {
      const content = pages[i] as string[] | undefined;
      if (content) closed.set(n, content);
    }
    return { head, closed };
  }

  async #readClosed(numbers: number[]): Promise<Map<number, string[]>> {
    const pages = await this.#store.getMany<string[]>(numbers.map((n) => this.#pageKey(n)));
    return new Map(
      numbers.map((n, i) => {
        const content = pages[i];
        if (content) return [n, content];
        throw new StoreError(
          'damaged',
          `${this.#store.kind}:`,
          `page ${n} of the list ${JSON.stringify(this.#name)} is gone. Something else deletes keys of this store.`,
        );
      }),
    );
  }

  /** Takes the oldest of three open pages out of the head. */
  #closeOldest(head: Head): Entry[] {
    const number = head.at++;
    const ids = head.open.shift() ?? [];
    if (ids.length === 0 && head.first === number) {
      head.first = head.at;
      return [];
    }
    head.high = Math.max(head.high, number);
    return [[this.#pageKey(number), ids]];
  }

  /** After a removal from an open page: the newest closed page is opened again when no open page has ids left. */
  async #refill(head: Head): Promise<void> {
    if (head.first < head.at && head.open.every((ids) => ids.length === 0)) {
      const newest = await this.#nextInUse(head, head.at - 1, -1);
      if (newest) {
        head.at = newest.page;
        head.open = [newest.ids];
      }
    }
  }

  /** The nearest closed page that has ids, from a page on. */
  async #nextInUse(head: Head, from: number, direction: Direction) {
    for (let group = 2, page = from; page >= head.first && page < head.at; ) {
      const numbers = stride(page, direction, group).filter((n) => n >= head.first && n < head.at);
      for (const [n, ids] of await this.#readClosed(numbers)) {
        if (ids.length > 0) return { page: n, ids };
      }
      page += group * direction;
      group = Math.min(group * 2, MOST_PAGES);
    }
    return undefined;
  }

  #headKey(): string {
    return `head:${this.#name}`;
  }

  #pageKey(page: number): string {
    return `page:${page}:${this.#name}`;
  }
}

function cursorOf(place: LogPlace | undefined): LogCursor | undefined {
  return place === 'edge' ? undefined : place;
}

function emptyHead(): Head {
  return { first: 0, at: 0, high: -1, open: [[]] };
}

function lastPage(head: Head): number {
  return head.at + head.open.length - 1;
}

/** The ids of one page that lie strictly between two places, in the direction of the walk. */
function between(
  ids: string[],
  direction: Direction,
  page: number,
  from?: LogCursor,
  to?: LogCursor,
): string[] {
  const ordered = direction === 1 ? ids : ids.toReversed();
  const start = from?.page === page ? ordered.indexOf(from.id) + 1 : 0;
  const end = to?.page === page ? ordered.indexOf(to.id) : -1;
  return ordered.slice(start, end < 0 ? undefined : end);
}

/** Are there ids beyond this page? The rules above answer without reading. */
function followedByIds(head: Head, page: number, direction: Direction): boolean {
  if (direction === -1 && head.first < Math.min(page, head.at)) return true;
  const rest = head.open.filter((_, i) => (head.at + i - page) * direction > 0);
  return rest.some((ids) => ids.length > 0);
}

function stride(from: number, direction: Direction, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i * direction);
}

function range(from: number, to: number): number[] {
  return to < from ? [] : stride(from, 1, to - from + 1);
}

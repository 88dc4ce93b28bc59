/** Logs over the store, held against plain arrays. */
import assert from 'node:assert/strict';
import { type Log, type LogCursor, type LogQuery, openLog } from '../log.ts';
import type { Store } from '../store.ts';
import { type Check, Random } from './harness.ts';

/** Small, so that few ids make many pages. */
const PAGE_SIZE = 3;

const STEPS = 120;

/** A log and the array that it has to agree with. */
class Pair {
  readonly #store: Store;
  readonly log: Log;
  readonly ids: string[] = [];
  readonly #pages = new Map<string, number>();
  readonly #written = new Set<string>();
  #next = 0;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.log = openLog(store, name, PAGE_SIZE);
  }

  async append(count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => `id ${this.#next++}`);
    const { pages, writes } = await this.log.append(ids);
    await this.#write(writes);
    assert.equal(pages.length, ids.length);
    for (const [i, id] of ids.entries()) this.#pages.set(id, pages[i] ?? -1);
    this.ids.push(...ids);
  }

  async remove(id: string): Promise<void> {
    const writes = await this.log.remove(id, this.cursor(id).page);
    assert.ok(writes.length === 1, 'a removal is one write');
    await this.#write(writes);
    this.ids.splice(this.ids.indexOf(id), 1);
  }

  cursor(id: string): LogCursor {
    return { id, page: this.#pages.get(id) ?? -1 };
  }

  async agree(query: LogQuery): Promise<void> {
    assert.deepEqual(
      await this.log.list(query),
      expected(this.ids, query),
      JSON.stringify({ query, ids: this.ids }),
    );
  }

  /** Every key that was ever written is one that a deletion would find. */
  async agreeOnKeys(): Promise<void> {
    const keys = new Set(await this.log.keys());
    assert.deepEqual(
      [...this.#written].filter((key) => !keys.has(key)),
      [],
    );
  }

  async #write(writes: Parameters<Store['setMany']>[0]): Promise<void> {
    for (const [key] of writes) this.#written.add(key);
    await this.#store.setMany(writes);
  }
}

/** §1.4 on an array. */
function expected(ids: readonly string[], { order, limit, after, before }: LogQuery) {
  const ordered = order === 'asc' ? [...ids] : ids.toReversed();
  const start = after && after !== 'edge' ? ordered.indexOf(after.id) + 1 : 0;
  const end = before && before !== 'edge' ? ordered.indexOf(before.id) : ordered.length;
  const window = ordered.slice(start, Math.max(start, end));
  const page = before && !after ? window.slice(-limit) : window.slice(0, limit);
  return { ids: page, hasMore: page.length < window.length };
}

function anyQuery(pair: Pair, random: Random): LogQuery {
  const cursor = () => {
    if (random.below(8) === 0) return 'edge';
    const id = random.below(2) === 0 ? random.oneOf(pair.ids) : undefined;
    return id === undefined ? undefined : pair.cursor(id);
  };
  const after = cursor();
  const before = cursor();
  return {
    order: random.below(2) === 0 ? 'asc' : 'desc',
    limit: 1 + random.below(random.below(3) === 0 ? 40 : 8),
    ...(after && { after }),
    ...(before && { before }),
  };
}

async function anyStep(pair: Pair, random: Random): Promise<void> {
  const { ids } = pair;
  // deletions come in runs, from either end or the middle, so that pages empty there
  const run = random.below(3 * PAGE_SIZE);
  switch (random.below(6)) {
    case 0:
      for (let i = 0; i < run && ids[0] !== undefined; i++) await pair.remove(ids[0]);
      return;
    case 1:
      for (let i = 0, last = ids.at(-1); i < run && last !== undefined; i++, last = ids.at(-1))
        await pair.remove(last);
      return;
    case 2: {
      const from = random.below(ids.length + 1);
      for (const id of ids.slice(from, from + run)) await pair.remove(id);
      return;
    }
    case 3: {
      const id = random.oneOf(ids);
      if (id !== undefined) await pair.remove(id);
      return;
    }
    default:
      await pair.append(1 + random.below(random.below(2) === 0 ? 2 : 5 * PAGE_SIZE));
  }
}

export function logChecks(seed: number): Check[] {
  const walk = (number: number): Check => ({
    name: `a log agrees with an array on everything that can be done to both (random walk ${number})`,
    async run(store) {
      const random = new Random(seed + number);
      const pair = new Pair(store, 'walk');
      for (let step = 0; step < STEPS; step++) {
        await anyStep(pair, random);
        await pair.agree(anyQuery(pair, random));
        await pair.agree({ order: 'desc', limit: 4 });
        if (step % 10 === 0) assert.deepEqual(await pair.log.all(), pair.ids);
      }
      await pair.agreeOnKeys();
    },
  });
  return [
    {
      name: 'an empty log has no ids, no more of them, and nothing to remove',
      async run(store) {
        const log = openLog(store, 'log');
        assert.deepEqual(await log.all(), []);
        assert.deepEqual(await log.list({ order: 'desc', limit: 20 }), { ids: [], hasMore: false });
        assert.deepEqual(await log.remove('id', 0), []);
        assert.deepEqual(await log.append([]), { pages: [], writes: [] });
      },
    },
    walk(1),
    walk(2),
    {
      name: 'paging by the last id of each page meets every id once, in both orders (§1.4)',
      async run(store) {
        const pair = new Pair(store, 'log');
        await pair.append(23);
        for (const order of ['asc', 'desc'] as const) {
          const met: string[] = [];
          for (let after: LogCursor | undefined, more = true; more; ) {
            const { ids, hasMore } = await pair.log.list({ order, limit: 4, ...(after && { after }) });
            met.push(...ids);
            assert.ok(met.length <= 23, 'the listing goes round in circles');
            const last = ids.at(-1);
            if (last !== undefined) after = pair.cursor(last);
            more = hasMore;
          }
          assert.deepEqual(met, order === 'asc' ? pair.ids : pair.ids.toReversed());
        }
      },
    },
    {
      name: 'whoever deletes all that is listed, and asks for what comes after the last of it, meets every id once',
      async run(store) {
        for (const order of ['asc', 'desc'] as const) {
          const pair = new Pair(store, `log ${order}`);
          await pair.append(23);
          const all = order === 'asc' ? [...pair.ids] : pair.ids.toReversed();
          const met: string[] = [];
          for (let after: LogCursor | undefined, more = true; more; ) {
            const { ids, hasMore } = await pair.log.list({ order, limit: 4, ...(after && { after }) });
            for (const id of ids) await pair.remove(id);
            met.push(...ids);
            assert.ok(met.length <= 23, 'the listing goes round in circles');
            const last = ids.at(-1);
            if (last !== undefined) after = pair.cursor(last);
            more = hasMore;
          }
          assert.deepEqual(met, all);
          assert.deepEqual(await pair.log.all(), []);
        }
      },
    },
    {
      name: 'logs of similar names keep apart',
      async run(store) {
        const pairs = ['a', '0:a', 'a:0', '1:a', ''].map((name) => new Pair(store, name));
        for (const [i, pair] of pairs.entries()) await pair.append(10 + i);
        for (const pair of pairs) assert.deepEqual(await pair.log.all(), pair.ids);
      },
    },
    {
      name: 'removing an id a second time, or one that never was, changes nothing',
      async run(store) {
        const pair = new Pair(store, 'log');
        await pair.append(10);
        const [first = ''] = pair.ids;
        const cursor = pair.cursor(first);
        await pair.remove(first);
        assert.deepEqual(await pair.log.remove(first, cursor.page), []);
        assert.deepEqual(await pair.log.remove('stranger', 0), []);
        assert.deepEqual(await pair.log.remove('stranger', 99), []);
      },
    },
  ];
}

export const crashChecks: Check[] = [
  {
    name: 'an append that dies after any of its writes shows all of its ids or none, and loses none of the earlier',
    async run(store) {
      for (let length = 0; length <= 3 * PAGE_SIZE; length += 2) {
        for (let done = 0, writes = Number.POSITIVE_INFINITY; done <= writes; done++) {
          writes = await crash(store, `log ${length} ${done}`, length, done);
        }
      }
    },
  },
];

/**
 * Appends to a log of some length, record by record as an engine without transactions would, and stops after some
 * of the writes. Then looks at what is there, and does it over.
 * @returns how many writes there were to do
 */
async function crash(store: Store, name: string, length: number, done: number): Promise<number> {
  const log = openLog(store, name, PAGE_SIZE);
  const before = Array.from({ length }, (_, i) => `old ${i}`);
  const added = Array.from({ length: 2 * PAGE_SIZE + 1 }, (_, i) => `new ${i}`);
  await store.setMany((await log.append(before)).writes);

  const attempt = async () => {
    const { pages, writes } = await log.append(added);
    return [...added.map((id, i) => [`${name} ${id}`, { page: pages[i] }] as const), ...writes];
  };
  const writes = await attempt();
  for (const [key, value] of writes.slice(0, done)) await store.set(key, value);

  const after = await log.all();
  assert.deepEqual(after, done < writes.length ? before : [...before, ...added]);
  const newest = await log.list({ order: 'desc', limit: 100 });
  assert.deepEqual(newest, { ids: after.toReversed(), hasMore: false });
  if (done >= writes.length) return writes.length;

  await store.setMany(await attempt());
  assert.deepEqual(await log.all(), [...before, ...added]);
  for (const id of added) {
    const record = await store.get<{ page: number }>(`${name} ${id}`);
    await store.setMany(await log.remove(id, record?.page ?? -1));
  }
  assert.deepEqual(await log.all(), before);
  return writes.length;
}

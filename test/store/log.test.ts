import { beforeEach, describe, expect, it } from 'vitest';
import { type LogCursor, openLog } from '../../src/store/log.ts';
import { openStore } from '../../src/store/open.ts';
import { CountingStore } from './helpers/counting.ts';

let store: CountingStore;

beforeEach(async () => {
  store = new CountingStore(await openStore('memory:'));
});

/** A log of so many ids, and the cursor of each. */
async function logOf(length: number, name = `log of ${length}`) {
  const log = openLog(store, name);
  const ids = Array.from({ length }, (_, i) => `msg_${i}`);
  const { pages, writes } = await log.append(ids);
  await store.setMany(writes);
  const cursors = ids.map((id, i): LogCursor => ({ id, page: pages[i] ?? -1 }));
  const cursor = (index: number) => cursors[index] as LogCursor;
  return { log, ids, cursor };
}

describe('the cost of a log', () => {
  for (const order of ['asc', 'desc'] as const) {
    it(`of 100 000 ids is that of 10 ids, one operation, for each page of a listing in ${order} order`, async () => {
      const costs = [];
      for (const length of [10, 100_000]) {
        const { log, cursor } = await logOf(length);
        const middle = cursor(length / 2);
        costs.push({
          first: await store.count(() => log.list({ order, limit: 20 })),
          after: await store.count(() => log.list({ order, limit: 20, after: middle })),
          before: await store.count(() => log.list({ order, limit: 20, before: middle })),
          between: await store.count(() =>
            log.list({ order, limit: 20, after: middle, before: cursor(order === 'asc' ? length - 1 : 0) }),
          ),
        });
      }
      for (const cost of costs) {
        for (const { operations, keysRead } of Object.values(cost)) {
          expect(operations).toBe(1);
          expect(keysRead).toBeLessThanOrEqual(3);
        }
      }
    });
  }

  it('of 100 000 ids is that of 10 ids, for an append and for the removal of an id', async () => {
    const costs = [];
    for (const length of [10, 100_000]) {
      const { log, cursor } = await logOf(length);
      costs.push({
        append: await store.count(async () => store.setMany((await log.append(['msg_new'])).writes)),
        removal: await store.count(async () =>
          store.setMany(await log.remove(cursor(length / 2).id, cursor(length / 2).page)),
        ),
      });
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[1]).toMatchObject({ append: { operations: 2 }, removal: { operations: 2 } });
  });

  it('stays the same over ten thousand appends of one id, whatever page they fall on', async () => {
    const { log } = await logOf(0);
    const seen = new Set<number>();
    for (let i = 0; i < 10_000; i++) {
      const { operations } = await store.count(async () =>
        store.setMany((await log.append([`msg_${i}`])).writes),
      );
      seen.add(operations);
    }
    expect([...seen]).toEqual([2]);
    expect(await log.all()).toHaveLength(10_000);
  });

  it('does not grow with what an append writes: a head of at most two pages, now and then a page', async () => {
    const { log } = await logOf(0);
    let longest = 0;
    for (let i = 0; i < 1000; i++) {
      const { writes } = await log.append([`msg_${i}`]);
      expect(writes.length).toBeLessThanOrEqual(2);
      for (const [, value] of writes) longest = Math.max(longest, JSON.stringify(value).length);
      await store.setMany(writes);
    }
    expect(longest).toBeLessThan(200 * '"msg_999",'.length + 100);
  });

  it('is low for a listing over a hundred thousand ids of which only the ends are left', async () => {
    const { log, ids, cursor } = await logOf(100_000);
    for (let i = 100; i < 99_800; i += 100) {
      // a page at a time, as a head and pages would look after each id in it was removed
      await store.set(`page:${cursor(i).page}:log of 100000`, []);
    }
    const across = { order: 'asc', limit: 100, after: cursor(50) } as const;
    expect(await log.list(across)).toEqual({
      ids: [...ids.slice(51, 100), ...ids.slice(99_800, 99_851)],
      hasMore: true,
    });
    const { operations } = await store.count(() => log.list(across));
    expect(operations).toBeLessThan(20);
  });

  it('is one read of many pages at a time for all ids', async () => {
    const { log, ids } = await logOf(100_000);
    expect(await log.all()).toEqual(ids);
    const { operations } = await store.count(() => log.all());
    expect(operations).toBe(2);
  });
});

describe('deleting from the front', () => {
  it('leaves listing from the oldest as quick as it was', async () => {
    const { log, ids, cursor } = await logOf(5000);
    for (const [i, id] of ids.slice(0, 4000).entries())
      await store.setMany(await log.remove(id, cursor(i).page));
    const oldest = { order: 'asc', limit: 20 } as const;
    expect(await log.list(oldest)).toEqual({ ids: ids.slice(4000, 4020), hasMore: true });
    const { operations } = await store.count(() => log.list(oldest));
    expect(operations).toBeLessThanOrEqual(2);
  });

  it('leaves nothing that would promise more', async () => {
    const { log, ids, cursor } = await logOf(150);
    for (let i = 0; i < 100; i++) await store.setMany(await log.remove(`msg_${i}`, cursor(i).page));
    expect(await log.list({ order: 'desc', limit: 50 })).toEqual({
      ids: ids.slice(100).reverse(),
      hasMore: false,
    });
  });

  it('costs as much for each id as any other removal, also when pages in the middle are empty already', async () => {
    const { log, ids, cursor } = await logOf(5000);
    const remove = (i: number) =>
      store.count(async () => store.setMany(await log.remove(`msg_${i}`, cursor(i).page)));
    let total = 0;
    for (let i = 100; i < 4500; i++) total += (await remove(i)).operations;
    for (let i = 0; i < 100; i++) total += (await remove(i)).operations;
    expect(total).toBeLessThan(2 * 4500 + 20);
    expect(await log.all()).toEqual(ids.slice(4500));
  });
});

describe('deleting from the end', () => {
  it('leaves listing the newest as quick as it was, and new ids follow the oldest that are left', async () => {
    const { log, ids, cursor } = await logOf(5000);
    for (let i = 4999; i >= 1000; i--) await store.setMany(await log.remove(`msg_${i}`, cursor(i).page));
    const newest = { order: 'desc', limit: 20 } as const;
    expect(await log.list(newest)).toEqual({ ids: ids.slice(980, 1000).reverse(), hasMore: true });
    expect((await store.count(() => log.list(newest))).operations).toBeLessThanOrEqual(2);

    const { writes } = await log.append(['msg_new']);
    await store.setMany(writes);
    expect((await log.list(newest)).ids.slice(0, 2)).toEqual(['msg_new', 'msg_999']);
    expect(await log.keys()).toContain('page:40:log of 5000');
  });
});

describe('a cursor (§1.4)', () => {
  it('before: gives the ids closest to it, in the requested order, and says whether there are more beyond them', async () => {
    const { log, cursor } = await logOf(10);
    expect(await log.list({ order: 'asc', limit: 3, before: cursor(5) })).toEqual({
      ids: ['msg_2', 'msg_3', 'msg_4'],
      hasMore: true,
    });
    expect(await log.list({ order: 'desc', limit: 3, before: cursor(5) })).toEqual({
      ids: ['msg_8', 'msg_7', 'msg_6'],
      hasMore: true,
    });
    expect(await log.list({ order: 'asc', limit: 5, before: cursor(5) })).toEqual({
      ids: ['msg_0', 'msg_1', 'msg_2', 'msg_3', 'msg_4'],
      hasMore: false,
    });
  });

  it('after and before: give the window between them', async () => {
    const { log, cursor } = await logOf(10);
    const window = { after: cursor(2), before: cursor(7) };
    expect(await log.list({ order: 'asc', limit: 20, ...window })).toEqual({
      ids: ['msg_3', 'msg_4', 'msg_5', 'msg_6'],
      hasMore: false,
    });
    expect(await log.list({ order: 'asc', limit: 3, ...window })).toEqual({
      ids: ['msg_3', 'msg_4', 'msg_5'],
      hasMore: true,
    });
    expect(await log.list({ order: 'desc', limit: 20, ...window })).toEqual({ ids: [], hasMore: false });
  });

  it('whose id was removed goes on with what is left of its page, so that nothing is skipped', async () => {
    const { log, cursor } = await logOf(10);
    for (const i of [5, 6]) await store.setMany(await log.remove(`msg_${i}`, cursor(i).page));
    const { ids } = await log.list({ order: 'desc', limit: 20, after: cursor(5) });
    expect(ids).toEqual(['msg_9', 'msg_8', 'msg_7', 'msg_4', 'msg_3', 'msg_2', 'msg_1', 'msg_0']);
  });

  it('whose whole page was removed goes on with the nearest page that is left', async () => {
    const { log, ids, cursor } = await logOf(1000);
    for (let i = 0; i < 150; i++) await store.setMany(await log.remove(`msg_${i}`, cursor(i).page));
    const old = cursor(50);
    expect((await log.list({ order: 'asc', limit: 2, after: old })).ids).toEqual(['msg_150', 'msg_151']);
    expect(await log.list({ order: 'desc', limit: 2, after: old })).toEqual({ ids: [], hasMore: false });
    for (let i = 999; i > 849; i--) await store.setMany(await log.remove(`msg_${i}`, cursor(i).page));
    const recent = cursor(950);
    expect((await log.list({ order: 'desc', limit: 2, after: recent })).ids).toEqual(['msg_849', 'msg_848']);
    expect(await log.list({ order: 'asc', limit: 2, after: recent })).toEqual({ ids: [], hasMore: false });
    expect(await log.all()).toEqual(ids.slice(150, 850));
  });
});

describe('a log that was damaged from outside', () => {
  it('is an error that names it, not a list with a hole', async () => {
    const { log } = await logOf(1000, 'messages of thread_1');
    await store.delete(['page:3:messages of thread_1']);
    const damaged = {
      name: 'StoreError',
      code: 'damaged',
      message: expect.stringContaining('"messages of thread_1"'),
    };
    await expect(log.all()).rejects.toMatchObject(damaged);
    await expect(
      log.list({ order: 'asc', limit: 100, after: { id: 'msg_250', page: 2 } }),
    ).rejects.toMatchObject(damaged);
    expect((await log.list({ order: 'desc', limit: 20 })).ids).toHaveLength(20);
  });
});

describe('the keys of a log', () => {
  it('include the page that an append wrote before it died', async () => {
    const { log } = await logOf(200);
    const { writes } = await log.append(['msg_200']);
    const [page, head] = writes.map(([key]) => key);
    expect(writes).toHaveLength(2);
    await store.setMany(writes.slice(0, 1));
    expect(await log.keys()).toEqual(expect.arrayContaining([page, head]));
  });
});

describe('the page size', () => {
  it('may be another one each time a log is opened', async () => {
    const ids: string[] = [];
    for (const pageSize of [3, 10, 1, 7]) {
      const batch = Array.from({ length: 25 }, (_, i) => `${pageSize}/${i}`);
      await store.setMany((await openLog(store, 'log', pageSize).append(batch)).writes);
      ids.push(...batch);
    }
    expect(await openLog(store, 'log', 2).all()).toEqual(ids);
    expect((await openLog(store, 'log', 50).list({ order: 'desc', limit: 100 })).ids).toEqual(
      ids.toReversed(),
    );
  });
});

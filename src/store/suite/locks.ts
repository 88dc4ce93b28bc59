/** Critical sections and leases, seen from one store. */
import assert from 'node:assert/strict';
import { openLog } from '../log.ts';
import { type Check, sleep, timeout } from './harness.ts';

export const lockChecks: Check[] = [
  {
    name: 'sections of the same name run one after another, in the order in which they were asked for',
    async run(store) {
      const log: string[] = [];
      await Promise.all(
        [0, 1, 2, 3, 4].map((i) =>
          store.lock('name', async () => {
            log.push(`${i} in`);
            await sleep(i % 2);
            log.push(`${i} out`);
          }),
        ),
      );
      assert.deepEqual(
        log,
        [0, 1, 2, 3, 4].flatMap((i) => [`${i} in`, `${i} out`]),
      );
    },
  },
  {
    name: 'a lock gives what its section gives',
    async run(store) {
      assert.deepEqual(await store.lock('name', async () => ({ answer: 42 })), { answer: 42 });
      assert.equal(await store.lock('name', async () => undefined), undefined);
    },
  },
  {
    name: 'a section that fails passes its error on and frees the name',
    async run(store) {
      const failure = new Error('from the section');
      await assert.rejects(
        store.lock('name', async () => {
          throw failure;
        }),
        failure,
      );
      assert.equal(await store.lock('name', async () => 'free'), 'free');
    },
  },
  {
    name: 'sections of different names, or of the same name in different scopes, do not wait for each other',
    async run(store) {
      const { promise: late, cancel } = timeout(
        3000,
        'a section still waits for one that it has nothing to do with',
      );
      const nested = store.lock('a', () =>
        store.lock('b', () => store.scoped('x').lock('a', () => store.scoped('y').lock('a', async () => {}))),
      );
      await Promise.race([nested, late]).finally(cancel);
    },
  },
  {
    name: 'concurrent appends under a lock lose nothing',
    async run(store) {
      const log = openLog(store, 'log', 7);
      const append = (id: string) =>
        store.lock('log', async () => {
          const { pages, writes } = await log.append([id]);
          await store.setMany([[`record ${id}`, { page: pages[0] }], ...writes]);
        });
      const ids = Array.from({ length: 60 }, (_, i) => `id ${i}`);
      await Promise.all(ids.map(append));
      assert.deepEqual(await log.all(), ids);
      const records = await store.getMany(ids.map((id) => `record ${id}`));
      assert.ok(records.every((record) => record !== undefined));
    },
  },
  {
    name: 'a lease is had by one at a time, and by the next after its release',
    async run(store) {
      const lease = await store.lease('name', 60_000);
      assert.ok(lease);
      assert.equal(await store.lease('name', 60_000), undefined);
      assert.ok(await store.lease('another name', 1000));
      assert.ok(await store.scoped('elsewhere').lease('name', 1000));
      await lease.release();
      const next = await store.lease('name', 60_000);
      assert.ok(next);
      await next.release();
    },
  },
  {
    name: 'a lease does not bar a lock of the same name',
    async run(store) {
      const lease = await store.lease('name', 60_000);
      assert.equal(await store.lock('name', async () => 'inside'), 'inside');
      await lease?.release();
    },
  },
  {
    name: 'a lease that is not renewed runs out; its old owner can then neither renew nor release it',
    async run(store) {
      const old = await store.lease('name', 50);
      assert.ok(old);
      await sleep(80);
      const next = await store.lease('name', 60_000);
      assert.ok(next);
      assert.equal(await old.renew(), false);
      await old.release();
      assert.equal(await store.lease('name', 60_000), undefined);
      assert.equal(await next.renew(), true);
      await next.release();
    },
  },
  {
    name: 'a lease that has run out can not be renewed, even if nobody has taken it since',
    async run(store) {
      const lease = await store.lease('name', 50);
      await sleep(80);
      assert.equal(await lease?.renew(), false);
    },
  },
  {
    name: 'a lease that is renewed lasts longer than its time to live',
    async run(store) {
      // a busy machine may take longer over this than the lease lives: then it is tried again with a longer one
      for (let ttlMs = 150, conclusive = false; !conclusive; ttlMs *= 2) {
        const lease = await store.lease(`name ${ttlMs}`, ttlMs);
        const start = performance.now();
        await sleep(ttlMs * 0.6);
        const renewed = performance.now();
        const kept = await lease?.renew();
        await sleep(ttlMs * 0.6);
        const other = await store.lease(`name ${ttlMs}`, ttlMs);
        conclusive = renewed - start < ttlMs * 0.8 && performance.now() - renewed < ttlMs * 0.8;
        if (conclusive) assert.deepEqual([kept, other], [true, undefined]);
      }
    },
  },
];

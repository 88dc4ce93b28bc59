/** Two stores over the same data, as two parts of a program or two programs have them. */
import assert from 'node:assert/strict';
import { openLog } from '../log.ts';
import type { Store } from '../store.ts';
import { type Check, sleep } from './harness.ts';

export function sharedChecks(make: () => Promise<Store>): Check[] {
  /** @param other the same corner of the data, through a store of its own */
  const withOther = (name: string, run: (store: Store, other: Store) => Promise<void>): Check => ({
    name,
    async run(store, scope) {
      const other = await make();
      try {
        await run(store, other.scoped(scope));
      } finally {
        await other.close();
      }
    },
  });
  return [
    withOther('what one has written the other reads at once', async (store, other) => {
      for (let i = 0; i < 20; i++) {
        const [writer, reader] = i % 2 === 0 ? [store, other] : [other, store];
        await writer.set('key', i);
        assert.equal(await reader.get('key'), i);
      }
      await other.delete(['key']);
      assert.equal(await store.get('key'), undefined);
    }),
    withOther('a batch of one is never half seen by the other', async (store, other) => {
      if (store.kind === 'keyv') return; // promised only where the engine has transactions
      const keys = ['a', 'b', 'c'];
      const writing = (async () => {
        for (let i = 0; i < 50; i++) await store.setMany(keys.map((key) => [key, i]));
      })();
      for (let i = 0; i < 50; i++) {
        const seen = await other.getMany(keys);
        assert.equal(new Set(seen).size, 1, `saw ${seen.join()}`);
      }
      await writing;
    }),
    withOther('a section of one keeps the other out', async (store, other) => {
      let inside = 0;
      const section = async () => {
        assert.equal(++inside, 1);
        await sleep(2);
        assert.equal(--inside, 0);
      };
      await Promise.all([store, other, store, other, other, store].map((one) => one.lock('name', section)));
    }),
    withOther('appends of both under a lock lose nothing', async (store, other) => {
      const append = (one: Store, id: string) =>
        one.lock('log', async () => one.setMany((await openLog(one, 'log', 5).append([id])).writes));
      const ids = Array.from({ length: 40 }, (_, i) => `id ${i}`);
      await Promise.all(ids.map((id, i) => append(i % 2 === 0 ? store : other, id)));
      assert.deepEqual((await openLog(store, 'log', 5).all()).toSorted(), ids.toSorted());
    }),
    withOther('a lease of one is not to be had by the other', async (store, other) => {
      const lease = await store.lease('name', 60_000);
      assert.ok(lease);
      assert.equal(await other.lease('name', 60_000), undefined);
      await lease.release();
      const next = await other.lease('name', 60_000);
      assert.ok(next);
      assert.equal(await store.lease('name', 60_000), undefined);
      await next.release();
    }),
    withOther('closing one leaves the other open', async (store, other) => {
      const third = await make();
      await third.close();
      await third.close();
      await assert.rejects(third.get('key'), { name: 'StoreError', code: 'closed' });
      await assert.rejects(
        third.lock('name', async () => {}),
        { name: 'StoreError', code: 'closed' },
      );
      await store.set('key', 1);
      assert.equal(await other.get('key'), 1);
    }),
  ];
}

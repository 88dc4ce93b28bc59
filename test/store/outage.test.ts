import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from './helpers/clean.ts';
import { Relay } from './helpers/relay.ts';

const namespace = `outage_${process.pid}`;

const servers = [
  { service: redis, drop: dropKeys },
  { service: postgres, drop: dropTable },
];

for (const { service, drop } of servers) {
  describeWith(service, `a ${service.name} that goes away`, () => {
    const relay = new Relay(service.url);
    const strays: unknown[] = [];
    const stray = (error: unknown) => strays.push(error);
    let store: Store;

    beforeAll(async () => {
      process.on('unhandledRejection', stray);
      process.on('uncaughtException', stray);
      await relay.up();
      store = await openStore(relay.url, { namespace });
    });

    afterAll(async () => {
      await store.close();
      await relay.down();
      await drop(service.url, namespace);
      process.off('unhandledRejection', stray);
      process.off('uncaughtException', stray);
    });

    it('makes every operation reject while it is away, and none look like "not found"', async () => {
      await store.set('key', 'before');
      await relay.down();
      const failed = { name: 'StoreError', code: 'failed' };
      await expect(store.get('key')).rejects.toMatchObject(failed);
      await expect(store.getMany(['key', 'other'])).rejects.toMatchObject(failed);
      await expect(store.set('key', 'during')).rejects.toMatchObject(failed);
      await expect(
        store.setMany([
          ['key', 'during'],
          ['other', 1],
        ]),
      ).rejects.toMatchObject(failed);
      await expect(store.delete(['key'])).rejects.toMatchObject(failed);
      await expect(store.delete(['key', 'other'])).rejects.toMatchObject(failed);
      if (store.reach === 'cluster') {
        await expect(store.lock('name', async () => {})).rejects.toMatchObject(failed);
        await expect(store.lease('name', 1000)).rejects.toMatchObject(failed);
      }
    });

    it('is used again when it is back, without the program doing anything', async () => {
      await relay.up();
      await expect.poll(() => store.get('key').catch(String), { timeout: 10_000 }).toBe('before');
      await expect
        .poll(() => store.lock('name', async () => 'locked').catch(String), { timeout: 10_000 })
        .toBe('locked');
      await store.set('key', 'after');
      expect(await store.get('key')).toBe('after');
    });

    it('fails what was under way when it went', async () => {
      const operations = Promise.allSettled(
        Array.from({ length: 200 }, (_, i) => store.set(`key ${i}`, 'x'.repeat(10_000))),
      );
      await relay.down();
      const outcomes = await operations;
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) expect(failure).toMatchObject({ name: 'StoreError', code: 'failed' });
      await relay.up();
      await expect.poll(() => store.get('key').catch(String), { timeout: 10_000 }).toBe('after');
    });

    it('can be closed while it is away', async () => {
      const other = await openStore(relay.url, { namespace });
      await relay.down();
      await other.close();
      await expect(other.get('key')).rejects.toMatchObject({ code: 'closed' });
      await relay.up();
    });

    it('leaves no error that nobody handles', async () => {
      await expect.poll(() => store.get('key').catch(String), { timeout: 10_000 }).toBe('after');
      expect(strays).toEqual([]);
    });

    it('is named, without its password, when it can not be reached at all', async () => {
      const url = new URL(service.url);
      url.port = '1';
      url.username = 'someone';
      url.password = 'a secret';
      const opening = openStore(url.href, { namespace });
      await expect(opening).rejects.toMatchObject({ name: 'StoreError', code: 'unreachable' });
      const error: unknown = await opening.catch((reason) => reason);
      expect(String(error)).toContain(`${url.protocol}//someone:***@${url.host}`);
    });
  });
}

import KeyvRedis from '@keyv/redis';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { describeWith, redis } from '../services.ts';
import { dropKeys } from './helpers/clean.ts';
import { Relay } from './helpers/relay.ts';

type Listener = (error: unknown) => void;

/** An adapter over a Map whose methods can be replaced. */
function adapterWith(methods: Partial<KeyvStoreAdapter> = {}) {
  const map = new Map<string, unknown>();
  const listeners: Listener[] = [];
  const adapter = {
    opts: {},
    map,
    on: (_event: string, listener: Listener) => void listeners.push(listener),
    emit: (error: unknown) => {
      for (const listener of listeners) listener(error);
    },
    get: async (key: string) => map.get(key),
    set: async (key: string, value: unknown) => void map.set(key, value),
    delete: async (key: string) => map.delete(key),
    clear: async () => map.clear(),
    ...methods,
  };
  return adapter as typeof adapter & KeyvStoreAdapter;
}

const failed = { name: 'StoreError', code: 'failed', message: expect.stringContaining('disk on fire') };
const fire = async () => {
  throw new Error('disk on fire');
};

describe('a read that fails is never "not found"', () => {
  it('when the adapter throws, though Keyv by default answers undefined', async () => {
    const adapter = adapterWith();
    const keyv = new Keyv(adapter);
    const store = await openStore(keyv);
    adapter.get = fire;
    await expect(store.get('key')).rejects.toMatchObject(failed);
  });

  it('when one of many reads throws, though Keyv answers undefined for it whatever its settings', async () => {
    const adapter = adapterWith();
    const store = await openStore(adapter);
    await store.set('good', 1);
    adapter.get = (async (key: string) => (key.endsWith('bad') ? fire() : adapter.map.get(key))) as never;
    await expect(store.getMany(['good', 'bad'])).rejects.toMatchObject(failed);
    expect(await store.getMany(['good'])).toEqual([1]);
  });

  it('when the adapter only emits an error and answers undefined', async () => {
    const adapter = adapterWith();
    const quiet = async () => {
      adapter.emit(new Error('disk on fire'));
      return undefined;
    };
    for (const keyv of [adapter, new Keyv(adapter), new Keyv({ store: adapter, emitErrors: false })]) {
      const store = await openStore(keyv);
      const { get } = adapter;
      adapter.get = quiet;
      await expect(store.get('key')).rejects.toMatchObject(failed);
      adapter.get = get;
    }
  });

  it('when the adapter answers fewer values than it was asked for', async () => {
    const adapter = adapterWith({ getMany: async () => [] });
    const store = await openStore(adapter);
    await expect(store.getMany(['a', 'b'])).rejects.toMatchObject({ code: 'failed' });
  });
});

describe('a write that fails is never "done"', () => {
  it('when the adapter throws', async () => {
    const adapter = adapterWith();
    const store = await openStore(new Keyv(adapter));
    adapter.set = fire;
    adapter.delete = fire;
    await expect(store.set('key', 1)).rejects.toMatchObject(failed);
    await expect(store.setMany([['key', 1]])).rejects.toMatchObject(failed);
    await expect(store.delete(['key'])).rejects.toMatchObject(failed);
  });

  it('when the adapter only emits an error, or answers false', async () => {
    const adapter = adapterWith();
    const store = await openStore(new Keyv(adapter));
    adapter.set = async () => void adapter.emit(new Error('disk on fire'));
    await expect(store.set('key', 1)).rejects.toMatchObject(failed);
    adapter.set = async () => false;
    await expect(store.set('key', 1)).rejects.toMatchObject({ code: 'failed' });
  });

  it('when a batch of an atomic adapter fails in any of these ways', async () => {
    const adapter = adapterWith({ setMany: async () => {} });
    const store = await openStore(adapter, { atomicSetMany: true });
    const batch = [
      ['a', 1],
      ['b', 2],
    ] as const;
    adapter.setMany = fire;
    await expect(store.setMany(batch)).rejects.toMatchObject(failed);
    adapter.setMany = async () => void adapter.emit(new Error('disk on fire'));
    await expect(store.setMany(batch)).rejects.toMatchObject(failed);
    adapter.setMany = async () => [true, false] as never;
    await expect(store.setMany(batch)).rejects.toMatchObject({ code: 'failed' });
  });
});

describe('a batch over an adapter that is not known to be atomic', () => {
  it('is written strictly in order, one after another, and stops at the first failure', async () => {
    const order: string[] = [];
    const setMany = vi.fn();
    const adapter = adapterWith({ setMany });
    const store = await openStore(adapter);
    adapter.set = async (key: string) => {
      order.push(`begin ${key}`);
      if (key.endsWith('c')) throw new Error('disk on fire');
      await new Promise((resolve) => setTimeout(resolve, 3 - order.length));
      order.push(`end ${key}`);
    };
    const batch = ['a', 'b', 'c', 'd'].map((key) => [key, 1] as const);
    await expect(store.setMany(batch)).rejects.toMatchObject(failed);
    expect(order.map((line) => line.replace('rethread/', ''))).toEqual([
      'begin a',
      'end a',
      'begin b',
      'end b',
      'begin c',
    ]);
    expect(setMany).not.toHaveBeenCalled();
  });
});

describe('a Keyv that somebody else owns', () => {
  it('stays connected when the store is closed', async () => {
    const adapter = adapterWith({ disconnect: vi.fn() });
    const keyv = new Keyv(adapter);
    const store = await openStore(keyv);
    await store.close();
    await store.close();
    await expect(store.get('key')).rejects.toMatchObject({ code: 'closed' });
    expect(adapter.disconnect).not.toHaveBeenCalled();
    await keyv.set('theirs', 1);
    expect(await keyv.get('theirs')).toBe(1);
  });

  it('is shared under a prefix', async () => {
    const keyv = new Keyv();
    const store = await openStore(keyv);
    await keyv.set('key', 'theirs');
    await store.set('key', 'ours');
    expect(await keyv.get('key')).toBe('theirs');
    expect(await keyv.get('rethread/key')).toEqual({ v: 1, d: 'ours' });
  });

  it('is refused when its namespace looks like our prefix, for Keyv would then mix up keys', async () => {
    const opening = openStore(new Keyv({ namespace: 'rethread/head' }));
    await expect(opening).rejects.toMatchObject({ code: 'bad_target' });
  });

  it('gives two stores over it the same locks', async () => {
    const keyv = new Keyv();
    const [one, other] = [await openStore(keyv), await openStore(keyv)];
    const lease = await one.lease('name', 1000);
    expect(await other.lease('name', 1000)).toBeUndefined();
    await lease?.release();
  });
});

describeWith(redis, 'a KeyvRedis of the user, as it comes', () => {
  it('rejects when its connection is cut, though by itself it would answer undefined', async () => {
    const namespace = `traps_${process.pid}`;
    const relay = new Relay(redis.url);
    await relay.up();
    const adapter = new KeyvRedis(relay.url);
    adapter.on('error', () => {});
    const store = await openStore(adapter, { namespace });
    await store.set('key', 1);
    const reading = Promise.allSettled(Array.from({ length: 50 }, () => store.get('key')));
    await relay.down();
    for (const outcome of await reading) {
      expect(outcome.status === 'rejected' || outcome.value === 1).toBe(true);
    }
    await relay.up();
    await expect.poll(() => store.get('key').catch(String), { timeout: 10_000 }).toBe(1);
    await adapter.disconnect(true);
    await relay.down();
    await dropKeys(redis.url, namespace);
  });
});

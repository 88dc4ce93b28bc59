import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisStore } from '@verrou/core/drivers/redis';
import { registerStoreTestSuite } from '@verrou/core/test_suite';
import type { LockStore } from '@verrou/core/types';
import { Redis } from 'ioredis';
import { afterAll, assert, beforeAll, describe, expect, it, vi } from 'vitest';
import { LmdbGate } from '../../src/store/lmdb-gate.ts';
import { LmdbLockStore } from '../../src/store/lmdb-locks.ts';
import { ProcessMutexes } from '../../src/store/locks.ts';
import { openStore } from '../../src/store/open.ts';
import { SharedLocks } from '../../src/store/shared-locks.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from './helpers/clean.ts';

const directory = await mkdtemp(join(tmpdir(), 'rethread-locks-'));
// these tests mostly wait
vi.setConfig({ maxConcurrency: 30 });

const namespace = `locks_${process.pid}`;
const opened: { close(): Promise<unknown> }[] = [];

afterAll(async () => {
  for (const one of opened) await one.close();
  await gate.leave();
  await rm(directory, { recursive: true });
});

const gate = await LmdbGate.join(directory);
let files = 0;

async function lmdbDriver(path = join(directory, `${files++}.mdb`)): Promise<LmdbLockStore> {
  const driver = await LmdbLockStore.open(path, gate, { volatile: true });
  opened.push(driver);
  return driver;
}

/** Locks as one process has them: its own queues over a driver that others share. */
function processWith(driver: LockStore, { ttlMs = 10_000, prefix = '' } = {}): SharedLocks {
  return new SharedLocks({
    driver,
    reach: 'host',
    mutexes: new ProcessMutexes(),
    target: 'file:test',
    prefix,
    ttlMs,
    retryMs: 2,
    close: async () => {},
  });
}

function checks(makeDriver: () => Promise<LockStore>, prefix: string): void {
  it('sections of two processes never overlap', async () => {
    const driver = await makeDriver();
    const processes = [processWith(driver, { prefix }), processWith(driver, { prefix })];
    let inside = 0;
    let most = 0;
    const section = async () => {
      most = Math.max(most, ++inside);
      await sleep(1);
      inside--;
    };
    await Promise.all(Array.from({ length: 30 }, (_, i) => processes[i % 2]?.lock('overlap', section)));
    expect(most).toBe(1);
  });

  // (again, if this machine is so busy that it stops for longer than the time to live)
  it('a section that takes longer than the time to live keeps its lock', { retry: 3 }, async () => {
    const driver = await makeDriver();
    const [one, other] = [processWith(driver, { ttlMs: 300, prefix }), processWith(driver, { prefix })];
    const order: string[] = [];
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const long = one.lock('long', async () => {
      entered();
      await sleep(900);
      order.push('long section');
    });
    await inside;
    await other.lock('long', async () => {
      order.push('other section');
    });
    await long;
    expect(order).toEqual(['long section', 'other section']);
  });

  it('the lock of a process that died is free when its time to live has passed, and not before', async () => {
    const driver = await makeDriver();
    const died = Date.now();
    expect(await driver.save(`${prefix}lock:dead`, 'a dead process', 250)).toBe(true);
    await processWith(driver, { prefix }).lock('dead', async () => {});
    expect(Date.now() - died).toBeGreaterThanOrEqual(250);
  });

  it('a section whose lock was taken over is told so, even if it thinks that all went well', async () => {
    const driver = await makeDriver();
    const locks = processWith(driver, { prefix });
    const stolen = locks.lock('stolen', async () => {
      // as if this process had been stopped, its lock had run out, and another process had come
      await driver.forceDelete(`${prefix}lock:stolen`);
      await driver.save(`${prefix}lock:stolen`, 'another process', 200);
      return 'done';
    });
    await expect(stolen).rejects.toMatchObject({ name: 'StoreError', code: 'lock_lost' });
    expect(await driver.exists(`${prefix}lock:stolen`)).toBe(true);
  });

  it('a section that fails says why, whatever becomes of its lock', async () => {
    const driver = await makeDriver();
    const failing = processWith(driver, { prefix }).lock('failing', async () => {
      await driver.forceDelete(`${prefix}lock:failing`);
      throw new Error('from the section');
    });
    await expect(failing).rejects.toThrow('from the section');
  });

  it('a process that has always somebody waiting lets another one in', async () => {
    const driver = await makeDriver();
    const [busy, other] = [processWith(driver, { prefix }), processWith(driver, { prefix })];
    let waiting = 1000;
    const queue = Array.from({ length: waiting }, () =>
      busy.lock('busy', async () => {
        await sleep(1);
        waiting--;
      }),
    );
    await other.lock('busy', async () => {
      expect(waiting).toBeGreaterThan(0);
      waiting = 0;
    });
    await Promise.all(queue);
  });
}

describe.concurrent('locks that processes share through lmdb', () => {
  checks(() => lmdbDriver(), '');

  it('are found by another opening of the same file', async () => {
    const path = join(directory, 'same.mdb');
    const [one, other] = [processWith(await lmdbDriver(path)), processWith(await lmdbDriver(path))];
    const lease = await one.lease('name', 10_000);
    expect(await other.lease('name', 10_000)).toBeUndefined();
    await lease?.release();
    expect(await other.lease('name', 10_000)).toBeDefined();
  });
});

describeWith(redis, 'locks that processes share through Redis', () => {
  const connection = new Redis(redis.url, { lazyConnect: true });
  checks(async () => new RedisStore({ connection }), `${namespace}-`);
  afterAll(async () => {
    await connection.quit();
    await dropKeys(redis.url, namespace);
  });

  it('guard data that live elsewhere, when the store is opened with them', async () => {
    const stores = await Promise.all(
      [1, 2].map(() => openStore(new Map() as never, { namespace, locks: redis.url })),
    );
    expect(stores.map((store) => store.reach)).toEqual(['cluster', 'cluster']);
    const lease = await stores[0]?.lease('elsewhere', 10_000);
    expect(lease).toBeDefined();
    expect(await stores[1]?.lease('elsewhere', 10_000)).toBeUndefined();
    await lease?.release();
    for (const store of stores) await store.close();
  });

  if (postgres.missing === undefined) {
    it('make a PostgreSQL store one for many hosts', async () => {
      const store = await openStore(postgres.url, { namespace, locks: redis.url });
      expect({ kind: store.kind, reach: store.reach }).toEqual({ kind: 'postgres', reach: 'cluster' });
      expect(await store.lock('name', async () => 'inside')).toBe('inside');
      await store.close();
      await dropTable(postgres.url, namespace);
    });
  }
});

describe('a lock that is held for long', () => {
  it('is waited for as long as it takes, though verrou by itself gives up after 30 s', async () => {
    let looks = 0;
    const driver = {
      save: async () => {
        looks++;
        vi.setSystemTime(Date.now() + 40_000);
        return looks === 4;
      },
      delete: async () => {},
      forceDelete: async () => {},
      exists: async () => true,
      extend: async () => {},
    };
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await processWith(driver).lock('name', async () => expect(looks).toBe(4));
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the queues of a process', () => {
  it('are forgotten when nobody stands in them any more', async () => {
    const mutexes = new ProcessMutexes();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        mutexes.run(`name ${i % 10}`, async () => {
          await sleep(1);
          if (i % 7 === 0) throw new Error('from the section');
        }),
      ).map((running) => running.catch(() => {})),
    );
    expect(mutexes.size).toBe(0);
  });
});

describe.concurrent("verrou's own suite for drivers, on the lmdb driver", () => {
  /** The suite is written for japa. */
  const japaAssert = {
    ...assert,
    rejects: async (work: () => Promise<unknown>, message: string) => expect(work()).rejects.toThrow(message),
  };
  const test = (name: string, body: (context: { assert: typeof japaAssert }) => Promise<void>) => {
    const expectation: { error?: new () => Error } = {};
    // its times are tight for a machine that does something else as well
    it(name, { retry: 3 }, async () => {
      const running = body({ assert: japaAssert });
      if (expectation.error) await expect(running).rejects.toBeInstanceOf(expectation.error);
      else await running;
    });
    return {
      throws: (_message: string, error: new () => Error) => {
        expectation.error = error;
      },
    };
  };
  // as many drivers as it has tests, made beforehand: it wants them at once
  const drivers: LockStore[] = [];
  beforeAll(async () => {
    for (let i = 0; i < 60; i++) drivers.push(await lmdbDriver());
  });
  registerStoreTestSuite({ test: test as never, createStore: () => drivers.pop() as LockStore });
});

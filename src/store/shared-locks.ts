/** Locks that reach beyond this process: a queue within the process, verrou between processes. */
import { E_LOCK_NOT_OWNED, type Lock, LockFactory } from '@verrou/core';
import type { LockStore } from '@verrou/core/types';
import { StoreError, wrap } from './errors.ts';
import type { Locks, ProcessMutexes, Turn } from './locks.ts';
import type { Lease } from './store.ts';

export interface SharedLocksConfig {
  /** verrou's driver */
  readonly driver: LockStore;
  readonly reach: 'host' | 'cluster';
  /** the queues of this process, shared by all stores over the same data */
  readonly mutexes: ProcessMutexes;
  /** the driver's address, for errors */
  readonly target: string;
  /** goes before every name */
  readonly prefix: string;
  /** how long a lock outlives its holder, in ms */
  readonly ttlMs: number;
  /**
   * How often a waiter of another process looks again, in ms. Verrou's default of 250 is made for long jobs; our
   * sections take a few milliseconds. Of each process only the head of its queue looks.
   */
  readonly retryMs: number;
  close(): Promise<void>;
}

/**
 * Other processes look for a lock now and then, while the next waiter of this process takes it at once, so under a
 * steady load they might starve. After this many ms of handing a name on within the process, it is left free for
 * long enough that everybody looks.
 */
const LONGEST_STREAK_MS = 100;

export class SharedLocks implements Locks {
  readonly reach: 'host' | 'cluster';
  readonly #config: SharedLocksConfig;
  readonly #factory: LockFactory;

  constructor(config: SharedLocksConfig) {
    this.reach = config.reach;
    this.#config = config;
    this.#factory = new LockFactory(config.driver, { retry: { delay: config.retryMs } });
  }

  async lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    const { mutexes, ttlMs, prefix } = this.#config;
    return mutexes.run(name, async (turn) => {
      await this.#giveWay(turn);
      const lock = this.#factory.createLock(`${prefix}lock:${name}`, ttlMs);
      // null, for verrou's own default is to give up after 30 s, by answering false
      await this.#attempt('cannot take a lock', () => lock.acquire({ retry: { timeout: null } }));
      const extending = setInterval(() => {
        // a failure shows when the lock is released
        lock.extend(ttlMs).catch(() => {});
      }, ttlMs / 3);
      try {
        const result = await section();
        await this.#release(lock, name);
        return result;
      } catch (error) {
        // what the section says matters more than what becomes of its lock
        await this.#release(lock, name).catch(() => {});
        throw error;
      } finally {
        clearInterval(extending);
      }
    });
  }

  async lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    const lock = this.#factory.createLock(`${this.#config.prefix}lease:${name}`, ttlMs);
    const taken = await this.#attempt('cannot take a lease', () => lock.acquireImmediately());
    if (!taken) return undefined;
    return {
      renew: () => this.#attempt('cannot renew a lease', () => stillOwned(() => lock.extend(ttlMs))),
      release: async () => {
        await this.#attempt('cannot release a lease', () => stillOwned(() => lock.release()));
      },
    };
  }

  async close(): Promise<void> {
    await this.#config.close();
  }

  async #giveWay(turn: Turn): Promise<void> {
    if (performance.now() - turn.since < LONGEST_STREAK_MS) return;
    await new Promise((resolve) => setTimeout(resolve, this.#config.retryMs * 2));
    turn.since = performance.now();
  }

  /** @throws StoreError `lock_lost` when somebody else may have been inside together with us */
  async #release(lock: Lock, name: string): Promise<void> {
    const lost = () =>
      new StoreError(
        'lock_lost',
        this.#config.target,
        `the lock ${JSON.stringify(name)} ran out while its section was running: the process was stopped for ` +
          `longer than ${this.#config.ttlMs} ms, or could not reach the store. Another process may have interfered.`,
      );
    try {
      if (!(await stillOwned(() => lock.release()))) throw lost();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      // The store can't be reached. The lock was ours all the time if it hasn't run out by now; it will.
      if (lock.isExpired()) throw lost();
    }
  }

  async #attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw wrap('failed', this.#config.target, doing, error);
    }
  }
}

/** False when verrou says that the lock isn't ours (any more). */
async function stillOwned(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof E_LOCK_NOT_OWNED) return false;
    throw error;
  }
}

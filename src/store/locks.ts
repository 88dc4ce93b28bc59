/** Critical sections and leases within one process. Engines that several processes share build on them. */
import { Mutex } from 'async-mutex';
import type { Lease } from './store.ts';

/** What a store takes its locks and leases from. */
export interface Locks {
  readonly reach: 'process' | 'host' | 'cluster';
  lock<T>(name: string, section: () => Promise<T>): Promise<T>;
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  close(): Promise<void>;
}

/** What a section is told about the queue it stood in, and may change. */
export interface Turn {
  /** since when this process has been passing the name on to itself without a break (`performance.now()`) */
  since: number;
}

/** A name that somebody holds or waits for. */
interface Queue extends Turn {
  readonly mutex: Mutex;
  users: number;
}

/** Mutexes by name, FIFO; a name nobody uses takes no memory. */
export class ProcessMutexes {
  readonly #queues = new Map<string, Queue>();

  async run<T>(name: string, section: (turn: Turn) => Promise<T>): Promise<T> {
    const queue = this.#queues.get(name) ?? { mutex: new Mutex(), users: 0, since: performance.now() };
    if (queue.users === 0) this.#queues.set(name, queue);
    queue.users++;
    try {
      return await queue.mutex.runExclusive(() => section(queue));
    } finally {
      queue.users--;
      if (queue.users === 0) this.#queues.delete(name);
    }
  }

  /** How many names are in use. */
  get size(): number {
    return this.#queues.size;
  }
}

/**
 * Leases of one process. Not verrou's memory driver: that one keeps the first owner's name when a stale lock
 * changes hands, so the new owner can't release it.
 */
class ProcessLeases {
  readonly #held = new Map<string, { expires: number }>();

  take(name: string, ttlMs: number): Lease | undefined {
    const other = this.#held.get(name);
    if (other && other.expires > performance.now()) return undefined;
    const mine = { expires: performance.now() + ttlMs };
    this.#held.set(name, mine);
    const isMine = () => this.#held.get(name) === mine;
    return {
      renew: async () => {
        if (!isMine() || mine.expires <= performance.now()) return false;
        mine.expires = performance.now() + ttlMs;
        return true;
      },
      release: async () => {
        if (isMine()) this.#held.delete(name);
      },
    };
  }
}

/** Locks that reach this process only: no time to live is needed, for they die with their holder. */
export class ProcessLocks implements Locks {
  readonly reach = 'process';
  readonly mutexes = new ProcessMutexes();
  readonly #leases = new ProcessLeases();

  lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    return this.mutexes.run(name, section);
  }

  async lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#leases.take(name, ttlMs);
  }

  async close(): Promise<void> {}
}

const byObject = new WeakMap<object, ProcessLocks>();
const byTarget = new Map<string, ProcessLocks>();

/**
 * The locks that guard one set of data in this process: whoever opens the same address or the same Keyv
 * adapter a second time shares them, or else "exclusive within the process" would not be true.
 */
export function processLocks(data: object | string): ProcessLocks {
  const known = typeof data === 'string' ? byTarget.get(data) : byObject.get(data);
  if (known) return known;
  const locks = new ProcessLocks();
  if (typeof data === 'string') byTarget.set(data, locks);
  else byObject.set(data, locks);
  return locks;
}

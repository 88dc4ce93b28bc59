/**
 * What rethread asks of its storage: values by key, written in batches, and critical sections by name.
 * Nothing here knows an assistant. Stores are opened by {@link openStore} (`open.ts`).
 */

/** One write; at the root of the store, if it says so, instead of in the scope that it is written through. A value is anything JSON can hold; `undefined` reads back as if it had never been written. */
export type Entry = readonly [key: string, value: unknown, at?: 'root'];

/**
 * Failures of any method are `StoreError`s (`errors.ts`). A failed read rejects: it never looks like
 * "not found".
 */
export interface Store {
  /** Which engine holds the data. */
  readonly kind: 'memory' | 'file' | 'sqlite' | 'redis' | 'postgres' | 'keyv';

  /** How far {@link lock} and {@link lease} reach: this process only, all processes of this host, or every host. */
  readonly reach: 'process' | 'host' | 'cluster';

  /** The value last written under a key; `undefined` when there is none. The caller owns what it gets. */
  get<T>(key: string): Promise<T | undefined>;

  /** The values of many keys, in the order of the keys. */
  getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]>;

  /** Writes one value. When it resolves, the value survives the death of this process. */
  set(key: string, value: unknown): Promise<void>;

  /**
   * Writes all entries. One atomic batch where the engine has one (file, sqlite, postgres: a transaction;
   * redis: MULTI); otherwise strictly in the given order, so callers put data first and heads last.
   * When a key stands in the batch twice, the last entry wins.
   */
  setMany(entries: readonly Entry[]): Promise<void>;

  /**
   * Removes the keys, in the given order where the engine can't remove them at once; at the root of the store, if that is
   * said, instead of in this scope. Absent keys are fine.
   */
  delete(keys: readonly string[], at?: 'root'): Promise<void>;

  /**
   * Runs a critical section: FIFO within the process, exclusive as far as {@link reach} says. Not
   * re-entrant. After a crash the name is free again when the lock's time to live has passed (10 s unless
   * the store was opened with another); a living section keeps extending it.
   *
   * Rejects with what the section rejects with, or with a `StoreError` of code `lock_lost` when the process
   * was stopped for longer than the time to live, so that somebody else may have been inside meanwhile.
   */
  lock<T>(name: string, section: () => Promise<T>): Promise<T>;

  /**
   * Takes a name for `ttlMs` milliseconds; `undefined` when somebody else holds it. Leases and locks of the
   * same name don't touch each other.
   */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;

  /**
   * The same store seen through a prefix of its keys, locks and leases; used for tenants. No key of one scope
   * can be reached from another, whatever the prefixes contain. Closing a scope does nothing.
   */
  scoped(prefix: string): Store;

  /** Lets go of connections and files. Later calls reject; closing again is fine. */
  close(): Promise<void>;
}

/** A name held for a while. */
export interface Lease {
  /** Starts the time to live anew. False when it had already run out: the lease is lost, whoever has it now. */
  renew(): Promise<boolean>;
  /** Gives the name back. A lease that was lost meanwhile is left alone. */
  release(): Promise<void>;
}

import type { Entry, Lease, Store } from '../../../src/store/store.ts';

/** A store that counts what is asked of it. */
export class CountingStore implements Store {
  readonly #store: Store;
  /** requests: a getMany or setMany is one, of however many keys */
  operations = 0;
  keysRead = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get kind() {
    return this.#store.kind;
  }

  get reach() {
    return this.#store.reach;
  }

  async get<T>(key: string): Promise<T | undefined> {
    this.operations++;
    this.keysRead++;
    return this.#store.get(key);
  }

  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    this.operations++;
    this.keysRead += keys.length;
    return this.#store.getMany(keys);
  }

  async set(key: string, value: unknown): Promise<void> {
    this.operations++;
    await this.#store.set(key, value);
  }

  async setMany(entries: readonly Entry[]): Promise<void> {
    this.operations++;
    await this.#store.setMany(entries);
  }

  async delete(keys: readonly string[], at?: 'root'): Promise<void> {
    this.operations++;
    await this.#store.delete(keys, at);
  }

  lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    return this.#store.lock(name, section);
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#store.lease(name, ttlMs);
  }

  scoped(prefix: string): Store {
    return this.#store.scoped(prefix);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** What a piece of work costs. */
  async count(work: () => Promise<unknown>): Promise<{ operations: number; keysRead: number }> {
    const before = { operations: this.operations, keysRead: this.keysRead };
    await work();
    return { operations: this.operations - before.operations, keysRead: this.keysRead - before.keysRead };
  }
}

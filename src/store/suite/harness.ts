/** What the checks of the suite stand on. */
import type { Entry, Lease, Store } from '../store.ts';

/** The part of a test framework that the suite needs. */
export interface SuiteApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** One test: a sentence of what a store promises, and its proof. */
export interface Check {
  readonly name: string;
  /** @param store an empty corner of the store under test */
  run(store: Store, scope: string): Promise<void>;
}

export function defaultApi(): SuiteApi {
  const { describe, it } = globalThis as Partial<SuiteApi>;
  if (describe && it) return { describe, it };
  throw new Error('storeSuite needs the test framework: pass api: { describe, it }');
}

/** Runs a check in a corner of its own, and clears that away. */
export async function inScratch(make: () => Promise<Store>, run: Check['run']): Promise<void> {
  const store = await make();
  const scope = `suite-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const corner = new Recorder(store.scoped(scope));
  try {
    await run(corner, scope);
  } finally {
    await corner.clear();
    await store.close();
  }
}

/** Remembers which keys were written, so that they can be deleted. */
class Recorder implements Store {
  readonly #store: Store;
  readonly #written = new Set<string>();
  readonly #scopes: Recorder[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  get kind() {
    return this.#store.kind;
  }

  get reach() {
    return this.#store.reach;
  }

  get<T>(key: string): Promise<T | undefined> {
    return this.#store.get(key);
  }

  getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return this.#store.getMany(keys);
  }

  set(key: string, value: unknown): Promise<void> {
    this.#written.add(key);
    return this.#store.set(key, value);
  }

  setMany(entries: readonly Entry[]): Promise<void> {
    for (const [key] of entries) this.#written.add(key);
    return this.#store.setMany(entries);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#store.delete(keys);
  }

  lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    return this.#store.lock(name, section);
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#store.lease(name, ttlMs);
  }

  scoped(prefix: string): Store {
    const scope = new Recorder(this.#store.scoped(prefix));
    this.#scopes.push(scope);
    return scope;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async clear(): Promise<void> {
    await this.#store.delete([...this.#written]);
    for (const scope of this.#scopes) await scope.clear();
  }
}

/** A small random number generator (mulberry32), so that a failing walk can be walked again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  oneOf<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects after a while, unless it is cancelled. */
export function timeout(ms: number, message: string): { promise: Promise<never>; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

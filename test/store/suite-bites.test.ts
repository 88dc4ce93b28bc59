import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import type { Entry, Lease, Store } from '../../src/store/store.ts';
import { storeSuite } from '../../src/store/suite.ts';

/** Runs the suite as a test framework would, and gives the names of the tests that failed. */
async function failures(make: () => Promise<Store>, shared = false): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  const api = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => tests.push([name, body]),
  };
  storeSuite({ name: 'broken', make, api, shared });
  const failed = await Promise.all(
    tests.map(async ([name, body]) =>
      body().then(
        () => [],
        () => [name],
      ),
    ),
  );
  return failed.flat();
}

/** A Keyv over a Map that is spoilt in one way. */
function keyvOver(map: Map<string, unknown>): Promise<Store> {
  return openStore(new Keyv({ store: map as Map<string, string> }));
}

class Changed extends Map<string, unknown> {
  readonly #change: (key: string) => string;
  constructor(change: (key: string) => string) {
    super();
    this.#change = change;
  }
  override get(key: string) {
    return super.get(this.#change(key));
  }
  override set(key: string, value: unknown) {
    return super.set(this.#change(key), value);
  }
  override delete(key: string) {
    return super.delete(this.#change(key));
  }
}

/** A good store of which one method is replaced. */
class Spoilt implements Store {
  readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }
  get kind() {
    return this.store.kind;
  }
  get reach() {
    return this.store.reach;
  }
  get<T>(key: string): Promise<T | undefined> {
    return this.store.get(key);
  }
  getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return this.store.getMany(keys);
  }
  set(key: string, value: unknown): Promise<void> {
    return this.store.set(key, value);
  }
  setMany(entries: readonly Entry[]): Promise<void> {
    return this.store.setMany(entries);
  }
  delete(keys: readonly string[]): Promise<void> {
    return this.store.delete(keys);
  }
  lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    return this.store.lock(name, section);
  }
  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.store.lease(name, ttlMs);
  }
  scoped(prefix: string): Store {
    return new (this.constructor as typeof Spoilt)(this.store.scoped(prefix));
  }
  close(): Promise<void> {
    return this.store.close();
  }
}

async function spoilt(Class: typeof Spoilt): Promise<Store> {
  return new Class(await openStore('memory:'));
}

describe.concurrent('the suite fails a store', () => {
  it('of which nothing is wrong in no test', async () => {
    expect(await failures(() => openStore('memory:'))).toEqual([]);
  });

  it('whose keys do not tell case apart', async () => {
    const failed = await failures(() => keyvOver(new Changed((key) => key.toLowerCase())));
    expect(failed).toEqual(['two different keys are never the same, however alike or odd they are']);
  });

  it('whose keys are cut off', async () => {
    const failed = await failures(() => keyvOver(new Changed((key) => key.slice(0, 120))));
    expect(failed).toContain('two different keys are never the same, however alike or odd they are');
  });

  it('that keeps its values for a while only', async () => {
    class Forgetful extends Map<string, unknown> {
      override set(key: string, value: unknown) {
        setTimeout(() => this.delete(key), 20);
        return super.set(key, value);
      }
    }
    const failed = await failures(() => keyvOver(new Forgetful()));
    expect(failed).toContain('a value stays until it is deleted');
  });

  it('that answers getMany in an order of its own', async () => {
    const failed = await failures(() =>
      spoilt(
        class extends Spoilt {
          override async getMany<T>(keys: readonly string[]) {
            const values = new Map<string, T | undefined>();
            for (const key of keys.toSorted()) values.set(key, await this.get<T>(key));
            return [...values.values()];
          }
        },
      ),
    );
    expect(failed).toContain('getMany answers in the order of its keys, with undefined in the gaps');
  });

  it('that loses the difference between null and nothing', async () => {
    const failed = await failures(() =>
      spoilt(
        class extends Spoilt {
          override async get<T>(key: string) {
            return (await super.get<T>(key)) ?? undefined;
          }
          override async getMany<T>(keys: readonly string[]) {
            return (await super.getMany<T>(keys)).map((value) => value ?? undefined);
          }
        },
      ),
    );
    expect(failed).toEqual(['null, false, 0 and the empty string are values; undefined is none']);
  });

  it('whose locks lock nothing', async () => {
    const failed = await failures(() =>
      spoilt(
        class extends Spoilt {
          override lock<T>(_name: string, section: () => Promise<T>) {
            return section();
          }
        },
      ),
    );
    expect(failed).toContain(
      'sections of the same name run one after another, in the order in which they were asked for',
    );
    expect(failed).toContain('concurrent appends under a lock lose nothing');
  });

  it('whose leases anyone gets, or that never end', async () => {
    const free = await failures(() =>
      spoilt(
        class extends Spoilt {
          override async lease() {
            return { renew: async () => true, release: async () => {} };
          }
        },
      ),
    );
    expect(free).toContain('a lease is had by one at a time, and by the next after its release');
    const endless = await failures(() =>
      spoilt(
        class extends Spoilt {
          override lease(name: string) {
            return super.lease(name, 1_000_000);
          }
        },
      ),
    );
    expect(endless).toContain(
      'a lease that is not renewed runs out; its old owner can then neither renew nor release it',
    );
  });

  it('whose scopes run into each other', async () => {
    const failed = await failures(() =>
      spoilt(
        class extends Spoilt {
          override scoped(prefix: string): Store {
            // the corner that the suite works in is a scope as well
            return prefix.startsWith('suite-') ? super.scoped(prefix) : this;
          }
        },
      ),
    );
    expect(failed).toContain('scopes do not see each other, whatever their names are');
  });

  it('over which two stores do not share what they should', async () => {
    const failed = await failures(() => openStore('memory:'), true);
    expect(failed).toContain('what one has written the other reads at once');
    expect(failed).toContain('a lease of one is not to be had by the other');
  });
});

describe('the suite leaves', () => {
  it('nothing behind but the note of the format', async () => {
    const map = new Map<string, string>();
    expect(await failures(() => openStore(new Keyv({ store: map })))).toEqual([]);
    expect([...map.keys()]).toEqual(['keyv:rethread/!format']);
  });

  it('a message when no test framework is there', () => {
    expect(() => storeSuite({ name: 'x', make: () => openStore('memory:') })).toThrow(
      'pass api: { describe, it }',
    );
  });
});

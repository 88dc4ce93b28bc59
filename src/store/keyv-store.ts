/** A {@link Store} over Keyv, with Keyv's traps taken out. */
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import type { Engine } from './engine.ts';
import { StoreError, wrap } from './errors.ts';
import { seal, unseal } from './format.ts';
import { engineKey, FORMAT_KEY, scopePrefix } from './keys.ts';
import type { Entry, Lease, Store } from './store.ts';

/** Keys per read: keeps statements and replies of a size that every engine takes. */
const READ_GROUP = 500;

/** Zero means "never": it overrides a default time to live on a user's Keyv, which would eat threads. */
const FOR_EVER = 0;

export class KeyvStore implements Store {
  readonly #engine: Engine;
  readonly #scope: string;
  readonly #health: Health;

  constructor(engine: Engine, parent?: { scope: string; health: Health }) {
    this.#engine = engine;
    this.#scope = parent?.scope ?? '';
    this.#health = parent?.health ?? new Health(engine.keyv);
  }

  get kind(): Store['kind'] {
    return this.#engine.kind;
  }

  get reach(): Store['reach'] {
    return this.#engine.locks.reach;
  }

  // Each of these is a function of its own down to Keyv's promise: a run makes some fifteen calls, and every function in
  // between would add its promises to each.

  async get<T>(key: string): Promise<T | undefined> {
    this.#mustBeOpen();
    const { keyv, target } = this.#engine;
    try {
      const { reported } = this.#health;
      const stored = this.#health.check(reported, await keyv.get(this.#key(key)));
      return unseal(own(keyv, stored), key, target) as T | undefined;
    } catch (error) {
      throw wrap('failed', target, `cannot read ${JSON.stringify(key)}`, error);
    }
  }

  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    if (keys.length === 0) return [];
    this.#mustBeOpen();
    const { keyv, target } = this.#engine;
    try {
      const values: (T | undefined)[] = [];
      for (let from = 0; from < keys.length; from += READ_GROUP) {
        const group = keys.slice(from, from + READ_GROUP);
        const engineKeys = group.map((key) => this.#key(key));
        const { reported } = this.#health;
        // Without getMany of its own an adapter is asked by Keyv for each, but a failed read would become undefined.
        const stored: unknown[] = adapter(keyv).getMany
          ? this.#health.check(reported, await keyv.getMany(engineKeys))
          : await Promise.all(
              engineKeys.map(async (key) => this.#health.check(reported, await keyv.get(key))),
            );
        if (stored.length !== group.length)
          throw new Error(`the adapter answered ${stored.length} values for ${group.length} keys`);
        for (const [i, key] of group.entries())
          values.push(unseal(own(keyv, stored[i]), key, target) as T | undefined);
      }
      return values;
    } catch (error) {
      throw wrap('failed', target, `cannot read ${keys.length} keys`, error);
    }
  }

  async set(key: string, value: unknown): Promise<void> {
    this.#mustBeOpen();
    try {
      await this.#write([key, value]);
    } catch (error) {
      throw wrap('failed', this.#engine.target, `cannot write ${JSON.stringify(key)}`, error);
    }
  }

  async setMany(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    this.#mustBeOpen();
    const { keyv, target, atomic } = this.#engine;
    try {
      // without setMany of its own an adapter gets all writes at once from Keyv, in no order
      if (!atomic || entries.length === 1) {
        for (const entry of entries) await this.#write(entry);
        return;
      }
      // a Map, since an upsert in PostgreSQL may not touch a row twice
      const last = new Map(entries.map(([key, value, at]) => [this.#key(key, at), value]));
      const batch = [...last].map(([key, value]) => ({ key, value: this.#sealed(value), ttl: FOR_EVER }));
      const { reported } = this.#health;
      const results: unknown = this.#health.check(reported, await keyv.setMany(batch));
      if (Array.isArray(results) && results.includes(false)) throw new Error('the adapter refused the write');
    } catch (error) {
      throw wrap('failed', target, `cannot write ${entries.length} keys`, error);
    }
  }

  async delete(keys: readonly string[], at?: 'root'): Promise<void> {
    if (keys.length === 0) return;
    this.#mustBeOpen();
    const { keyv, target, atomic } = this.#engine;
    try {
      const engineKeys = keys.map((key) => this.#key(key, at));
      const groups = atomic && adapter(keyv).deleteMany ? [engineKeys] : engineKeys;
      for (const group of groups) {
        const { reported } = this.#health;
        this.#health.check(reported, await keyv.delete(group));
      }
    } catch (error) {
      throw wrap('failed', target, `cannot delete ${keys.length} keys`, error);
    }
  }

  async lock<T>(name: string, section: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    return this.#engine.locks.lock(engineKey(this.#scope, name), section);
  }

  async lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    this.#mustBeOpen();
    return this.#engine.locks.lease(engineKey(this.#scope, name), ttlMs);
  }

  scoped(prefix: string): Store {
    return new KeyvStore(this.#engine, {
      scope: this.#scope + scopePrefix(prefix),
      health: this.#health,
    });
  }

  async close(): Promise<void> {
    if (this.#scope !== '' || this.#health.closed) return;
    this.#health.closed = true;
    try {
      await this.#engine.close();
    } catch (error) {
      throw wrap('failed', this.#engine.target, 'cannot close', error);
    } finally {
      this.#health.stop();
    }
  }

  /**
   * Reads the note of the store's format, and leaves one where there is none. A store that a newer rethread
   * has written is refused as a whole, so that nothing in it can be overwritten by accident.
   */
  async checkFormat(): Promise<void> {
    this.#mustBeOpen();
    const { keyv, keyPrefix, target } = this.#engine;
    const key = keyPrefix + FORMAT_KEY;
    try {
      const { reported } = this.#health;
      const note = this.#health.check(reported, await keyv.get(key));
      if (note === undefined) this.#health.check(reported, await keyv.set(key, seal({}), FOR_EVER));
      else unseal(own(keyv, note), FORMAT_KEY, target);
    } catch (error) {
      throw wrap('failed', target, 'cannot read the format of the store', error);
    }
  }

  #key(key: string, at?: 'root'): string {
    return this.#engine.keyPrefix + engineKey(at ? '' : this.#scope, key);
  }

  async #write([key, value, at]: Entry): Promise<void> {
    const { keyv } = this.#engine;
    const { reported } = this.#health;
    const done = await keyv.set(this.#key(key, at), this.#sealed(value), FOR_EVER);
    if (this.#health.check(reported, done) === false) throw new Error('the adapter refused the write');
  }

  #sealed(value: unknown): unknown {
    const { serialize } = this.#engine.keyv;
    if (!serialize) return copy(seal(value));
    return seal(value, serialize !== JSON.stringify);
  }

  #mustBeOpen(): void {
    if (this.#health.closed) throw new StoreError('closed', this.#engine.target, 'the store was closed');
  }
}

/**
 * Keyv and its adapters report many failures as an 'error' event and then answer as if nothing were stored, or
 * as if all were well. An operation during which one was reported is therefore a failed operation: now and
 * then this blames a neighbour's error on a good read, but never takes a failed read for "not found".
 */
class Health {
  closed = false;
  #errors = 0;
  #latest: unknown;
  readonly #sources: Emitter[];
  readonly #listener = (error: unknown) => {
    this.#errors++;
    this.#latest = error;
  };

  constructor(keyv: Keyv) {
    // the adapter too: Keyv keeps its errors to itself when it was made with emitErrors: false
    this.#sources = [keyv, adapter(keyv)].filter(isEmitter);
    for (const source of this.#sources) source.on('error', this.#listener);
  }

  /** How many errors have been reported so far: to be asked before an operation, and handed to {@link check} after it. */
  get reported(): number {
    return this.#errors;
  }

  /** The result of an operation, unless an error was reported meanwhile and the result is none. */
  check<T>(reported: number, result: T): T {
    if (this.#errors !== reported && !isValue(result)) throw this.#latest;
    return result;
  }

  stop(): void {
    for (const source of this.#sources) source.off?.('error', this.#listener);
  }
}

interface Emitter {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off?(event: 'error', listener: (error: unknown) => void): unknown;
}

function isEmitter(thing: object): thing is Emitter {
  return 'on' in thing && typeof thing.on === 'function';
}

/** Something that can't be an adapter's way of hiding a failure. */
function isValue(result: unknown): boolean {
  if (Array.isArray(result))
    return result.length > 0 && result.every((one) => one !== undefined && one !== false);
  return result !== undefined && result !== null && typeof result !== 'boolean';
}

function adapter(keyv: Keyv): KeyvStoreAdapter {
  return keyv.store as KeyvStoreAdapter;
}

/** A Keyv whose serialization is switched off hands out the very objects it was given. */
function own(keyv: Keyv, value: unknown): unknown {
  return keyv.serialize ? value : copy(value);
}

function copy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

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

  async get<T>(key: string): Promise<T | undefined> {
    this.#mustBeOpen();
    const { keyv, target } = this.#engine;
    try {
      const stored = await this.#read(keyv, () => keyv.get(this.#key(key)));
      return unseal(stored, key, target) as T | undefined;
    } catch (error) {
      throw wrap('failed', target, `cannot read ${JSON.stringify(key)}`, error);
    }
  }

  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    if (keys.length === 0) return [];
    return this.#attempt(`cannot read ${keys.length} keys`, async (keyv) => {
      const values: (T | undefined)[] = [];
      for (let from = 0; from < keys.length; from += READ_GROUP) {
        const group = keys.slice(from, from + READ_GROUP);
        const stored = await this.#readMany(keyv, group);
        for (const [i, key] of group.entries()) {
          values.push(unseal(stored[i], key, this.#engine.target) as T | undefined);
        }
      }
      return values;
    });
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#attempt(`cannot write ${JSON.stringify(key)}`, (keyv) => this.#write(keyv, key, value));
  }

  async setMany(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#attempt(`cannot write ${entries.length} keys`, async (keyv) => {
      // without setMany of its own an adapter gets all writes at once from Keyv, in no order
      if (!this.#engine.atomic || entries.length === 1) {
        for (const [key, value, at] of entries) await this.#write(keyv, key, value, at);
        return;
      }
      // a Map, since an upsert in PostgreSQL may not touch a row twice
      const last = new Map(entries.map(([key, value, at]) => [this.#key(key, at), value]));
      const batch = [...last].map(([key, value]) => ({ key, value: this.#sealed(value), ttl: FOR_EVER }));
      const results: unknown = await this.#health.watch(() => keyv.setMany(batch));
      if (Array.isArray(results) && results.includes(false)) throw new Error('the adapter refused the write');
    });
  }

  async delete(keys: readonly string[], at?: 'root'): Promise<void> {
    if (keys.length === 0) return;
    await this.#attempt(`cannot delete ${keys.length} keys`, async (keyv) => {
      const engineKeys = keys.map((key) => this.#key(key, at));
      if (this.#engine.atomic && adapter(keyv).deleteMany) {
        await this.#health.watch(() => keyv.delete(engineKeys));
        return;
      }
      for (const key of engineKeys) await this.#health.watch(() => keyv.delete(key));
    });
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
    await this.#attempt('cannot read the format of the store', async (keyv) => {
      const key = this.#engine.keyPrefix + FORMAT_KEY;
      const note = await this.#read(keyv, () => keyv.get(key));
      if (note === undefined) await this.#health.watch(() => keyv.set(key, seal({}), FOR_EVER));
      else unseal(note, FORMAT_KEY, this.#engine.target);
    });
  }

  #key(key: string, at?: 'root'): string {
    return this.#engine.keyPrefix + engineKey(at ? '' : this.#scope, key);
  }

  async #write(keyv: Keyv, key: string, value: unknown, at?: 'root'): Promise<void> {
    const done = await this.#health.watch(() => keyv.set(this.#key(key, at), this.#sealed(value), FOR_EVER));
    if (done === false) throw new Error('the adapter refused the write');
  }

  async #readMany(keyv: Keyv, keys: readonly string[]): Promise<unknown[]> {
    const engineKeys = keys.map((key) => this.#key(key));
    if (!adapter(keyv).getMany) {
      // Keyv would do the same, but turn a failed read into undefined
      return Promise.all(engineKeys.map((key) => this.#read(keyv, () => keyv.get(key))));
    }
    const values = await this.#health.watch(() => keyv.getMany(engineKeys));
    if (values.length !== keys.length) {
      throw new Error(`the adapter answered ${values.length} values for ${keys.length} keys`);
    }
    return isSerializing(keyv) ? values : values.map(copy);
  }

  async #read(keyv: Keyv, read: () => Promise<unknown>): Promise<unknown> {
    const value = await this.#health.watch(read);
    return isSerializing(keyv) ? value : copy(value);
  }

  #sealed(value: unknown): unknown {
    const { serialize } = this.#engine.keyv;
    if (!serialize) return copy(seal(value));
    return seal(value, serialize !== JSON.stringify);
  }

  async #attempt<T>(doing: string, work: (keyv: Keyv) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    try {
      return await work(this.#engine.keyv);
    } catch (error) {
      throw wrap('failed', this.#engine.target, doing, error);
    }
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

  async watch<T>(operation: () => Promise<T>): Promise<T> {
    const before = this.#errors;
    const result = await operation();
    if (this.#errors !== before && !isValue(result)) throw this.#latest;
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
function isSerializing(keyv: Keyv): boolean {
  return Boolean(keyv.serialize);
}

function copy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** `memory:`, for tests: a Map that is gone with the process. */
import { Keyv, type KeyvEntry, type KeyvStoreAdapter, type StoredData } from 'keyv';
import type { Engine } from '../engine.ts';
import { processLocks } from '../locks.ts';
import { newKeyv } from './new-keyv.ts';

export function openMemory(): Engine {
  const map = new Map<string, string>();
  const keyv = newKeyv(Keyv, new KeyvMap(map));
  return {
    kind: 'memory',
    target: 'memory:',
    keyv,
    atomic: true,
    keyPrefix: '',
    locks: processLocks(map),
    close: async () => map.clear(),
  };
}

/** A Map is an adapter to Keyv as it stands, but one that is asked for each key by itself. */
class KeyvMap implements KeyvStoreAdapter {
  readonly opts = {};
  namespace?: string;
  readonly #map: Map<string, string>;

  constructor(map: Map<string, string>) {
    this.#map = map;
  }

  /** Nothing fails. */
  on(): this {
    return this;
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return this.#map.get(key) as StoredData<Value> | undefined;
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    return keys.map((key) => this.#map.get(key) as StoredData<Value | undefined>);
  }

  async set(key: string, value: string): Promise<boolean> {
    this.#map.set(key, value);
    return true;
  }

  async setMany(entries: KeyvEntry[]): Promise<void> {
    for (const { key, value } of entries) this.#map.set(key, value);
  }

  async delete(key: string): Promise<boolean> {
    return this.#map.delete(key);
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    return keys.filter((key) => this.#map.delete(key)).length > 0;
  }

  async clear(): Promise<void> {
    this.#map.clear();
  }
}

/** A Keyv adapter over lmdb: transactional, and readable and writable by several processes of one host. */
import type { KeyvEntry, KeyvStoreAdapter, StoredData } from 'keyv';
import { open, type RootDatabase } from 'lmdb';
import type { LmdbGate } from './lmdb-gate.ts';

/** What lmdb takes; longer keys are refused. */
const LONGEST_KEY = 1978;

/** Under these keys each process keeps the number of its last write; they are nobody's data. */
const MARKS = '\u0001written/';

/** What a write has to survive before it is acknowledged: the death of the process, or that of the machine too. */
export type Survives = 'process' | 'machine';

/**
 * Values are strings, that is, Keyv's serialized form. Network file systems are not for lmdb.
 *
 * A transaction is first there for all processes to read, and then brought to disk. From the first moment on it
 * survives the death of the process: its pages are the system's, and whoever opens the file next takes the newest
 * transaction. After a restart of the machine that is the newest one which was flushed; earlier ones are never lost,
 * and the file stays sound. lmdb's promises wait for the disk; that a transaction can be read is found out by reading.
 *
 * lmdb's own traps, all met here: a snapshot for reading lives until the next turn of the event loop, and so misses
 * what another process has just committed; failed commits hide their reason in a promise that nobody awaits.
 */
export class KeyvLmdb implements KeyvStoreAdapter {
  readonly opts: { dialect: 'lmdb'; url: string };
  namespace?: string;
  readonly #gate: LmdbGate;
  readonly #survives: Survives;
  readonly #db: RootDatabase<string, string>;
  /** Two openers of one process write over each other's mark, and then wait for the disk. */
  readonly #markKey = MARKS + process.pid;
  readonly #name = Math.random().toString(36).slice(2);
  #writes = 0;

  private constructor(path: string, gate: LmdbGate, survives: Survives) {
    this.opts = { dialect: 'lmdb', url: path };
    this.#gate = gate;
    this.#survives = survives;
    this.#db = open<string, string>({ path, noSubdir: true, encoding: 'string' });
  }

  /**
   * @param path of the data file; its directory exists. Beside it lmdb keeps a `-lock` file
   * @param gate of that directory. It stays its owner's
   * @param survives `process` only where lmdb takes the newest transaction again, flushed or not: where it can tell
   *   this boot of the machine from the one before
   */
  static open(path: string, gate: LmdbGate, survives: Survives = 'machine'): Promise<KeyvLmdb> {
    return gate.shut(() => new KeyvLmdb(path, gate, survives));
  }

  /** Errors reject; there are no events. */
  on(): this {
    return this;
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return this.#current().get(checked(key)) as StoredData<Value> | undefined;
  }

  /** All from one snapshot. */
  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    const db = this.#current();
    return keys.map((key) => db.get(checked(key)) as StoredData<Value | undefined>);
  }

  async set(key: string, value: string): Promise<boolean> {
    await this.setMany([{ key, value }]);
    return true;
  }

  /** All or nothing, in one transaction. */
  async setMany(entries: KeyvEntry[]): Promise<void> {
    for (const { key, value } of entries) {
      checked(key);
      if (typeof value !== 'string') throw new TypeError('KeyvLmdb stores serialized values: strings');
    }
    await this.#commit(() => {
      for (const { key, value } of entries) void this.#db.put(key, value);
    });
  }

  async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /** All or nothing, in one transaction. True if any of the keys was there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    const db = this.#current();
    const present = keys.filter((key) => db.doesExist(checked(key)));
    if (present.length === 0) return false;
    await this.#commit(() => {
      for (const key of present) void this.#db.remove(key);
    });
    return true;
  }

  async has(key: string): Promise<boolean> {
    return this.#current().doesExist(checked(key));
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const db = this.#current();
    return keys.map((key) => db.doesExist(checked(key)));
  }

  /** Removes the keys of the namespace, or every key if there is none. */
  async clear(): Promise<void> {
    if (!this.namespace) {
      await this.#settle(() => this.#db.clearAsync());
      return;
    }
    const keys: string[] = [];
    for await (const [key] of this.iterator(this.namespace)) keys.push(key);
    await this.deleteMany(keys);
  }

  /** Keys (with their namespace) and serialized values, in the order of the keys. */
  async *iterator(namespace?: string): AsyncGenerator<[string, string], void> {
    const prefix = namespace ? `${namespace}:` : '';
    const start = prefix === '' ? {} : { start: prefix };
    // snapshot: false, or a slow reader would keep lmdb from reusing space
    for (const { key, value } of this.#current().getRange({ ...start, snapshot: false })) {
      if (!key.startsWith(prefix)) return;
      if (!key.startsWith(MARKS)) yield [key, value];
    }
  }

  async disconnect(): Promise<void> {
    await this.#gate.shut(() => this.#db.close());
  }

  #current(): RootDatabase<string, string> {
    this.#db.resetReadTxn();
    return this.#db;
  }

  async #commit(writes: () => void): Promise<void> {
    /** Given where the write takes its place among the others: the gate may let them through in another order. */
    let number = Number.POSITIVE_INFINITY;
    const onDisk = this.#settle(() =>
      this.#db.batch(() => {
        writes();
        number = ++this.#writes;
        void this.#db.put(this.#markKey, `${this.#name} ${number}`);
      }),
    );
    if (this.#survives === 'machine') return onDisk;
    let over = false;
    const end = () => {
      over = true;
    };
    onDisk.then(end, end);
    const readable = async () => {
      while (!over && !this.#canBeRead(number)) await nextWakeUp();
    };
    await Promise.race([onDisk, readable()]);
  }

  #canBeRead(number: number): boolean {
    const [name, last] = this.#current().get(this.#markKey)?.split(' ') ?? [];
    return name === this.#name && Number(last) >= number;
  }

  /** Resolves when all is on disk; until then nobody opens or closes the file. */
  async #settle(write: () => Promise<unknown>): Promise<void> {
    try {
      await this.#gate.commit(async () => {
        await write();
        await this.#db.flushed;
      });
    } catch (error) {
      const hidden = (error as { commitError?: Promise<never> }).commitError;
      if (!hidden) throw error;
      await hidden;
    }
  }
}

/**
 * The end of the event loop's next turn. It doesn't make the loop turn: lmdb wakes it when a transaction can be read,
 * and once more when it is on disk.
 */
function nextWakeUp(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve).unref());
}

function checked(key: string): string {
  if (key === '' || key.includes('\0') || Buffer.byteLength(key) > LONGEST_KEY - 2) {
    throw new RangeError(`lmdb keys have 1 to ${LONGEST_KEY - 2} bytes and no NUL`);
  }
  return key;
}

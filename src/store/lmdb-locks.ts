/** A verrou driver on lmdb: locks that all processes of one host share. */
import { E_LOCK_NOT_OWNED } from '@verrou/core';
import type { LockStore } from '@verrou/core/types';
import { open, type RootDatabase } from 'lmdb';
import type { LmdbGate } from './lmdb-gate.ts';

interface Held {
  owner: string;
  /** ms since the epoch; null: never */
  expires: number | null;
}

/**
 * Each step is one write transaction, which lmdb gives to one process at a time: it reads who holds the lock and
 * writes accordingly. Transactions are synchronous, since waiting for another thread would cost more than the
 * microseconds they take.
 */
export class LmdbLockStore implements LockStore {
  readonly #gate: LmdbGate;
  readonly #db: RootDatabase<Held, string>;

  private constructor(path: string, gate: LmdbGate, volatile: boolean) {
    this.#gate = gate;
    this.#db = open<Held, string>({
      path,
      noSubdir: true,
      encoding: 'json',
      ...(volatile && { noSync: true, overlappingSync: false }),
    });
  }

  /**
   * @param path of a lock file that is used for nothing else
   * @param gate of its directory. It stays its owner's
   * @param volatile the file needn't survive the machine: commits don't wait for the disk. Then a file that was in
   *   use when the machine went down may be unreadable, so its path must differ from boot to boot.
   */
  static open(path: string, gate: LmdbGate, { volatile = false } = {}): Promise<LmdbLockStore> {
    return gate.shut(() => new LmdbLockStore(path, gate, volatile));
  }

  save(key: string, owner: string, ttl: number | null): Promise<boolean> {
    return this.#transaction(() => {
      if (isHeld(this.#db.get(key))) return false;
      this.#put(key, owner, ttl);
      return true;
    });
  }

  async delete(key: string, owner: string): Promise<void> {
    const released = await this.#transaction(() => {
      if (this.#db.get(key)?.owner !== owner) return false;
      this.#db.removeSync(key);
      return true;
    });
    if (!released) throw new E_LOCK_NOT_OWNED();
  }

  async forceDelete(key: string): Promise<void> {
    await this.#transaction(() => this.#db.removeSync(key));
  }

  async exists(key: string): Promise<boolean> {
    this.#db.resetReadTxn();
    return isHeld(this.#db.get(key));
  }

  /** A lock that has run out can't be extended, as with Redis, even if nobody has taken it since. */
  async extend(key: string, owner: string, duration: number): Promise<void> {
    const extended = await this.#transaction(() => {
      const held = this.#db.get(key);
      if (held?.owner !== owner || !isHeld(held)) return false;
      this.#put(key, owner, duration);
      return true;
    });
    if (!extended) throw new E_LOCK_NOT_OWNED();
  }

  async close(): Promise<void> {
    await this.#gate.shut(() => this.#db.close());
  }

  #transaction(work: () => boolean): Promise<boolean> {
    return this.#gate.commit(() => this.#db.transactionSync(work));
  }

  #put(key: string, owner: string, ttl: number | null): void {
    this.#db.putSync(key, { owner, expires: ttl === null ? null : Date.now() + ttl });
  }
}

function isHeld(held: Held | undefined): held is Held {
  return held !== undefined && (held.expires === null || held.expires > Date.now());
}

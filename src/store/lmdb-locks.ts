/** A verrou driver on lmdb: locks that all processes of one host share. */
import { E_LOCK_NOT_OWNED } from '@verrou/core';
import type { LockStore } from '@verrou/core/types';
import { open, type RootDatabase } from 'lmdb';

interface Held {
  owner: string;
  /** ms since the epoch; null: never */
  expires: number | null;
}

/**
 * Each step is one write transaction, which lmdb gives to one process at a time: it reads who holds the lock and
 * writes accordingly. Transactions are synchronous, since waiting for another thread would cost more than the
 * microseconds they take.
 *
 * @param path of a lock file that is used for nothing else
 * @param volatile the file needn't survive the machine: commits don't wait for the disk. Then a file that was in
 *   use when the machine went down may be unreadable, so its path must differ from boot to boot.
 */
export class LmdbLockStore implements LockStore {
  readonly #db: RootDatabase<Held, string>;

  constructor(path: string, { volatile = false } = {}) {
    this.#db = open<Held, string>({
      path,
      noSubdir: true,
      encoding: 'json',
      ...(volatile && { noSync: true, overlappingSync: false }),
    });
  }

  async save(key: string, owner: string, ttl: number | null): Promise<boolean> {
    return this.#db.transactionSync(() => {
      if (isHeld(this.#db.get(key))) return false;
      this.#put(key, owner, ttl);
      return true;
    });
  }

  async delete(key: string, owner: string): Promise<void> {
    const released = this.#db.transactionSync(() => {
      if (this.#db.get(key)?.owner !== owner) return false;
      this.#db.removeSync(key);
      return true;
    });
    if (!released) throw new E_LOCK_NOT_OWNED();
  }

  async forceDelete(key: string): Promise<void> {
    this.#db.transactionSync(() => this.#db.removeSync(key));
  }

  async exists(key: string): Promise<boolean> {
    this.#db.resetReadTxn();
    return isHeld(this.#db.get(key));
  }

  /** A lock that has run out can't be extended, as with Redis, even if nobody has taken it since. */
  async extend(key: string, owner: string, duration: number): Promise<void> {
    const extended = this.#db.transactionSync(() => {
      const held = this.#db.get(key);
      if (held?.owner !== owner || !isHeld(held)) return false;
      this.#put(key, owner, duration);
      return true;
    });
    if (!extended) throw new E_LOCK_NOT_OWNED();
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  #put(key: string, owner: string, ttl: number | null): void {
    this.#db.putSync(key, { owner, expires: ttl === null ? null : Date.now() + ttl });
  }
}

function isHeld(held: Held | undefined): held is Held {
  return held !== undefined && (held.expires === null || held.expires > Date.now());
}

/** Opening a store by its address. Engines are loaded when they are asked for, so that importing this is light. */
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import type { Engine } from './engine.ts';
import { StoreError } from './errors.ts';
import { KeyvStore } from './keyv-store.ts';
import type { Store } from './store.ts';

export interface OpenOptions {
  /**
   * Keeps rethread's keys apart from other programs' (and from another rethread's) in a shared Redis or
   * database. Letters, digits, `_` and `-`.
   * @default 'rethread'
   */
  namespace?: string;
  /**
   * A `redis://` address that locks and leases are taken from when the data live elsewhere (`postgres://`,
   * or a Keyv that every host reaches): the store's reach is then `cluster`.
   */
  locks?: string;
  /**
   * How long a lock outlives a process that died inside a critical section, in milliseconds. A process that is
   * stopped for longer loses its lock.
   * @default 10000
   */
  lockTtlMs?: number;
  /**
   * For a Keyv instance or adapter: does one `setMany` write all of its entries or none? When it doesn't,
   * entries are written one after another, in their order.
   * @default false
   */
  atomicSetMany?: boolean;
  /** Told of settings that endanger data, such as a Redis that evicts keys. Default: `console.warn`. */
  warn?: (message: string) => void;
}

/** {@link OpenOptions} with nothing left out. */
export type ResolvedOptions = Required<Omit<OpenOptions, 'locks'>> & { locks: string | undefined };

/**
 * Opens a store.
 *
 * | target | engine | reach of locks | needs |
 * |---|---|---|---|
 * | `memory:` | a Map; gone with the process | process | |
 * | `file:<directory>` | lmdb | host | |
 * | `sqlite://<path>` | SQLite | process | `@keyv/sqlite` |
 * | `redis://…`, `rediss://…` | Redis | cluster | `@keyv/redis`, `ioredis` |
 * | `postgres://…`, `postgresql://…` | PostgreSQL | process; cluster with `locks` | `@keyv/postgres`, `pg` |
 * | a Keyv instance or adapter | whatever it is | process; cluster with `locks` | |
 *
 * A Keyv instance stays its owner's: `close()` doesn't disconnect it. It is told to throw its errors
 * (`throwOnErrors`), because by default Keyv answers a failed read as if nothing were stored.
 *
 * Two processes over a store whose reach is `process` lose each other's writes.
 *
 * @throws StoreError `bad_target`, `missing_package` (says what to install), `unreachable`, `newer_format`
 */
export async function openStore(
  target: string | Keyv | KeyvStoreAdapter,
  options: OpenOptions = {},
): Promise<Store> {
  const engine = await openEngine(target, resolve(options));
  const store = new KeyvStore(engine);
  try {
    await store.checkFormat();
  } catch (error) {
    await store.close().catch(() => {});
    throw error;
  }
  return store;
}

function resolve(options: OpenOptions): ResolvedOptions {
  const { namespace = 'rethread', lockTtlMs = 10_000 } = options;
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(namespace)) {
    throw new StoreError(
      'bad_target',
      namespace,
      'a namespace is made of lower-case letters, digits and "_", up to 41',
    );
  }
  if (!(lockTtlMs >= 100)) {
    throw new StoreError(
      'bad_target',
      String(lockTtlMs),
      'lockTtlMs is a number of milliseconds, at least 100',
    );
  }
  return {
    namespace,
    lockTtlMs,
    locks: options.locks,
    atomicSetMany: options.atomicSetMany ?? false,
    warn: options.warn ?? ((message) => console.warn(message)),
  };
}

async function openEngine(
  target: string | Keyv | KeyvStoreAdapter,
  options: ResolvedOptions,
): Promise<Engine> {
  if (typeof target !== 'string') {
    const { openKeyv } = await import('./engines/keyv.ts');
    return openKeyv(target, options);
  }
  switch (/^([a-z]+):/.exec(target)?.[1]) {
    case 'memory': {
      const { openMemory } = await import('./engines/memory.ts');
      return openMemory();
    }
    case 'file': {
      const { openFile } = await import('./engines/file.ts');
      return openFile(target, options);
    }
    case 'sqlite': {
      const { openSqlite } = await import('./engines/sqlite.ts');
      return openSqlite(target, options);
    }
    case 'redis':
    case 'rediss': {
      const { openRedis } = await import('./engines/redis.ts');
      return openRedis(target, options);
    }
    case 'postgres':
    case 'postgresql': {
      const { openPostgres } = await import('./engines/postgres.ts');
      return openPostgres(target, options);
    }
    default:
      throw new StoreError(
        'bad_target',
        target,
        'not an address of a store. Use file:<directory>, memory:, sqlite://<path>, redis://<host>, ' +
          'postgres://<host>/<database>, or pass a Keyv instance.',
      );
  }
}

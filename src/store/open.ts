/** Opening a store by its address. Engines are loaded when they are asked for, so that importing this is light. */
import type { Keyv, KeyvStoreAdapter } from 'keyv';
import type { Engine } from './engine.ts';
import { StoreError } from './errors.ts';
import { KeyvStore } from './keyv-store.ts';
import { type OpenOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import type { Store } from './store.ts';

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
  const engine = await openEngine(target, resolveOptions(options));
  const store = new KeyvStore(engine);
  try {
    await store.checkFormat();
  } catch (error) {
    await store.close().catch(() => {});
    throw error;
  }
  return store;
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

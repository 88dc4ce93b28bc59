/** `sqlite://<path>`: Keyv's SQLite adapter, for one process. */
import { Keyv, type KeyvEntry } from 'keyv';
import type { Engine } from '../engine.ts';
import { StoreError, wrap } from '../errors.ts';
import { processLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { newKeyv } from './new-keyv.ts';
import { loadOptional } from './optional.ts';

/** How long a statement waits for another process that is writing, in ms. */
const BUSY_TIMEOUT_MS = 5000;

export async function openSqlite(target: string, options: ResolvedOptions): Promise<Engine> {
  const path = target.replace(/^sqlite:(\/\/)?/, '');
  if (path === '') throw new StoreError('bad_target', target, 'names no file, as in sqlite://rethread.db');
  const packages = ['@keyv/sqlite'];
  const { KeyvSqlite } = await loadOptional(
    'sqlite://',
    packages,
    '@keyv/sqlite',
    () => import('@keyv/sqlite'),
  );

  /** With one statement for many rows, which is atomic and waits for the disk once; Keyv would send one for each. */
  class Sqlite extends KeyvSqlite {
    async setMany(entries: KeyvEntry[]): Promise<void> {
      const rows = JSON.stringify(entries.map(({ key, value }) => [key, value]));
      await this.query(
        `INSERT INTO ${this.opts.table} (key, value)
         SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
         ON CONFLICT(key) DO UPDATE SET value=excluded.value`,
        rows,
      );
    }
  }

  const adapter = new Sqlite({
    uri: `sqlite://${path}`,
    table: options.namespace,
    busyTimeout: BUSY_TIMEOUT_MS,
  });
  const keyv = newKeyv(Keyv, adapter);
  try {
    // readers don't wait for the writer, and a commit costs one synchronization of the disk instead of several
    await adapter.query('PRAGMA journal_mode = WAL');
  } catch (error) {
    throw wrap('unreachable', target, 'cannot open the database', error);
  }
  return {
    kind: 'sqlite',
    target,
    keyv,
    atomic: true,
    keyPrefix: '',
    locks: processLocks(path === ':memory:' ? adapter : `sqlite:${path}:${options.namespace}`),
    close: () => adapter.disconnect(),
  };
}

/** `postgres://…`: Keyv's PostgreSQL adapter over a pool of our own. */
import type { KeyvPostgres } from '@keyv/postgres';
import { Keyv, type KeyvEntry } from 'keyv';
import type { Pool } from 'pg';
import type { Engine } from '../engine.ts';
import { StoreError, wrap } from '../errors.ts';
import { processLocks } from '../locks.ts';
import type { ResolvedOptions } from '../options.ts';
import { locksFor } from './locks-for.ts';
import { newKeyv } from './new-keyv.ts';
import { loadOptional } from './optional.ts';

const CONNECT_TIMEOUT_MS = 5000;

const PACKAGES = ['@keyv/postgres', 'pg'];

export async function openPostgres(target: string, options: ResolvedOptions): Promise<Engine> {
  if (!URL.canParse(target)) {
    throw new StoreError('bad_target', target, 'not a valid URL, as in postgres://user@host:5432/database');
  }
  const pool = await openPool(target);
  const { KeyvPostgres } = await load('@keyv/postgres', () => import('@keyv/postgres'));

  class Postgres extends KeyvPostgres {
    /**
     * The adapter's own pool is one per program: closing one store ends it for all others. And nobody listens to
     * its errors, so a restart of the server ends the program. (Called by the adapter's constructor.)
     */
    override async connect() {
      return async (sql: string, values?: unknown[]) => (await pool.query(sql, values)).rows;
    }

    /** Rows in the order of their keys, lest two batches that share rows wait for each other. */
    override async setMany(entries: KeyvEntry[]): Promise<void> {
      await super.setMany(entries.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
    }

    override async disconnect(): Promise<void> {
      await pool.end();
    }
  }

  const adapter = new Postgres({ uri: target, table: options.namespace });
  try {
    await mustHaveTable(adapter, target);
    const { pathname, host } = new URL(target);
    const own = processLocks(`postgres:${host}${pathname}:${options.namespace}`);
    const locks = await locksFor(own, options);
    const close = async () => {
      await locks.close();
      await adapter.disconnect();
    };
    return {
      kind: 'postgres',
      target,
      keyv: newKeyv(Keyv, adapter),
      atomic: true,
      keyPrefix: '',
      locks,
      close,
    };
  } catch (error) {
    await adapter.disconnect();
    throw error;
  }
}

async function openPool(target: string): Promise<Pool> {
  const { default: pg } = await load('pg', () => import('pg'));
  const pool = new pg.Pool({
    connectionString: target,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // an idle connection was cut; the pool makes a new one when one is needed
  pool.on('error', () => {});
  try {
    await pool.query('SELECT 1');
    return pool;
  } catch (error) {
    await pool.end().catch(() => {});
    throw wrap('unreachable', target, 'cannot connect to the database', error);
  }
}

function load<T>(name: string, load: () => Promise<T>): Promise<T> {
  return loadOptional('postgres://', PACKAGES, name, load);
}

/**
 * The adapter creates its table by itself, and keeps quiet when it can't: it may lack the right to, and the table be
 * there all the same.
 */
async function mustHaveTable(adapter: KeyvPostgres, target: string): Promise<void> {
  let refusal: unknown;
  adapter.once('error', (error) => {
    refusal = error;
  });
  try {
    await adapter.has('');
  } catch (error) {
    throw wrap('unreachable', target, 'cannot create a table for the data', refusal ?? error);
  }
}

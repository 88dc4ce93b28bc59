import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterAll, describe, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { storeSuite } from '../../src/store/suite.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { dropKeys, dropTable } from './helpers/clean.ts';

// every test has a store and a corner of its own
const api = { describe: describe.concurrent, it };
const directory = await mkdtemp(join(tmpdir(), 'rethread-suite-'));
const namespace = `suite_${process.pid}`;

afterAll(() => rm(directory, { recursive: true }));

storeSuite({ name: 'memory:', make: () => openStore('memory:'), api });
storeSuite({ name: 'file:', make: () => openStore(`file:${directory}/lmdb`), shared: true, api });
storeSuite({ name: 'sqlite://', make: () => openStore(`sqlite://${directory}/data.db`), shared: true, api });

describeWith(redis, 'with Redis', () => {
  storeSuite({ name: 'redis://', make: () => openStore(redis.url, { namespace }), shared: true, api });
  afterAll(() => dropKeys(redis.url, namespace));
});

describeWith(postgres, 'with PostgreSQL', () => {
  storeSuite({ name: 'postgres://', make: () => openStore(postgres.url, { namespace }), shared: true, api });
  afterAll(() => dropTable(postgres.url, namespace));
});

describe('Keyv instances that users bring', () => {
  storeSuite({ name: 'a Keyv over a Map', make: () => openStore(new Keyv()), api });
  storeSuite({
    name: 'a Keyv with a default time to live, without serialization',
    make: () =>
      openStore(new Keyv({ ttl: 1, namespace: 'mine', serialize: undefined, deserialize: undefined })),
    api,
  });
});

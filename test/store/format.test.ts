import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterAll, describe, expect, it } from 'vitest';
import { FORMAT_VERSION, seal, unseal } from '../../src/store/format.ts';
import { KeyvLmdb } from '../../src/store/lmdb.ts';
import { LmdbGate } from '../../src/store/lmdb-gate.ts';
import { openLog } from '../../src/store/log.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

interface Fixture {
  stored: [key: string, value: unknown][];
  values: [scopes: string[], key: string, value: unknown][];
  logs: { scopes: string[]; name: string; ids: string[] }[];
}

const fixtures = new URL('../../fixtures/store/', import.meta.url);
const directory = await mkdtemp(join(tmpdir(), 'rethread-format-'));

afterAll(() => rm(directory, { recursive: true }));

const files = (await readdir(fixtures, { recursive: true })).filter((file) => file.endsWith('.json')).sort();

async function load(file: string): Promise<Fixture> {
  return JSON.parse(await readFile(new URL(file, fixtures), 'utf8'));
}

function within(store: Store, scopes: string[]): Store {
  return scopes.reduce((outer, scope) => outer.scoped(scope), store);
}

/** Works on the strings that a file store really holds. */
async function withRaw(target: string, work: (adapter: KeyvLmdb) => Promise<void>): Promise<void> {
  const path = target.slice('file:'.length);
  const gate = await LmdbGate.join(path);
  const adapter = await KeyvLmdb.open(join(path, 'data.mdb'), gate);
  await work(adapter);
  await adapter.disconnect();
  await gate.leave();
}

/** A file store in which an earlier rethread has left these values. */
async function leftBehind(name: string, stored: Fixture['stored']): Promise<string> {
  const target = `file:${join(directory, name)}`;
  await (await openStore(target)).close();
  await withRaw(target, (adapter) =>
    adapter.setMany(stored.map(([key, value]) => ({ key, value: JSON.stringify(value) }))),
  );
  return target;
}

/** What an engine holds after these steps. */
async function heldAfter(steps: (store: Store) => Promise<void>): Promise<Map<string, unknown>> {
  const map = new Map<string, string>();
  const store = await openStore(
    new Keyv({ store: map, useKeyPrefix: false, serialize: JSON.stringify, deserialize: JSON.parse }),
  );
  await steps(store);
  return new Map([...map].map(([key, text]) => [key.replace('rethread/', ''), JSON.parse(text)]));
}

describe.each(files)('the stored values of fixtures/store/%s', (file) => {
  it('read as what they were written as', async () => {
    const { stored, values, logs } = await load(file);
    const store = await openStore(await leftBehind(file, stored));
    for (const [scopes, key, value] of values) {
      expect(await within(store, scopes).get(key)).toEqual(value);
    }
    for (const { scopes, name, ids } of logs) {
      const log = openLog(within(store, scopes), name);
      expect(await log.all()).toEqual(ids);
      expect(await log.list({ order: 'desc', limit: 100 })).toEqual({
        ids: ids.toReversed(),
        hasMore: false,
      });
    }
    await store.close();
  });

  it('can be added to', async () => {
    const { stored, logs } = await load(file);
    const store = await openStore(await leftBehind(`${file}-more`, stored));
    for (const { scopes, name, ids } of logs) {
      const scope = within(store, scopes);
      const log = openLog(scope, name);
      await scope.setMany((await log.append(['msg_new'])).writes);
      expect(await log.all()).toEqual([...ids, 'msg_new']);
    }
    await store.close();
  });

  it.runIf(file.startsWith(`v${FORMAT_VERSION}/`))('are what this rethread writes, key by key', async () => {
    const { stored, values } = await load(file);
    const expected = new Map(stored);
    const held = await heldAfter(async (store) => {
      for (const [scopes, key, value] of values) await within(store, scopes).set(key, value);
    });
    for (const [key, value] of held) expect([key, expected.get(key)]).toEqual([key, value]);
  });
});

it('there is a corpus for every format from the first to the present', () => {
  for (let version = 1; version <= FORMAT_VERSION; version++) {
    expect(files.some((file) => file.startsWith(`v${version}/`))).toBe(true);
  }
});

it('a value of an older format takes every upgrade from its own version on', () => {
  const format = {
    version: 3,
    upgrades: { 1: (data: unknown) => [data, 'from 1'], 2: (data: unknown) => [data, 'from 2'] },
  };
  const read = (v: number) => unseal({ v, d: 'data' }, 'key', 'memory:', format);
  expect(read(1)).toEqual([['data', 'from 1'], 'from 2']);
  expect(read(2)).toEqual(['data', 'from 2']);
  expect(read(3)).toEqual('data');
  expect(() => read(4)).toThrow('format 4');
  expect(unseal(seal('data'), 'key', 'memory:')).toBe('data');
});

describe('keys that a serializer takes for methods', () => {
  const value = { toJSON: 'a', '~toJSON': [{ toJSON: { toJSON: 1 } }], toJSONs: null };

  it('read back as they were, through Keyv’s own serializer and through JSON', async () => {
    for (const keyv of [new Keyv(), new Keyv({ serialize: JSON.stringify, deserialize: JSON.parse })]) {
      const store = await openStore(keyv);
      await store.setMany([
        ['one', value],
        ['two', [value, 'plain']],
      ]);
      expect(await store.getMany(['one', 'two'])).toEqual([value, [value, 'plain']]);
      expect(await store.get('one')).toEqual(value);
    }
  });

  it('are marked where they are renamed, and nothing else is', () => {
    expect(seal({ toJSON: 'a' }, true)).toEqual({ v: FORMAT_VERSION, d: { '~toJSON': 'a' }, e: 1 });
    expect(seal({ '~toJSON': 'a' }, true)).toEqual({ v: FORMAT_VERSION, d: { '~~toJSON': 'a' }, e: 1 });
    expect(seal({ '~toJSON': 'a' })).toEqual({ v: FORMAT_VERSION, d: { '~toJSON': 'a' } });
    expect(seal({ to: [{ JSON: 'a' }] }, true)).toEqual({ v: FORMAT_VERSION, d: { to: [{ JSON: 'a' }] } });
  });
});

describe('data of a newer rethread', () => {
  const newer = { value: { v: FORMAT_VERSION + 1, d: { from: 'the future' } } };

  it('close the whole store, with an error that says what to do', async () => {
    const target = await leftBehind('newer store', [['!format', newer]]);
    const error: unknown = await openStore(target).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'StoreError', code: 'newer_format' });
    expect(String(error)).toMatch(/format 2.*newer rethread: install that version or later/);
  });

  it('are an error where they are read, and stay as they are', async () => {
    const target = await leftBehind('newer value', [
      ['key', newer],
      ['head:log', newer],
    ]);
    const store = await openStore(target);
    const refused = { name: 'StoreError', code: 'newer_format' };
    await expect(store.get('key')).rejects.toMatchObject(refused);
    await expect(store.getMany(['other', 'key'])).rejects.toMatchObject(refused);
    await expect(openLog(store, 'log').append(['id'])).rejects.toMatchObject(refused);
    await expect(openLog(store, 'log').remove('id', 0)).rejects.toMatchObject(refused);
    await store.close();

    await withRaw(target, async (adapter) => {
      expect(await adapter.getMany(['key', 'head:log'])).toEqual([
        JSON.stringify(newer),
        JSON.stringify(newer),
      ]);
    });
  });
});

it('a value that rethread never wrote is an error, not a value', async () => {
  const keyv = new Keyv();
  const store = await openStore(keyv);
  for (const stranger of ['text', 7, { d: 1 }, [], { v: 'one' }, { v: 0, d: 1 }]) {
    await keyv.set('rethread/key', stranger);
    await expect(store.get('key')).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
  }
});

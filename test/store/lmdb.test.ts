import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyvLmdb } from '../../src/store/lmdb.ts';
import { LmdbGate } from '../../src/store/lmdb-gate.ts';

const directory = await mkdtemp(join(tmpdir(), 'rethread-lmdb-'));
let files = 0;
let adapter: KeyvLmdb;
let survives: 'process' | 'machine' = 'process';

const gate = await LmdbGate.join(directory);

beforeEach(async () => {
  adapter = await KeyvLmdb.open(join(directory, `${files++}.mdb`), gate, survives);
});

afterEach(() => adapter.disconnect());

afterAll(async () => {
  await gate.leave();
  await rm(directory, { recursive: true });
});

async function contents(namespace?: string): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for await (const entry of adapter.iterator(namespace)) entries.push(entry);
  return entries;
}

describe.each(['process', 'machine'] as const)('the lmdb adapter whose writes survive the %s', (which) => {
  beforeAll(() => {
    survives = which;
  });

  it('does what Keyv asks of an adapter, namespaces included', async () => {
    const [one, other] = ['one', 'other'].map((namespace) => new Keyv({ store: adapter, namespace }));
    if (!one || !other) throw new Error('unreachable');
    await one.set('key', { a: 1 });
    await one.setMany([
      { key: 'b', value: 2 },
      { key: 'c', value: null },
    ]);
    await other.set('key', 'theirs');
    expect(await one.get(['key', 'b', 'c', 'd'])).toEqual([{ a: 1 }, 2, null, undefined]);
    expect(await one.has('key')).toBe(true);
    expect(await one.has(['key', 'd'])).toEqual([true, false]);
    expect(await one.delete('b')).toBe(true);
    expect(await one.delete('b')).toBe(false);
    expect(await one.delete(['c', 'd'])).toBe(true);
    expect(await one.delete(['c', 'd'])).toBe(false);
    await one.set('short-lived', 1, 1);
    await expect.poll(() => one.get('short-lived')).toBeUndefined();

    adapter.namespace = 'one';
    await adapter.clear();
    expect(await one.get('key')).toBeUndefined();
    expect(await other.get('key')).toBe('theirs');
  });

  it('iterates in the order of the keys, over a namespace or over all', async () => {
    await adapter.setMany([
      { key: 'b:2', value: '2' },
      { key: 'a:1', value: '1' },
      { key: 'ab:3', value: '3' },
      { key: 'b:1', value: '4' },
    ]);
    expect((await contents()).map(([key]) => key)).toEqual(['a:1', 'ab:3', 'b:1', 'b:2']);
    expect(await contents('b')).toEqual([
      ['b:1', '4'],
      ['b:2', '2'],
    ]);
    expect(await contents('nobody')).toEqual([]);
  });

  it('clears everything when it has no namespace', async () => {
    await adapter.set('a', '1');
    await adapter.clear();
    expect(await contents()).toEqual([]);
  });

  it('writes all of a batch or nothing', async () => {
    await adapter.set('a', 'before');
    for (const bad of [
      { key: 'x'.repeat(2000), value: 'v' },
      { key: 'nul\0', value: 'v' },
      { key: '', value: 'v' },
      { key: 'b', value: { not: 'a string' } },
    ]) {
      await expect(adapter.setMany([{ key: 'a', value: 'after' }, bad])).rejects.toThrow();
    }
    expect(await contents()).toEqual([['a', 'before']]);
  });

  it('takes keys of up to 1976 bytes', async () => {
    const longest = `${'漢'.repeat(658)}xx`;
    expect(new TextEncoder().encode(longest)).toHaveLength(1976);
    await adapter.set(longest, 'value');
    expect(await adapter.get(longest)).toBe('value');
    await expect(adapter.get(`${longest}x`)).rejects.toThrow('1976 bytes');
  });

  it('acknowledges a write when it can be read, and not before', async () => {
    const write = async (worker: number) => {
      for (let round = 0; round < 30; round++) {
        await adapter.set(`key ${worker}`, `${round}`);
        expect(await adapter.get(`key ${worker}`)).toBe(`${round}`);
      }
    };
    await Promise.all(Array.from({ length: 5 }, (_, worker) => write(worker)));
  });

  it('keeps a hundred concurrent batches apart', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        adapter.setMany(['a', 'b', 'c'].map((key) => ({ key, value: String(i) }))),
      ),
    );
    const values = await adapter.getMany(['a', 'b', 'c']);
    expect(new Set(values).size).toBe(1);
  });

  it('rejects after it was disconnected', async () => {
    const other = await KeyvLmdb.open(join(directory, `${files++}.mdb`), gate);
    await other.disconnect();
    await expect(other.get('a')).rejects.toThrow();
    await expect(other.set('a', '1')).rejects.toThrow();
  });
});

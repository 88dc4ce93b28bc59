/** Values go in and come out. */
import assert from 'node:assert/strict';
import { type Check, sleep } from './harness.ts';

export const valueChecks: Check[] = [
  {
    name: 'a value reads back as it was written',
    async run(store) {
      const value = {
        text: 'a',
        list: [1, 2.5, -0.001, 1e21, { deep: [[]] }],
        yes: true,
        nothing: null,
        empty: {},
      };
      await store.set('key', value);
      assert.deepEqual(await store.get('key'), value);
    },
  },
  {
    name: 'a key that was never written, or was deleted, reads as undefined',
    async run(store) {
      await store.setMany([
        ['gone', 1],
        ['stays', 2],
      ]);
      await store.delete(['gone', 'never']);
      assert.equal(await store.get('never'), undefined);
      assert.equal(await store.get('gone'), undefined);
      assert.equal(await store.get('stays'), 2);
      assert.deepEqual(await store.getMany(['never', 'gone']), [undefined, undefined]);
    },
  },
  {
    name: 'null, false, 0 and the empty string are values; undefined is none',
    async run(store) {
      const values = [null, false, 0, '', [], {}];
      await store.setMany(values.map((value, i) => [`key ${i}`, value]));
      assert.deepEqual(await store.getMany(values.map((_, i) => `key ${i}`)), values);
      await store.set('key 0', undefined);
      assert.equal(await store.get('key 0'), undefined);
    },
  },
  {
    name: 'a value stays until it is deleted',
    async run(store) {
      await store.set('one', 1);
      await store.setMany([
        ['two', 2],
        ['three', 3],
      ]);
      await sleep(120);
      assert.deepEqual(await store.getMany(['one', 'two', 'three']), [1, 2, 3]);
    },
  },
  {
    name: 'a later write replaces an earlier one, also within a batch',
    async run(store) {
      await store.set('a', { old: true });
      await store.setMany([
        ['a', 1],
        ['b', 1],
        ['a', 2],
      ]);
      assert.deepEqual(await store.getMany(['a', 'b']), [2, 1]);
    },
  },
  {
    name: 'getMany answers in the order of its keys, with undefined in the gaps',
    async run(store) {
      await store.setMany([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]);
      assert.deepEqual(await store.getMany(['c', 'x', 'a', 'c', 'b']), [3, undefined, 1, 3, 2]);
      assert.deepEqual(await store.getMany([]), []);
    },
  },
  {
    name: 'text comes back unchanged, whatever is in it',
    async run(store) {
      const texts = [
        'Ünïcödé, 漢字, العربية, 👩‍👩‍👧‍👦',
        'NUL \0, bell \x07, delete \x7f, line separators \u2028\u2029\r\n',
        'half a surrogate pair \ud83d and the other half \udc00',
        ':base64:aGVsbG8=',
        ':a colon at the start',
        '{"value":"json","expires":1}',
        "'; DROP TABLE rethread; --",
      ];
      const asKeys = Object.fromEntries(texts.map((text) => [text, text]));
      const awkward = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}');
      await store.setMany([
        ['texts', texts],
        ['as keys', asKeys],
        ['awkward', awkward],
      ]);
      assert.deepEqual(await store.get('texts'), texts);
      assert.deepEqual(await store.get('as keys'), asKeys);
      assert.equal(JSON.stringify(await store.get('awkward')), JSON.stringify(awkward));
    },
  },
  {
    name: 'two different keys are never the same, however alike or odd they are',
    async run(store) {
      const long = 'k'.repeat(10_000);
      const keys = [
        'a',
        'A',
        'ä',
        'a\u0308',
        'a ',
        ' a',
        'a\n',
        'a\0',
        'a\0b',
        'a%',
        'a_',
        'a*',
        'a?',
        '[a]',
        '\\a',
      ];
      keys.push(
        '',
        ':',
        'a:',
        ':a',
        'a::b',
        'a:b',
        'a/b',
        '@a/b',
        '#a',
        '!format',
        '__proto__',
        '\ud83d',
        '\udc00',
      );
      keys.push(
        long,
        `${long}1`,
        `${long}2`,
        'x'.repeat(200),
        'x'.repeat(201),
        '漢'.repeat(150),
        '漢'.repeat(151),
      );
      await store.setMany(keys.map((key, i) => [key, i]));
      assert.deepEqual(
        await store.getMany(keys),
        keys.map((_, i) => i),
      );
      for (const [i, key] of keys.entries()) assert.equal(await store.get(key), i);
    },
  },
  {
    name: 'a value of several megabytes is kept whole',
    async run(store) {
      const large = {
        text: 'Lorem ipsum — dolor. '.repeat(150_000),
        list: Array.from({ length: 50_000 }, (_, i) => i),
      };
      await store.setMany([
        ['large', large],
        ['small', 'neighbour'],
      ]);
      assert.deepEqual(await store.get('large'), large);
      assert.equal(await store.get('small'), 'neighbour');
    },
  },
  {
    name: 'two thousand keys are written, read and deleted together',
    async run(store) {
      const keys = Array.from({ length: 2000 }, (_, i) => `key ${i}`);
      await store.setMany(keys.map((key, i) => [key, { i, key }]));
      assert.deepEqual(
        await store.getMany(keys),
        keys.map((key, i) => ({ i, key })),
      );
      await store.delete(keys.slice(0, 1999));
      assert.deepEqual(await store.getMany([keys[0] ?? '', keys[1998] ?? '', keys[1999] ?? '']), [
        undefined,
        undefined,
        { i: 1999, key: 'key 1999' },
      ]);
    },
  },
  {
    name: 'what a caller does to an object does not reach the stored one',
    async run(store) {
      const mine = { list: [1] };
      await store.set('a', mine);
      await store.setMany([['b', mine]]);
      mine.list.push(2);
      const read = await store.get<{ list: number[] }>('a');
      read?.list.push(3);
      assert.deepEqual(await store.getMany(['a', 'b']), [{ list: [1] }, { list: [1] }]);
    },
  },
  {
    name: 'scopes do not see each other, whatever their names are',
    async run(store) {
      const names = ['a', 'b', 'a/b', '@a', 'a/@b', '%', '', 'x'.repeat(300), '漢', '\ud83d'];
      const scopes = [...names.map((name) => store.scoped(name)), store, store.scoped('a').scoped('b')];
      const keys = ['key', 'b/key', '@b/key', 'x'.repeat(199)];
      for (const [i, scope] of scopes.entries()) await scope.setMany(keys.map((key) => [key, `${i} ${key}`]));
      for (const [i, scope] of scopes.entries()) {
        assert.deepEqual(
          await scope.getMany(keys),
          keys.map((key) => `${i} ${key}`),
        );
      }
      await store.scoped('a').delete(keys);
      assert.equal(await store.get('key'), `${names.length} key`);
      assert.equal(await store.scoped('a').get('key'), undefined);
    },
  },
  {
    name: 'a value that is no JSON is refused, and what was there stays',
    async run(store) {
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      await store.set('key', 'before');
      await assert.rejects(store.set('key', circular), { name: 'StoreError', code: 'failed' });
      await assert.rejects(store.setMany([['key', 1n]]), { name: 'StoreError', code: 'failed' });
      assert.equal(await store.get('key'), 'before');
    },
  },
];

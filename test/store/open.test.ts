import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { inspect, promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { redact, type StoreError, wrap } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';

const directory = await mkdtemp(join(tmpdir(), 'rethread-open-'));

afterAll(() => rm(directory, { recursive: true }));

async function refusal(target: unknown, options = {}): Promise<StoreError> {
  const error: unknown = await openStore(target as string, options).catch((reason) => reason);
  expect(error).toMatchObject({ name: 'StoreError' });
  return error as StoreError;
}

describe('the address of a store', () => {
  it.each([
    ['memory:', 'memory', 'process'],
    [`file:${directory}/a`, 'file', 'host'],
    [`file://${directory}/a`, 'file', 'host'],
    [`file:${relative(process.cwd(), directory)}/a`, 'file', 'host'],
    [`sqlite://${directory}/a.db`, 'sqlite', 'process'],
  ])('%s opens %s, whose locks reach the %s', async (target, kind, reach) => {
    const store = await openStore(target);
    expect({ kind: store.kind, reach: store.reach }).toEqual({ kind, reach });
    expect(store.scoped('tenant')).toMatchObject({ kind, reach });
    await store.set('key', 1);
    expect(await store.get('key')).toBe(1);
    await store.close();
  });

  it('file:<directory>?sync=disk opens that directory, and says so when the query means nothing', async () => {
    const store = await openStore(`file:${directory}/on-disk?sync=disk`);
    await store.set('key', 1);
    await store.close();
    expect(await readdir(join(directory, 'on-disk'))).toContain('data.mdb');
    const error = await refusal(`file:${directory}/other?sync=always`);
    expect(error).toMatchObject({ code: 'bad_target', message: expect.stringContaining('?sync=disk') });
    expect(await readdir(directory)).not.toContain('other');
  });

  it.each(['', 'nonsense', 'http://example.com', 'mongodb://localhost', 'FILE:x'])(
    '"%s" is refused with the addresses that there are',
    async (target) => {
      const error = await refusal(target);
      expect(error.code).toBe('bad_target');
      expect(error.message).toContain('file:<directory>, memory:, sqlite://<path>, redis://<host>');
    },
  );

  it.each(['file:', 'sqlite://', 'redis://host:port', 'postgres://host:port/db'])(
    '%s is refused with an example of a good one',
    async (target) => {
      const error = await refusal(target);
      expect(error.code).toBe('bad_target');
      expect(error.message).toMatch(/, as in \w+:/);
    },
  );

  it.each([null, undefined, 7, {}, { get() {} }])('%s is no Keyv either', async (target) => {
    expect(await refusal(target)).toMatchObject({ code: 'bad_target' });
  });

  it.each(['', 'Upper', 'a b', 'a"b', '1a', 'x'.repeat(50)])('takes no namespace "%s"', async (namespace) => {
    expect(await refusal('memory:', { namespace })).toMatchObject({ code: 'bad_target' });
  });
});

describe('the directory of a file store', () => {
  it('is made, for its owner only and with its own .gitignore', async () => {
    const path = join(directory, 'made', 'for', 'me');
    await (await openStore(`file:${path}`)).close();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('keeps the .gitignore of a directory that was there before', async () => {
    const path = await mkdtemp(join(directory, 'existing-'));
    await (await openStore(`file:${path}`)).close();
    expect(await readdir(path)).not.toContain('.gitignore');
  });

  it('is an error with its name when it can not be made', async () => {
    await writeFile(join(directory, 'plain file'), '');
    for (const path of ['plain file', 'plain file/below']) {
      const target = `file:${join(directory, path)}`;
      const error = await refusal(target);
      expect(error).toMatchObject({ code: 'unreachable', target });
      expect(error.message).toContain(target);
    }
  });

  it.each(['text', 'binary', 'short'])(
    'is refused, not crashed over, when its data file is %s',
    async (kind) => {
      const path = await mkdtemp(join(directory, 'foreign-'));
      const content =
        kind === 'short' ? Buffer.alloc(3) : Buffer.alloc(50_000, kind === 'text' ? 'text\n' : 7);
      await writeFile(join(path, 'data.mdb'), content);
      const error = await refusal(`file:${path}`);
      expect(error).toMatchObject({ code: 'damaged' });
      expect(error.message).toContain('data.mdb is not an lmdb file; it was left as it is');
      expect(await readFile(join(path, 'data.mdb'))).toEqual(content);
    },
  );

  it('loses the lock files of earlier boots, and nothing else', async () => {
    const path = await mkdtemp(join(directory, 'boots-'));
    await writeFile(join(path, 'locks-00000000.mdb'), 'of another boot');
    await writeFile(join(path, 'locks-00000000.mdb-lock'), '');
    await writeFile(join(path, 'notes.txt'), '');
    const store = await openStore(`file:${path}`);
    await store.lock('name', async () => {});
    await store.close();
    const files = await readdir(path);
    expect(files).toContain('notes.txt');
    expect(files.filter((file) => file.startsWith('locks-00000000'))).toEqual([]);
  });
});

describe('the file of an SQLite store', () => {
  it('is an error with its name when it can not be opened, or is something else', async () => {
    await writeFile(join(directory, 'no.db'), 'not a database, but long enough to be looked at'.repeat(50));
    for (const path of ['nowhere/a.db', 'no.db']) {
      const target = `sqlite://${join(directory, path)}`;
      expect(await refusal(target)).toMatchObject({ code: 'unreachable', target });
    }
  });
});

describe('a password', () => {
  it('is in no error, however deep one looks into it', async () => {
    for (const target of [
      'redis://:s3cr%C3%A9t-word@127.0.0.1:1',
      'redis://user:s3cr%C3%A9t-word@no-such-host.invalid',
      'redis://:s3cr%C3%A9t-word@:port',
      'postgres://user:s3cr%C3%A9t-word@127.0.0.1:1/db',
      'postgres://127.0.0.1:1/db?user=me&password=s3cr%C3%A9t-word',
      'unknown://user:s3cr%C3%A9t-word@host',
    ]) {
      const error = await refusal(target);
      const everything =
        inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + error.stack;
      expect(everything).not.toMatch(/s3cr(%C3%A9|é)t-word/);
    }
  });

  it('is taken out of what a client library says', () => {
    const target = 'redis://user:s3cr%C3%A9t-word@host:6379/0?password=other-word';
    const theirs = Object.assign(new Error(`AUTH user s3crét-word (other-word) failed for ${target}`), {
      command: { name: 'auth', args: ['s3crét-word'] },
      code: 'WRONGPASS',
    });
    const error = wrap('unreachable', target, 'cannot connect', theirs);
    expect(inspect(error, { depth: 10 })).not.toMatch(/s3cr|other-word/);
    expect(error.message).toBe(
      'rethread store redis://user:***@host:6379/0: cannot connect: ' +
        'AUTH user *** (***) failed for redis://user:***@host:6379/0',
    );
    expect(error.cause).toMatchObject({ code: 'WRONGPASS' });
  });

  it.each([
    ['redis://host:6379/0', 'redis://host:6379/0'],
    ['redis://user@host', 'redis://user@host'],
    ['redis://:pw@host', 'redis://:***@host'],
    ['redis://user:p@ss:w/rd@host:1/2', 'redis://user:***@host:1/2'],
    ['postgres://u:pw@host/db?password=pw#x', 'postgres://u:***@host/db'],
    ['file:/a/b?c', 'file:/a/b?c'],
    ['memory:', 'memory:'],
  ])('makes %s be shown as %s', (target, shown) => {
    expect(redact(target)).toBe(shown);
  });
});

describe('an optional package that is not installed', () => {
  it('is an error that gives the command to install it', async () => {
    const open = new URL('../../src/store/open.ts', import.meta.url).href;
    const resolve = `export async function resolve(name, context, next) {
      if (!/^(@keyv.(redis|postgres|sqlite)|ioredis|pg)$/.test(name)) return next(name, context);
      throw Object.assign(new Error("Cannot find package '" + name + "' imported from elsewhere"), {
        code: 'ERR_MODULE_NOT_FOUND',
      });
    }`;
    const program = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(resolve)}));
      const { openStore } = await import(${JSON.stringify(open)});
      for (const target of ['redis://host', 'postgres://host/db', 'sqlite://a.db']) {
        await openStore(target).catch((error) => console.log(error.code + ' ' + error.message));
      }`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '--eval'],
      program,
    ]);
    expect(stdout.trim().split('\n')).toEqual([
      'missing_package The redis:// store needs @keyv/redis and ioredis: npm install @keyv/redis ioredis',
      'missing_package The postgres:// store needs @keyv/postgres and pg: npm install @keyv/postgres pg',
      'missing_package The sqlite:// store needs @keyv/sqlite: npm install @keyv/sqlite',
    ]);
  });
});

describe('importing the storage layer', () => {
  it('loads nothing that is native or for Node only, until a store is opened', async () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = async (file: URL): Promise<void> => {
      if (seen.has(file.href)) return;
      seen.add(file.href);
      const source = await readFile(file, 'utf8');
      for (const [, specifier = ''] of source.matchAll(
        /^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gms,
      )) {
        if (specifier.startsWith('.')) await visit(new URL(specifier, file));
        else packages.add(specifier);
      }
    };
    for (const entry of ['store', 'log', 'open']) {
      await visit(new URL(`../../src/store/${entry}.ts`, import.meta.url));
    }
    expect(seen.size).toBeGreaterThan(5);
    expect([...packages].toSorted()).toEqual(['@noble/hashes/sha2.js', '@noble/hashes/utils.js']);
  });
});

/** rethread holds to every check of its own suite, on every store, in process and over HTTP (issue 6). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Report, runSuite, type SuiteOptions } from '../../src/compat/index.ts';
import { describeWith, postgres, redis } from '../services.ts';
import { dropKeys } from '../store/helpers/clean.ts';
import { API_KEY, type Rethread, rethread, settings } from './rethread.ts';

/** Seconds on a machine that does nothing else; CI runs many files at once. */
vi.setConfig({ testTimeout: 120_000 });

let subject: Rethread | undefined;
let clean = async () => {};
afterEach(async () => {
  await subject?.close();
  await clean();
  clean = async () => {};
});

/** Every check applies to rethread, so one that does not is as bad as one that fails. */
function holds({ checks, claims, mode }: Report): void {
  expect(mode).toBe('scripted');
  expect(claims).toContain('auth');
  expect(
    checks
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ id, outcome, reason, failure }) => ({ id, outcome, reason, failure })),
  ).toEqual([]);
}

/** Both dialects, one after the other: they share what they are put to. */
async function holdsBoth(options: Pick<SuiteOptions, 'handler' | 'baseURL'>): Promise<void> {
  for (const dialect of ['openai', 'dashscope'] as const) {
    const { baseURL: usual, ...setting } = settings[dialect];
    const baseURL = options.baseURL?.replace(/\/v1$/, dialect === 'openai' ? '/v1' : '/api/v1') ?? usual;
    const own = dialect === 'openai' ? { skip: ['expiry'] } : {};
    holds(
      await runSuite({
        apiKey: API_KEY,
        concurrency: 16,
        ...setting,
        ...own,
        ...options,
        ...(baseURL && { baseURL }),
      }),
    );
  }
}

describe('rethread passes every check of both dialects', () => {
  it('in process, on the memory store, and leaves nothing behind', async () => {
    subject = rethread({ store: 'memory:' });
    const { handler } = subject;
    await holdsBoth({ handler });
    const left = async (path: string) => {
      const headers = { authorization: `Bearer ${API_KEY}`, 'openai-beta': 'assistants=v2' };
      const answer = await handler(new Request(`http://rethread.test/v1/${path}`, { headers }));
      return ((await answer.json()) as { data: unknown[] }).data;
    };
    expect(await left('assistants')).toEqual([]);
    expect(await left('threads')).toEqual([]);
    expect(await left('files')).toEqual([]);
    expect(await left('vector_stores')).toEqual([]);
  });

  it('and those of expiry, where runs expire after a second', async () => {
    subject = rethread({ store: 'memory:', runExpiry: 1 });
    const { handler } = subject;
    const report = await runSuite({ apiKey: API_KEY, handler, only: ['expiry'], expirySeconds: 1 });
    expect(report.checks.map(({ id, failure }) => [id, failure])).toEqual(
      report.checks.map(({ id }) => [id, undefined]),
    );
    expect(report.passed).toBe(report.checks.length);
  });

  it('over HTTP, on the file store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rethread-compat-'));
    clean = async () => rmSync(folder, { recursive: true, force: true });
    subject = rethread({ store: `file:${folder}` });
    await holdsBoth({ baseURL: await subject.listen() });
  });
});

describeWith(redis, 'rethread passes every check on Redis', () => {
  it('in process', async () => {
    // Another database than the one that other tests use: the store's namespace is fixed.
    const url = new URL(redis.url);
    url.pathname = `/${1 + (process.pid % 15)}`;
    clean = () => dropKeys(url.href, 'rethread');
    subject = rethread({ store: url.href });
    await holdsBoth({ handler: subject.handler });
  });
});

describeWith(postgres, 'rethread passes every check on PostgreSQL', () => {
  it('in process', async () => {
    const schema = `compat_${process.pid}`;
    await sql(`CREATE SCHEMA ${schema}`);
    clean = () => sql(`DROP SCHEMA ${schema} CASCADE`);
    const url = new URL(postgres.url);
    url.searchParams.set('options', `-c search_path=${schema}`);
    subject = rethread({ store: url.href });
    await holdsBoth({ handler: subject.handler });
  });
});

async function sql(text: string): Promise<void> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(text).finally(() => client.end());
}

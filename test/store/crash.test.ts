import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openLog } from '../../src/store/log.ts';
import { openStore } from '../../src/store/open.ts';

const directory = await mkdtemp(join(tmpdir(), 'rethread-crash-'));
const program = fileURLToPath(new URL('./helpers/appender.ts', import.meta.url));

afterAll(() => rm(directory, { recursive: true }));

class Appender {
  readonly #child: ChildProcess;
  readonly #end: Promise<string | number | null>;
  #output = '';

  constructor(target: string, prefix: string, count = 0) {
    const args = ['--import', 'tsx', program, target, 'log', prefix, String(count)];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk;
    });
    this.#end = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve(signal ?? code)));
  }

  /** The ids that it was told are stored. A line without an end was not finished. */
  get acknowledged(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  kill(): Promise<string | number | null> {
    this.#child.kill('SIGKILL');
    return this.#end;
  }

  /** The exit code, or the signal that ended it. */
  get end(): Promise<string | number | null> {
    return this.#end;
  }
}

/** What is in the log, after every listed id was found to have its record. */
async function listed(target: string): Promise<string[]> {
  const store = await openStore(target, { lockTtlMs: 500 });
  // whoever held the lock when it died must not keep it
  const ids = await store.lock('log', () => openLog(store, 'log').all());
  const records = await store.getMany<{ id: string; page: number }>(ids.map((id) => `record ${id}`));
  expect(records.map((record) => record?.id)).toEqual(ids);
  for (const [i, id] of ids.entries()) {
    if (i % 17 !== 0) continue;
    const after = { id, page: records[i]?.page ?? -1 };
    const { ids: rest } = await openLog(store, 'log').list({ order: 'asc', limit: 5, after });
    expect(rest).toEqual(ids.slice(i + 1, i + 6));
  }
  await store.close();
  return ids;
}

describe('a process that is killed in the middle of its writes', () => {
  it('leaves every id that it was told is stored, each with its record, and a store that goes on', async () => {
    const target = `file:${directory}/killed`;
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const appender = new Appender(target, `${round}/`);
      await expect.poll(() => appender.acknowledged.length, { timeout: 15_000 }).toBeGreaterThan(10);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      expect(await appender.kill()).toBe('SIGKILL');
      acknowledged.push(...appender.acknowledged);

      const ids = await listed(target);
      expect(new Set(ids).size).toBe(ids.length);
      expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
      // and at most those that were under way: four at a time
      expect(ids.length - acknowledged.length).toBeLessThanOrEqual(4 * (round + 1));
    }
  }, 60_000);
});

describe.concurrent('two processes that append to one log at the same time', () => {
  it('lose nothing, and see each other’s ids in one order', async () => {
    const target = `file:${directory}/shared`;
    const appenders = ['a', 'b'].map((prefix) => new Appender(target, prefix, 200));
    expect(await Promise.all(appenders.map((one) => one.end))).toEqual([0, 0]);
    const ids = await listed(target);
    const expected = ['a', 'b'].flatMap((prefix) => Array.from({ length: 200 }, (_, i) => `${prefix}${i}`));
    expect(ids.toSorted()).toEqual(expected.toSorted());
  }, 60_000);

  it('of which one is killed: the other goes on, and nothing acknowledged is lost', async () => {
    const target = `file:${directory}/one-killed`;
    const [victim, survivor] = [new Appender(target, 'victim '), new Appender(target, 'survivor ', 100)];
    await expect.poll(() => victim.acknowledged.length, { timeout: 15_000 }).toBeGreaterThan(10);
    await victim.kill();
    expect(await survivor.end).toBe(0);
    const ids = await listed(target);
    expect(survivor.acknowledged).toHaveLength(100);
    expect([...victim.acknowledged, ...survivor.acknowledged].filter((id) => !ids.includes(id))).toEqual([]);
  }, 60_000);
});

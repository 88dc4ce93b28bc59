/** What goes when a thread goes, what stays, and whose data are whose: `prune`, `retention`, `tenants`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, createSimulator, turn } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';
import { directory, rethread } from './cli.ts';
import { everything, filled, opened } from './world.ts';

const DAY_MS = 86_400_000;
afterEach(() => void vi.useRealTimers());

/** Goes on by so much; only clocks that are read stand still, timers run. */
function pass(ms: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(now + ms);
}

test('deleting a thread leaves nothing of it in the store (§2.8)', async () => {
  const data = new Map<string, unknown>();
  const at = opened(new Keyv({ store: data }));
  await at.beta.threads.delete((await at.beta.threads.create()).id);
  await at.beta.assistants.delete((await at.beta.assistants.create({ model: 'gpt-4o' })).id);
  const before = new Set(data.keys());
  const { long } = await filled(at, { messages: 230 });
  const { data: found } = await at.beta.threads.messages.list(long);
  for (const { id } of found.slice(5)) await at.beta.threads.messages.delete(id, { thread_id: long });
  const { threads, assistants } = await everything(at);
  const most = data.size;
  for (const { thread } of threads) await at.beta.threads.delete(thread.id);
  for (const { id } of assistants) await at.beta.assistants.delete(id);
  await at.close();
  expect(most).toBeGreaterThan(before.size + 230);
  // Places of runs in progress are a process's own.
  const left = [...data.keys()].filter(
    (key) => !before.has(key) && !/\/(active\/|process\/|head:processes)/.test(key),
  );
  expect(left).toEqual([]);
});

describe('rethread prune', () => {
  test('removes threads that were not used for so long; never one with an active run', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    const at = opened(store, { runExpiry: 100 * 86_400 });
    const { beta, simulator } = at;
    const FUNCTION = {
      type: 'function' as const,
      function: { name: 'f', parameters: { type: 'object', properties: {} } },
    };
    const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', tools: [FUNCTION] });
    const create = async (content = 'hi') =>
      (await beta.threads.create({ messages: [{ role: 'user', content }] })).id;
    const [idle, written, ran, changed, waiting] = [
      await create(),
      await create(),
      await create(),
      await create(),
      await create(),
    ];
    simulator.script(turn(callFunctions({ name: 'f', arguments: {} })));
    await beta.threads.runs.createAndPoll(waiting, { assistant_id });
    await at.close();
    pass(40 * DAY_MS);
    const later = opened(store, { runExpiry: 100 * 86_400 });
    await later.beta.threads.messages.create(written, { role: 'user', content: 'back' });
    await later.beta.threads.runs.createAndPoll(ran, { assistant_id });
    await later.beta.threads.update(changed, { metadata: { seen: 'yes' } });
    await later.close();

    const args = ['prune', '--older-than', '30d', '--store', store];
    const dry = await rethread(cwd, ...args, '--dry-run');
    expect(dry).toMatchObject({ code: 0, err: 'would remove 1 of 5 threads\n' });
    expect(dry.out).toMatch(new RegExp(`^${idle}  last used \\d{4}-\\d\\d-\\d\\dT`));
    expect(await rethread(cwd, ...args)).toEqual({ code: 0, out: '', err: 'removed 1 of 5 threads\n' });
    expect(await idsIn(store)).toEqual([written, ran, changed, waiting]);

    // The run that waits for its outputs expires on day 100 (§2.6): until then its thread is in use.
    pass(70 * DAY_MS);
    expect(await rethread(cwd, ...args)).toMatchObject({ err: 'removed 3 of 4 threads\n' });
    pass(30 * DAY_MS);
    expect(await rethread(cwd, ...args)).toMatchObject({ err: 'removed 1 of 1 threads\n' });
    expect(await idsIn(store)).toEqual([]);
  });

  test('a thread that was imported has been in use then, however old its messages', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    await writeFile(
      join(cwd, 'old.json'),
      JSON.stringify([{ id: 'thread_old', object: 'thread', created_at: 1_690_000_000 }]),
    );
    await rethread(cwd, 'import', '--store', store, 'old.json');
    const args = ['prune', '--older-than', '30d', '--store', store];
    expect((await rethread(cwd, ...args)).err).toBe('removed 0 of 1 threads\n');
    pass(31 * DAY_MS);
    expect((await rethread(cwd, ...args)).err).toBe('removed 1 of 1 threads\n');
  });

  test.each([
    [['prune'], "required option '--older-than <age>' not specified"],
    [
      ['prune', '--older-than', 'soon'],
      "--older-than: expected a span of time such as 30d, 12h or 45m, got 'soon'",
    ],
    [['tenants', 'move', 'a'], "missing required argument 'to'"],
    [['serve', '--retention', 'x'], '--retention: expected a span of time such as 30d, 12h or 45m'],
  ])('%j is told in one line, with exit code 2', async (args, problem) => {
    expect(await rethread(await directory(), ...args)).toEqual({
      code: 2,
      out: '',
      err: `error: ${problem}\n`,
    });
  });
});

test('retention: a handler removes idle threads by itself, also those of a gateway’s tenants', async () => {
  const cwd = await directory();
  const store = `file:${cwd}/store`;
  const at = opened(store);
  await at.beta.threads.create();
  await at.close();
  const gateway = () =>
    createGateway(
      {
        store,
        log: () => {},
        auth: 'keys',
        upstreamKey: 'sk-sim',
        tenants: { acme: { keys: ['a'] } },
        retention: '30d',
      },
      createSimulator().fetch as Fetch,
    );
  const call = async (to: ReturnType<typeof gateway>, method: string) =>
    (
      await to.fetch(
        new Request('http://gateway.test/v1/threads', {
          method,
          headers: { authorization: 'Bearer a', 'openai-beta': 'assistants=v2' },
        }),
      )
    ).json();
  const before = gateway();
  const { id } = await call(before, 'POST');
  expect((await call(before, 'GET')).data.map((one: { id: string }) => one.id)).toEqual([id]);
  await before.close(0);
  pass(31 * DAY_MS);
  const kept = createAssistants({ store });
  await kept.fetch(new Request('http://x/v1/threads', { headers: { 'openai-beta': 'assistants=v2' } }));
  await kept.close();
  expect(await idsIn(store)).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const after = gateway();
  await vi.waitFor(async () => expect((await call(after, 'GET')).data).toEqual([]), 10_000);
  await vi.waitFor(async () => expect(await idsIn(store)).toEqual([]), 10_000);
  await after.close(0);
});

describe('rethread tenants', () => {
  test('lists who has come in, and moves data from one to another and back', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    const dump = (id: string) => JSON.stringify([{ id, object: 'thread', created_at: 1 }]);
    await writeFile(join(cwd, 'a.json'), dump('thread_a'));
    await writeFile(join(cwd, 'b.json'), dump('thread_b'));
    await rethread(cwd, 'import', '--store', store, '--tenant', 'acme', 'a.json');
    await rethread(cwd, 'import', '--store', store, '--tenant', 'globex', 'b.json');
    const list = async () =>
      JSON.parse((await rethread(cwd, 'tenants', 'list', '--json', '--store', store)).out);
    const exported = async (tenant: string) =>
      (await rethread(cwd, 'export', '--store', store, '--tenant', tenant)).out.match(/thread_\w/g);

    expect(await rethread(cwd, 'tenants', 'move', 'acme', 'globex', '--store', store)).toMatchObject({
      code: 0,
      err: 'tenant:globex sees the data of tenant:acme\n',
    });
    expect(await list()).toMatchObject([
      { name: 'tenant:acme', threads: 1, data: 'tenant:acme' },
      { name: 'tenant:globex', threads: 1, data: 'tenant:acme' },
    ]);
    expect(await exported('globex')).toEqual(['thread_a']);
    await rethread(cwd, 'tenants', 'move', 'globex', 'globex', '--store', store);
    expect(await exported('globex')).toEqual(['thread_b']);
    const wrong = await rethread(cwd, 'tenants', 'move', 'nobody', 'acme', '--store', store);
    expect(wrong).toMatchObject({
      code: 2,
      err: "error: there is no tenant 'tenant:nobody' in this store; there are local, tenant:acme, tenant:globex\n",
    });
  });
});

/** Ids of all threads of a store, oldest first. */
async function idsIn(store: string): Promise<string[]> {
  const at = opened(store);
  const { threads } = await everything(at);
  await at.close();
  return threads.map(({ thread }) => thread.id);
}

/** `rethread export` and `rethread import`: nothing is lost, nothing doubled, and all stands in its order. */
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { describeWith, postgres, redis, type Service } from '../services.ts';
import { dropKeys, dropTable } from '../store/helpers/clean.ts';
import { directory, rethread } from './cli.ts';
import { listening } from './listening.ts';
import { everything, filled, opened } from './world.ts';

/** What an API answered, as a program has kept it. */
const thread = (id: string, created_at = 1_700_000_000) => ({
  id,
  object: 'thread',
  created_at,
  metadata: {},
  tool_resources: {},
});
const message = (id: string, thread_id: string, created_at: number, more: object = {}) => ({
  id,
  object: 'thread.message',
  created_at,
  assistant_id: null,
  thread_id,
  run_id: null,
  role: 'user',
  content: [{ type: 'text', text: { value: `text of ${id}`, annotations: [] } }],
  attachments: [],
  metadata: {},
  ...more,
});
const page = (data: object[]) => ({ object: 'list', data, first_id: '', last_id: '', has_more: false });

/** Imports dumps and gives the ids of a thread's messages, oldest first. */
async function importedOrder(threadId: string, ...dumps: (object | string)[]) {
  const cwd = await directory();
  for (const [at, dump] of dumps.entries()) {
    await writeFile(join(cwd, `${at}.json`), typeof dump === 'string' ? dump : JSON.stringify(dump));
    const said = await rethread(cwd, 'import', `${at}.json`, '--store', `file:${cwd}/store`);
    expect(said).toMatchObject({ code: 0 });
  }
  const at = opened(`file:${cwd}/store`);
  const { threads } = await everything(at);
  await at.close();
  return threads.find((one) => one.thread.id === threadId)?.messages.map(({ id }) => id);
}

/** Of this run's own, in servers that are shared. */
const namespace = `transfer_${process.pid}`;
vi.stubEnv('RETHREAD_NAMESPACE', namespace);
afterAll(async () => {
  if (!redis.missing) await dropKeys(redis.url, namespace);
  if (!postgres.missing) await dropTable(postgres.url, namespace);
});

function moves(name: string, targetOf: (cwd: string) => string, service?: Service) {
  const body = () =>
    test(`from a file store to ${name} and back: every route answers the same, ids, times and order included`, async () => {
      const cwd = await directory();
      const [from, to, back] = [`file:${cwd}/from`, targetOf(cwd), `file:${cwd}/back`];
      const source = opened(from);
      const { assistant_id, long } = await filled(source);
      const before = await everything(source);
      expect(before.threads.flatMap(({ files }) => files)).toHaveLength(1);
      await source.close();

      expect(await rethread(cwd, 'export', '--store', from, 'dump.jsonl')).toMatchObject({
        code: 0,
        out: '',
      });
      const imported = await rethread(cwd, 'import', '--store', to, 'dump.jsonl');
      expect(imported).toMatchObject({
        code: 0,
        err: 'imported 2 assistants, 4 threads, 44 messages, 2 runs, 4 steps, 1 files\n',
      });
      const again = await rethread(cwd, 'import', '--store', to, 'dump.jsonl');
      expect(again.err).toContain(
        'imported 0 assistants (2 were there), 0 threads (4 were there), 0 messages',
      );
      await rethread(cwd, 'export', '--store', to, 'second.jsonl');
      expect(await readFile(join(cwd, 'second.jsonl'), 'utf8')).toBe(
        await readFile(join(cwd, 'dump.jsonl'), 'utf8'),
      );
      await rethread(cwd, 'import', '--store', back, 'second.jsonl');

      const target = opened(back);
      expect(await everything(target)).toEqual(before);
      const run = await target.beta.threads.runs.createAndPoll(long, { assistant_id });
      expect(run.status).toBe('completed');
      await target.beta.threads.delete(long);
      await target.close();
    });
  if (service) describeWith(service, name, body);
  else body();
}

describe('between two stores', () => {
  moves('sqlite', (cwd) => `sqlite://${cwd}/data.sqlite`);
  moves('Redis', () => redis.url, redis);
  moves('PostgreSQL', () => postgres.url, postgres);

  test('an export that was broken off goes on where it was', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    const source = opened(store);
    await filled(source, { messages: 5 });
    await source.close();
    await rethread(cwd, 'export', '--store', store, 'whole.jsonl');
    const whole = await readFile(join(cwd, 'whole.jsonl'), 'utf8');
    for (let size = 0; size < whole.length; size += Math.ceil(whole.length / 12)) {
      const file = join(cwd, `${size}.jsonl`);
      await writeFile(`${file}.part`, whole);
      await truncate(`${file}.part`, size);
      expect(await rethread(cwd, 'export', '--store', store, `${size}.jsonl`)).toMatchObject({
        code: 0,
        err: `exported 4 threads to ${size}.jsonl\n`,
      });
      expect(await readFile(file, 'utf8')).toBe(whole);
      await expect(stat(`${file}.part`)).rejects.toThrow('ENOENT');
    }
  });

  test('an import that was broken off is completed by the same import', async () => {
    const cwd = await directory();
    const source = opened(`file:${cwd}/from`);
    await filled(source, { messages: 40 });
    const before = await everything(source);
    await source.close();
    await rethread(cwd, 'export', '--store', `file:${cwd}/from`, 'dump.jsonl');
    const lines = (await readFile(join(cwd, 'dump.jsonl'), 'utf8')).split('\n');
    for (const kept of [1, 3, 30, 44, 47, lines.length]) {
      await writeFile(join(cwd, 'part.jsonl'), lines.slice(0, kept).join('\n'));
      expect(await rethread(cwd, 'import', '--store', `file:${cwd}/to`, 'part.jsonl')).toMatchObject({
        code: 0,
      });
    }
    const target = opened(`file:${cwd}/to`);
    expect(await everything(target)).toEqual(before);
    await target.close();
  });

  test('a file that is there is not replaced unless that is said; one that was not asked for is not made', async () => {
    const cwd = await directory();
    await writeFile(join(cwd, 'mine.jsonl'), 'mine');
    const refused = await rethread(cwd, 'export', 'mine.jsonl');
    expect(refused).toEqual({
      code: 2,
      out: '',
      err: 'error: mine.jsonl is there already; add --force to replace it\n',
    });
    const nothing = await rethread(cwd, 'export', 'new.jsonl');
    expect(nothing.code).toBe(2);
    expect(nothing.err).toContain('error: --store: there is no store in');
    expect(nothing.err.trim().split('\n')).toHaveLength(1);
    expect(await readFile(join(cwd, 'mine.jsonl'), 'utf8')).toBe('mine');
  });
});

describe('dumps of what the API answered', () => {
  const ids = (count: number) =>
    Array.from({ length: count }, (_, at) => `msg_${String(at).padStart(3, '0')}`);
  const inOneSecond = ids(5).map((id) => message(id, 'thread_a', 1_700_000_000));
  const apart = ids(5).map((id, at) => message(id, 'thread_a', 1_700_000_000 + at));
  const pairs = ids(6).map((id, at) => message(id, 'thread_a', 1_700_000_000 + Math.floor(at / 2)));

  test.each([
    ['a page, newest first as lists are (§1.4)', [page(apart.toReversed())], ids(5)],
    ['a page whose messages are of one second', [page(inOneSecond.toReversed())], ids(5)],
    ['an array, oldest first', [apart], ids(5)],
    ['an array of one second keeps its order', [inOneSecond], ids(5)],
    [
      'pages, newest first, in which some share a second',
      [[page(pairs.slice(3).toReversed()), page(pairs.slice(0, 3).toReversed())]],
      ids(6),
    ],
    ['one JSON a line', [apart.map((one) => JSON.stringify(one)).join('\n')], ids(5)],
    ['one JSON over many lines', [JSON.stringify(page(apart.toReversed()), null, 2)], ids(5)],
    ['an SDK’s page object', [{ options: {}, response: {}, data: apart.toReversed() }], ids(5)],
    ['a single object', [apart[0] as object], ids(1)],
    ['later messages first, earlier ones in a second import', [apart.slice(3), apart.slice(0, 3)], ids(5)],
    ['every second message, then all', [apart.filter((_, at) => at % 2), apart], ids(5)],
    ['the same twice', [apart, page(apart.toReversed())], ids(5)],
  ])('%s', async (_, dumps, expected) => {
    expect(await importedOrder('thread_a', ...dumps)).toEqual(expected);
  });

  test('300 messages between others that are there come to stand between them', async () => {
    const all = ids(900).map((id, at) => message(id, 'thread_a', 1_700_000_000 + at));
    const [first, middle, last] = [all.slice(0, 300), all.slice(300, 600), all.slice(600)];
    expect(await importedOrder('thread_a', [...first, ...last], middle)).toEqual(ids(900));
  });

  test('objects of several kinds, of version 1 and 2; runs that had not ended are expired (§2.6)', async () => {
    const cwd = await directory();
    const dump = [
      {
        id: 'asst_old',
        object: 'assistant',
        created_at: 1_690_000_000,
        model: 'gpt-4',
        tools: [{ type: 'retrieval' }],
        file_ids: ['file-1'],
      },
      thread('thread_a', 1_690_000_000),
      message('msg_1', 'thread_a', 1_690_000_001, { file_ids: ['file-1'], attachments: undefined }),
      {
        id: 'run_1',
        object: 'thread.run',
        created_at: 1_690_000_002,
        thread_id: 'thread_a',
        assistant_id: 'asst_old',
        status: 'requires_action',
        model: 'gpt-4',
        required_action: { type: 'submit_tool_outputs' },
        tools: [],
      },
      {
        id: 'step_1',
        object: 'thread.run.step',
        created_at: 1_690_000_003,
        thread_id: 'thread_a',
        run_id: 'run_1',
        status: 'in_progress',
        type: 'tool_calls',
        step_details: { type: 'tool_calls', tool_calls: [] },
      },
    ];
    await writeFile(join(cwd, 'dump.json'), JSON.stringify(dump));
    expect(await rethread(cwd, 'import', '--store', `file:${cwd}/store`, 'dump.json')).toMatchObject({
      code: 0,
    });
    const at = opened(`file:${cwd}/store`);
    const assistant = await at.beta.assistants.retrieve('asst_old');
    expect(assistant).toMatchObject({ created_at: 1_690_000_000, tools: [{ type: 'file_search' }] });
    const [found] = (await everything(at)).threads;
    expect(found?.messages[0]).toMatchObject({
      created_at: 1_690_000_001,
      attachments: [{ file_id: 'file-1', tools: [{ type: 'file_search' }] }],
      status: 'completed',
    });
    expect(found?.runs[0]).toMatchObject({ id: 'run_1', status: 'expired', required_action: null });
    expect(found?.steps[0]?.[0]).toMatchObject({ id: 'step_1', status: 'expired' });
    const posted = await at.beta.threads.messages.create('thread_a', { role: 'user', content: 'free' });
    expect(posted.thread_id).toBe('thread_a');
    await at.close();
  });

  describe('a text over many lines, or of one long line', () => {
    const messages = Array.from({ length: 30 }, (_, at) =>
      message(`msg_${at}`, 'thread_a', 1_700_000_000 + at),
    );
    const all = [thread('thread_a'), ...messages];
    const page = { object: 'list', data: all, has_more: false };
    const lost = 'imported 1 threads, 20 messages; 1 could not be\n';
    /** After the 21st object. */
    const cut = (text: string) => text.slice(0, text.indexOf('"msg_20"'));
    // More than a line may have that is read as one.
    const long = {
      ...all[1],
      metadata: {},
      content: [{ type: 'text', text: { value: 'x'.repeat(300_000) } }],
    };
    const manyLong = all.map((one) => ('role' in one ? { ...long, id: one.id } : one));

    async function imported(text: string) {
      const cwd = await directory();
      await writeFile(join(cwd, 'dump.json'), text);
      return rethread(cwd, 'import', '--store', `file:${cwd}/store`, 'dump.json');
    }

    test.each([
      ['an array on lines', JSON.stringify(all, null, 2)],
      ['an array on one line', JSON.stringify(all)],
      ['an array on one very long line', JSON.stringify(manyLong)],
      ['a page on lines, behind a byte order mark', `\uFEFF${JSON.stringify(page, null, 2)}\n`],
      ['a page on one very long line', JSON.stringify({ ...page, data: manyLong })],
      ['an array of pages on lines', JSON.stringify([page, page], null, 2)],
    ])('%s is taken whole', async (_, text) => {
      expect(await imported(text)).toMatchObject({
        code: 0,
        err: expect.stringMatching(/^imported 1 threads( \(1 were there\))?, 30 messages/),
      });
    });

    test.each([
      [
        'an array on lines',
        cut(JSON.stringify(all, null, 1)),
        /^dump.json:\d{3,}: the JSON ends in the middle after item 21$/,
      ],
      [
        'an array on one line',
        cut(JSON.stringify(all)),
        /^dump.json:1: the JSON ends in the middle after item 21$/,
      ],
      [
        'a page on one line',
        cut(JSON.stringify(page)),
        /^dump.json:1: the JSON ends in the middle after item 21$/,
      ],
      [
        'a very long line',
        cut(JSON.stringify(manyLong)),
        /^dump.json:1: the JSON ends in the middle after item 21$/,
      ],
      [
        'an array with a wrong sign',
        cut(JSON.stringify(all)).replace(/,[^,]*$/, ';'),
        /^dump.json:1: not JSON after item 21$/,
      ],
    ])(
      '%s that breaks off is told with its place, and what came before is taken',
      async (_, text, problem) => {
        const { code, err } = await imported(text);
        const [told = '', ...rest] = err.split('\n');
        expect(code).toBe(1);
        expect(told).toMatch(problem);
        expect(`${rest.join('\n')}`).toBe(lost);
      },
    );

    test('lines go on behind a first line that is bad, and behind an array that breaks off', async () => {
      const lines = all.map((one) => JSON.stringify(one));
      const first = await imported(['{"object":"thread.message","id":', ...lines].join('\n'));
      expect(first).toMatchObject({
        code: 1,
        err: 'dump.json:1: not JSON\nimported 1 threads, 30 messages; 1 could not be\n',
      });
      const broken = [`[${lines[0]},`, `${lines[1]}`, ...lines.slice(2)].join('\n');
      const { code, err } = await imported(broken);
      expect(code).toBe(1);
      expect(err).toBe(
        'dump.json:3: not JSON after item 2\nimported 1 threads, 30 messages; 1 could not be\n',
      );
    });
  });

  test('a bad line is told with its number, the rest goes on, and the exit code is 1', async () => {
    const cwd = await directory();
    const lines = [
      JSON.stringify(thread('thread_a')),
      '{"object":"thread.message","id":',
      JSON.stringify({ ...message('msg_1', 'thread_a', 0), created_at: 'yesterday' }),
      JSON.stringify({ ...message('msg_2', 'thread_a', 1_700_000_000), role: 'system' }),
      JSON.stringify({ object: 'chat.completion', id: 'x' }),
      JSON.stringify({ ...message('x_3', 'thread_a', 1_700_000_000) }),
      '',
      JSON.stringify(message('msg_4', 'thread_a', 1_700_000_000)),
      JSON.stringify({
        id: 'step_1',
        object: 'thread.run.step',
        created_at: 1,
        thread_id: 'thread_a',
        run_id: 'run_gone',
        status: 'completed',
        type: 'tool_calls',
        step_details: { type: 'tool_calls' },
      }),
    ];
    await writeFile(join(cwd, 'dump.jsonl'), lines.join('\n'));
    const { code, err } = await rethread(cwd, 'import', '--store', `file:${cwd}/store`, 'dump.jsonl');
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toEqual([
      'dump.jsonl:2: not JSON',
      'dump.jsonl:3: thread.message: created_at: expected a time in seconds since 1970',
      expect.stringMatching(/^dump.jsonl:4: thread.message: role: /),
      expect.stringMatching(
        /^dump.jsonl:5: expected an object of the Assistants API, .* got "chat.completion"$/,
      ),
      "dump.jsonl:6: thread.message: id: expected an id that begins with 'msg'",
      'dump.jsonl:9: the step step_1 belongs to run_gone, which is not there',
      'imported 1 threads, 1 messages, 0 steps (1 were there); 6 could not be',
    ]);
  });

  test('a tenant’s import is seen by that tenant of a gateway, and by no other', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    await writeFile(join(cwd, 'dump.json'), JSON.stringify([thread('thread_a')]));
    await rethread(cwd, 'import', '--store', store, '--tenant', 'acme', 'dump.json');
    const { url } = await listening(store, {
      auth: 'keys',
      tenants: { acme: { keys: ['a'] }, other: { keys: ['b'] } },
    });
    const status = async (key: string) =>
      (
        await fetch(`${url}/threads/thread_a`, {
          headers: { authorization: `Bearer ${key}`, 'openai-beta': 'assistants=v2' },
        })
      ).status;
    expect([await status('a'), await status('b')]).toEqual([200, 404]);
    const wrong = await rethread(cwd, 'export', '--store', store, '--tenant', 'nobody');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("--tenant: there is no 'tenant:nobody' in this store; there are tenant:acme");
  });
});

describe('from an endpoint that still answers', () => {
  test('assistants and threads come over with ids, times and order; what it does not give is told', async () => {
    const cwd = await directory();
    const source = opened(`file:${cwd}/from`);
    const { calls } = await filled(source, { messages: 40 });
    const before = await everything(source);
    await source.close();
    const { url } = await listening(`file:${cwd}/from`, { auth: 'none' });
    const common = ['import', '--from', url, '--api-key', 'any', '--store', `file:${cwd}/to`];
    const one = await rethread(cwd, ...common, '--threads', `${calls},thread_gone`);
    expect(one.code).toBe(1);
    expect(one.err).toContain(`${url}/threads/thread_gone: 404 No thread found with id 'thread_gone'.`);
    expect(one.err).toContain('imported 1 threads, 2 messages, 1 runs, 2 steps; 1 could not be');
    expect(await rethread(cwd, ...common, '--assistants', '--threads', 'all')).toMatchObject({ code: 0 });
    const target = opened(`file:${cwd}/to`);
    const byId = ({ threads, ...rest }: typeof before) => ({
      ...rest,
      threads: threads.toSorted((a, b) => a.thread.id.localeCompare(b.thread.id)),
    });
    expect(byId(await everything(target))).toEqual(byId(before));
    await target.close();
  });

  test.each([
    [['import'], 'nothing to import: name files, - for the standard input, or --from'],
    [['import', 'gone.json'], 'gone.json: there is no such file'],
    [['import', '--threads', 'all', 'x.json'], '--threads is used with --from only'],
    [['import', '--from', 'nowhere', '--assistants'], "--from: expected an http(s) URL, got 'nowhere'"],
    [
      ['import', '--from', 'http://x', '--api-key', 'k'],
      '--from needs to know what: --assistants, --threads, or both',
    ],
    [
      ['import', '--store', 'mongo://x', 'x.json'],
      '--store: expected memory:, file:<directory>, sqlite://, redis:// or postgres://',
    ],
    [['import', '--nonsense'], "unknown option '--nonsense'"],
    [['export', 'a', 'b'], "too many arguments for 'export'. Expected 1 argument but got 2."],
  ])('%j is told in one line, with exit code 2', async (args, problem) => {
    const cwd = await directory();
    await writeFile(join(cwd, 'x.json'), '[]');
    const { code, err } = await rethread(cwd, ...args);
    expect([code, err]).toEqual([
      2,
      `error: ${problem.replace('--store: expected', '--store: store: expected')}\n`,
    ]);
  });
});

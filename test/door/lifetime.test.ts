/** How a handler lives and ends: close(), waitUntil, requests that are given up, and what it says meanwhile. */

import { inspect } from 'node:util';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAssistants, type RethreadOptions, withAssistants } from '../../src/index.ts';
import {
  callFunctions,
  createSimulator,
  hang,
  httpError,
  type Simulator,
  say,
  slow,
  turn,
} from '../../src/simulator/index.ts';
import { betaOf, majors, newest } from '../surface/clients.ts';

const LOOK = { type: 'function' as const, function: { name: 'look' } };
const BASE = { apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1' };

function door({
  major = newest,
  sim = createSimulator(),
  apiKey = 'sk-sim',
  ...options
}: RethreadOptions & {
  major?: typeof newest;
  sim?: ReturnType<typeof createSimulator>;
  apiKey?: string;
} = {}) {
  const assistants = createAssistants({ store: 'memory:', log: () => {}, ...options });
  const client = withAssistants(
    new major.SDK({ ...BASE, apiKey, fetch: sim.fetch as typeof fetch, maxRetries: 0 }),
    assistants,
  );
  return { sim, assistants, client, beta: betaOf(major.major, client) };
}

async function begun({ beta }: ReturnType<typeof door>) {
  const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
  const { id: thread_id } = await beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
  const run = await beta.threads.runs.create(thread_id, { assistant_id });
  return { assistant_id, thread_id, run };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('close()', () => {
  test('lets runs end, and answers 503 meanwhile, with a word on when to come back', async () => {
    const store = new Keyv({ store: new Map() });
    const first = door({ store });
    first.sim.script(turn(say('One two', { deltas: 2 }), slow({ beforeFirst: 30 })));
    const { thread_id, run } = await begun(first);
    const closed = first.assistants.close();
    const refused = await first.beta.threads.retrieve(thread_id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 503, type: 'server_error', message: '503 rethread is closing.' });
    expect((refused as { headers: Headers }).headers.get('retry-after')).toBe('1');
    await closed;
    const second = door({ store });
    expect((await second.beta.threads.runs.retrieve(run.id, { thread_id })).status).toBe('completed');
    expect((await second.beta.threads.messages.list(thread_id)).data).toHaveLength(2);
  });

  test('lets go of a run that takes too long; whoever reads it next carries it on', async () => {
    const store = new Keyv({ store: new Map() });
    const first = door({ store });
    first.sim.script(turn(say('Lost'), hang()), say('Found'));
    const { thread_id, run } = await begun(first);
    await first.assistants.close({ timeout: 1 });
    const second = door({ store, sim: first.sim });
    expect((await second.beta.threads.runs.poll(run.id, { thread_id })).status).toBe('completed');
    const { data } = await second.beta.threads.messages.list(thread_id);
    expect(data.map(({ content }) => (content[0]?.type === 'text' ? content[0].text.value : ''))).toEqual([
      'Found',
      'hi',
    ]);
  });

  test('may be called twice, and before anything was asked', async () => {
    const { assistants } = door();
    await assistants.close();
    await assistants.close();
  });
});

describe('waitUntil', () => {
  test.each(majors)(
    'openai $major: is told of each phase, and what it is told of lasts until the phase ends',
    async (major) => {
      const work: Promise<unknown>[] = [];
      const one = door({ major, waitUntil: (promise) => void work.push(promise) });
      one.sim.script(turn(say('One two', { deltas: 2 }), slow({ beforeFirst: 20 })));
      const { thread_id, run } = await begun(one);
      expect(work).toHaveLength(1);
      await Promise.all(work);
      expect((await one.beta.threads.runs.retrieve(run.id, { thread_id })).status).toBe('completed');
    },
  );
});

describe('methods by themselves', () => {
  test('fetch and close of a handler need no object', async () => {
    const { fetch, close } = createAssistants({ store: 'memory:', log: () => {} });
    const headers = { 'openai-beta': 'assistants=v2' };
    const answer = await fetch(new Request('http://mine.test/v1/threads', { method: 'POST', headers }));
    expect(answer.status).toBe(200);
    await close();
  });

  test('a client’s own fetch is called without one, as browsers want it', async () => {
    const sim = createSimulator();
    const seen: unknown[] = [];
    const strict = function (this: unknown, input: string, init: RequestInit) {
      seen.push(this);
      return sim.fetch(input, init);
    };
    const client = withAssistants(
      new newest.SDK({ ...BASE, fetch: strict as typeof fetch }),
      createAssistants({ store: 'memory:', log: () => {} }),
    );
    await client.models.list();
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
    await client.beta.threads.createAndRunPoll({ assistant_id });
    expect(seen.length).toBeGreaterThan(1);
    for (const that of seen) expect(that === undefined || that === globalThis).toBe(true);
  });
});

describe.each(majors)('openai $major gives a request up', (major) => {
  test('before it is sent: nothing has happened', async () => {
    const { client, beta } = door({ major });
    const create = beta.threads.create({ metadata: { a: 'b' } }, { signal: AbortSignal.abort() });
    await expect(create).rejects.toBeInstanceOf(major.SDK.APIUserAbortError);
    const headers = { 'OpenAI-Beta': 'assistants=v2' };
    expect(await client.get('/threads', { headers })).toMatchObject({ object: 'list', data: [] });
  });

  test('while its poll is held: the poll ends, the run goes on', async () => {
    const one = door({ major });
    one.sim.script(turn(say('One two', { deltas: 2 }), hang()));
    const { thread_id, run } = await begun(one);
    const abort = new AbortController();
    const poll = one.beta.threads.runs.poll(run.id, { thread_id }, { signal: abort.signal });
    abort.abort();
    await expect(poll).rejects.toBeInstanceOf(major.SDK.APIUserAbortError);
    expect((await one.beta.threads.runs.retrieve(run.id, { thread_id })).status).toMatch(
      /^(queued|in_progress)$/,
    );
    await one.beta.threads.runs.cancel(run.id, { thread_id });
  });

  test('while it waits for a busy thread: nothing is added that it would not learn of', async () => {
    const one = door({ major, busyThread: 'enqueue' });
    one.sim.script(turn(say('Busy'), hang()));
    const { thread_id, run } = await begun(one);
    const abort = new AbortController();
    const message = one.beta.threads.messages.create(
      thread_id,
      { role: 'user', content: 'given up' },
      { signal: abort.signal },
    );
    const outcome = expect(message).rejects.toBeInstanceOf(major.SDK.APIUserAbortError);
    await one.beta.threads.runs.retrieve(run.id, { thread_id });
    abort.abort();
    await outcome;
    await one.beta.threads.runs.cancel(run.id, { thread_id });
    const kept = await one.beta.threads.messages.create(thread_id, { role: 'user', content: 'kept' });
    const { data } = await one.beta.threads.messages.list(thread_id, { limit: 2 });
    expect(data[0]?.id).toBe(kept.id);
    expect(JSON.stringify(data)).not.toContain('given up');
  });
});

describe.each(majors)('openai $major leaves a stream (§5.3)', (major) => {
  const statusAfter = async (
    options: RethreadOptions,
    script: Parameters<Simulator['script']>,
    leaveAt: string,
  ) => {
    const one = door({ major, ...options });
    one.sim.script(...script);
    const { id: assistant_id } = await one.beta.assistants.create({ model: 'gpt-4o', tools: [LOOK] });
    const { id: thread_id } = await one.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] });
    const stream = await one.beta.threads.runs.create(thread_id, { assistant_id, stream: true });
    for await (const { event } of stream) if (event === leaveAt) break;
    const [run] = (await one.beta.threads.runs.list(thread_id)).data;
    return (await one.beta.threads.runs.poll(run?.id ?? '', { thread_id })).status;
  };
  const talk = () => [turn(say('One two', { deltas: 2 }), slow({ betweenDeltas: 20 }))];

  test('and its run goes on, as it did', async () => {
    expect(await statusAfter({}, talk(), 'thread.message.delta')).toBe('completed');
  });

  test('and its run is cancelled where `onDisconnect` says so', async () => {
    const endless = [turn(say('One'), hang())];
    expect(await statusAfter({ onDisconnect: 'cancel' }, endless, 'thread.message.delta')).toBe('cancelled');
  });

  test('at its end: a run that waits for outputs is not cancelled', async () => {
    const call = [callFunctions({ name: 'look' })];
    expect(await statusAfter({ onDisconnect: 'cancel' }, call, 'thread.run.requires_action')).toBe(
      'requires_action',
    );
  });
});

describe('what is told by default', () => {
  test('goes to the console: warnings and errors, never the key', async () => {
    const KEY = 'qv7Lw2zDoorKeyOfNoKnownShape41';
    const said: unknown[][] = [];
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...values) => void said.push([level, ...values]));
    }
    const one = door({ apiKey: KEY, log: undefined, maxRetries: 0 } as never);
    one.sim.script(httpError(500, { message: `Bad key ${KEY}` }));
    const { thread_id, run } = await begun(one);
    const failed = await one.beta.threads.runs.poll(run.id, { thread_id });
    expect(failed.last_error?.message).toBe('Bad key ***');
    // A request that fails on the way: the store of its files is asked for.
    const sim = createSimulator();
    const broken = withAssistants(
      new newest.SDK({
        ...BASE,
        apiKey: KEY,
        maxRetries: 0,
        fetch: (async (input: string, init: RequestInit) =>
          String(input).includes('/vector_stores')
            ? Response.json({ error: { message: `No store for ${KEY}` } }, { status: 500 })
            : sim.fetch(input, init)) as typeof fetch,
      }),
      createAssistants({ store: 'memory:', maxRetries: 0 }),
    );
    const error = await broken.beta.threads
      .create({ tool_resources: { file_search: { vector_stores: [{}] } } })
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/No store for \*\*\*/);
    expect(said.map(([level]) => level)).toContain('error');
    expect(inspect(said, { depth: null, showHidden: true, maxStringLength: null })).not.toContain(KEY);
  });
});

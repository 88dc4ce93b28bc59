/** The fetch that `withAssistants` puts in front of a client's own: called as programs, helpers and other libraries call it. */
import { describe, expect, test } from 'vitest';
import { createAssistants, withAssistants } from '../../src/index.ts';
import { createSimulator, say, turn } from '../../src/simulator/index.ts';
import { majors, newest } from '../surface/clients.ts';

const BASE = { apiKey: 'sk-sim', baseURL: 'http://simulator.test/v1' };
const THREADS = `${BASE.baseURL}/threads`;
const HEADERS = { authorization: 'Bearer sk-sim', 'openai-beta': 'assistants=v2' };

type Inside = { fetch: typeof fetch };

function wrapped(options: ConstructorParameters<(typeof newest)['SDK']>[0] = {}) {
  const sim = createSimulator();
  const client = withAssistants(
    new newest.SDK({ ...BASE, fetch: sim.fetch as typeof fetch, ...options }),
    createAssistants({ store: 'memory:', log: () => {} }),
  );
  return { sim, client, fetch: (client as unknown as Inside).fetch };
}

describe('the wrapped fetch', () => {
  test('takes a Request with its method, headers and body', async () => {
    const { fetch } = wrapped();
    const request = new Request(THREADS, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { by: 'request' } }),
    });
    const made = await (await fetch(request)).json();
    expect(made).toMatchObject({ object: 'thread', metadata: { by: 'request' } });
    const read = await fetch(new Request(`${THREADS}/${made.id}`, { headers: HEADERS }));
    expect(await read.json()).toMatchObject({ id: made.id });
  });

  test('lets what is given beside a Request win, as fetch does', async () => {
    const { fetch } = wrapped();
    const made = await fetch(new Request(THREADS, { headers: HEADERS }), { method: 'POST', body: '{}' });
    expect(await made.json()).toMatchObject({ object: 'thread' });
  });

  test('takes a URL, and a body that is a stream', async () => {
    const { fetch } = wrapped();
    const body = new Blob(['{"metadata":{"by":"stream"}}']).stream();
    const made = await fetch(new URL(THREADS), { method: 'POST', headers: HEADERS, body });
    expect(await made.json()).toMatchObject({ metadata: { by: 'stream' } });
  });

  test('rejects with the signal’s reason when the signal of a Request aborts', async () => {
    const { fetch } = wrapped();
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    const request = new Request(THREADS, { method: 'POST', headers: HEADERS, signal: abort.signal });
    await expect(fetch(request)).rejects.toThrow('enough');
  });

  test.each([
    ['a GET with a body', { method: 'GET', body: '{}' }],
    ['a method that fetch forbids', { method: 'TRACE' }],
    ['a method that is no token', { method: 'PO ST' }],
    ['a header that is none', { headers: { 'bad header': 'x' } }],
  ])('answers %s with 400: what fetch throws, SDKs would send again', async (_, init) => {
    const { fetch, sim } = wrapped();
    const answer = await fetch(THREADS, init);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(await answer.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        param: null,
        code: null,
        message: expect.stringMatching(/^Invalid request: ./),
      },
    });
    expect(sim.requests).toEqual([]);
  });

  test('leaves what is no address to the fetch that was there', async () => {
    const seen: unknown[] = [];
    const { fetch } = wrapped({
      fetch: (async (input: unknown) => {
        seen.push(input);
        return Response.json({});
      }) as typeof globalThis.fetch,
    });
    await fetch('/threads');
    expect(seen).toEqual(['/threads']);
  });
});

describe('the address of a client', () => {
  test.each(majors.filter(({ major }) => major > 4))(
    'openai $major: a clone may have another, also below the first',
    async ({ SDK }) => {
      const sim = createSimulator();
      const client = withAssistants(
        new SDK({ ...BASE, fetch: sim.fetch as typeof fetch }),
        createAssistants({ store: 'memory:', log: () => {} }),
      );
      const clone = client.withOptions({ baseURL: 'http://simulator.test/v1/proxies/one' });
      const { id } = await clone.beta.threads.create();
      expect((await client.beta.threads.retrieve(id)).id).toBe(id);
      await clone.models.list().catch(() => {});
      expect(sim.requests.map(({ path }) => path)).toEqual(['/proxies/one/models']);
    },
  );

  test('may change after the client was wrapped', async () => {
    const { client, sim } = wrapped();
    client.baseURL = 'http://simulator.test/v1/elsewhere';
    expect((await client.beta.threads.create()).object).toBe('thread');
    expect(sim.requests).toEqual([]);
  });
});

describe('clients that are made for each request', () => {
  const make = (options: object) => {
    const sim = createSimulator();
    sim.script(turn(say('one')));
    return withAssistants(new newest.SDK({ ...BASE, fetch: sim.fetch as typeof fetch }), {
      store: 'memory:',
      concurrency: 23,
      ...options,
    });
  };

  test('share their threads, each with a waitUntil and a log of its own', async () => {
    const work: Record<string, number> = {};
    const logs: Record<string, string[]> = {};
    const request = (name: string) =>
      make({
        waitUntil: () => {
          work[name] = (work[name] ?? 0) + 1;
        },
        log: (level: string) => {
          logs[name] = [...(logs[name] ?? []), level];
        },
      });
    const first = request('first');
    const { id: thread_id } = await first.beta.threads.create({
      messages: [{ role: 'user', content: 'hi' }],
    });
    const { id: assistant_id } = await first.beta.assistants.create({ model: 'gpt-4o' });
    const second = request('second');
    expect((await second.beta.threads.runs.createAndPoll(thread_id, { assistant_id })).status).toBe(
      'completed',
    );
    expect(work).toEqual({ second: 1 });
    expect((await first.beta.threads.messages.list(thread_id)).data).toHaveLength(2);
    expect(logs).toEqual({});
  });

  test('log tells each client of its own failures', async () => {
    const logs: string[] = [];
    const failing = (name: string) =>
      withAssistants(
        new newest.SDK({ ...BASE, fetch: (async () => Promise.reject(new Error('down'))) as typeof fetch }),
        {
          store: 'memory:',
          concurrency: 29,
          maxRetries: 0,
          log: (_, message) => void logs.push(`${name}: ${message}`),
        },
      );
    const store = { vector_stores: [{}] };
    const create = (name: string) =>
      failing(name).beta.threads.create({ tool_resources: { file_search: store } }, { maxRetries: 0 });
    await create('first').catch(() => {});
    await create('second').catch(() => {});
    expect(logs).toEqual(['first: A request failed.', 'second: A request failed.']);
  });
});

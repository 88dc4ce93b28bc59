/** Calls that a run or a request makes beside the model's: containers, vector stores, files; and answers that never come (§4.6). */
import { describe, expect, it } from 'vitest';
import { connectionReset } from '../../src/simulator/deliver.ts';
import { createSimulator, hang, repeat, runCode, say, turn } from '../../src/simulator/index.ts';
import { type StreamEvent, violations } from '../translate/legal.ts';
import { assertAtRest, createWorld, KEY, prepare, settledRun, type World } from './world.ts';

const TOLD = `It went wrong for ${KEY}.`;
const MASKED = 'It went wrong for ***.';

type Fault = (init: RequestInit | undefined) => Promise<Response>;

const error =
  (status: number, code: string | null = null, headers = {}): Fault =>
  async () =>
    Response.json({ error: { message: TOLD, type: 'x', param: null, code } }, { status, headers });
const never: Fault = (init) =>
  new Promise((_, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });
const reset: Fault = async () => {
  throw connectionReset();
};
const page: Fault = async () => new Response(`<html>${TOLD}</html>`, { status: 502 });
const noJson: Fault = async () => new Response('<html>', { headers: { 'content-type': 'text/html' } });

/** A world in which some calls upstream go wrong, until it is told otherwise. */
function faulty(wrong: (method: string, path: string) => boolean, fault: Fault) {
  const sim = createSimulator();
  const state = { broken: true, calls: 0 };
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const { pathname } = new URL(String(input));
    if (state.broken && wrong(init?.method?.toUpperCase() ?? 'GET', pathname.replace('/v1', ''))) {
      state.calls++;
      return fault(init);
    }
    return sim.fetch(String(input), init);
  };
  const world = createWorld({ sim, fetch: fetch as typeof globalThis.fetch, timeout: 20 });
  return { world, state };
}

const CODE = { type: 'code_interpreter' };
const SEARCH = { type: 'file_search' };

/** What a run asks for before the model, by the call that goes wrong. */
const CALLS: Record<string, { wrong: (method: string, path: string) => boolean; tool: { type: string } }> = {
  'making a container': { wrong: (method, path) => method === 'POST' && path === '/containers', tool: CODE },
  'putting a file into it': {
    wrong: (method, path) => method === 'POST' && /^\/containers\/\w+\/files$/.test(path),
    tool: CODE,
  },
  'looking at a vector store': {
    wrong: (method, path) => method === 'GET' && /^\/vector_stores\/\w+$/.test(path),
    tool: SEARCH,
  },
};

async function readyFor(world: World, tool: { type: string }) {
  const file = world.sim.addFile('a.txt', 'a');
  const attachments = [{ file_id: file.id, tools: [tool] }];
  return prepare(world, { tools: [tool] }, [{ role: 'user', content: 'Hello', attachments }]);
}

async function expectFree(world: World, threadId: string, assistantId: string) {
  await assertAtRest(world, threadId);
  world.assertNoKey();
  world.sim.script(repeat(Number.POSITIVE_INFINITY, say('Free.')));
  const again = await world.call('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId });
  expect((await settledRun(world, threadId, again.body.id)).status).toBe('completed');
  await world.close();
}

const runOf = (events: StreamEvent[]) =>
  events.at(-1)?.data as { status: string; last_error: { code: string; message: string } | null };

describe.each(Object.entries(CALLS))('%s', (_, { wrong, tool }) => {
  const FAILURES: [string, Fault, string, unknown][] = [
    ['429', error(429, 'rate_limit_exceeded'), 'rate_limit_exceeded', MASKED],
    ['400', error(400), 'server_error', MASKED],
    ['500', error(500), 'server_error', MASKED],
    ['503', error(503), 'server_error', MASKED],
    ['a page of a proxy', page, 'server_error', expect.stringMatching(/./)],
    ['a 200 that is not JSON', noJson, 'server_error', 'The upstream sent a body that is not JSON.'],
    ['a connection that breaks', reset, 'server_error', expect.stringMatching(/./)],
    ['no answer at all', never, 'server_error', expect.stringMatching(/timed out/i)],
  ];
  it.each(FAILURES)(
    '%s fails the run, says why, and frees the thread (§3.3 f)',
    async (_name, fault, code, message) => {
      const { world, state } = faulty(wrong, fault);
      const { assistantId, threadId, runs } = await readyFor(world, tool);
      const events = await world.stream(runs, { assistant_id: assistantId });
      expect(state.calls).toBe(1);
      expect(runOf(events)).toMatchObject({ status: 'failed', last_error: { code, message } });
      expect(violations(events)).toEqual([]);
      expect(JSON.stringify(events)).not.toContain(KEY);
      expect(world.sim.responsesRequests).toEqual([]);
      state.broken = false;
      await expectFree(world, threadId, assistantId);
    },
  );

  it.each([401, 403])('%i is the answer to create run, which leaves nothing behind', async (status) => {
    const { world, state } = faulty(wrong, error(status, 'no_access'));
    const { assistantId, threadId, runs } = await readyFor(world, tool);
    const answer = await world.call('POST', runs, { assistant_id: assistantId });
    expect([answer.status, answer.body.error.code, answer.body.error.message]).toEqual([
      status,
      'no_access',
      MASKED,
    ]);
    expect((await world.call('GET', runs)).body.data).toEqual([]);
    state.broken = false;
    await expectFree(world, threadId, assistantId);
  });

  it('that never answers can be cancelled (§2.5)', async () => {
    const sim = createSimulator();
    let asked = () => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let broken = true;
    const world = createWorld({
      sim,
      fetch: (async (input: string, init: RequestInit) => {
        const path = new URL(input).pathname.replace('/v1', '');
        if (!broken || !wrong(init.method?.toUpperCase() ?? 'GET', path)) return sim.fetch(input, init);
        asked();
        return never(init);
      }) as typeof fetch,
    });
    const { assistantId, threadId, runs } = await readyFor(world, tool);
    const creating = world.call('POST', runs, { assistant_id: assistantId });
    await waiting;
    const [run] = (await world.call('GET', runs)).body.data;
    const cancelled = await world.call('POST', `${runs}/${run.id}/cancel`);
    expect(cancelled.body.status).toBe('cancelling');
    await creating;
    broken = false;
    await expectFree(world, threadId, assistantId);
  });
});

describe('a call that a request makes on the way is answered with what the upstream said', () => {
  const STORES = (method: string, path: string) => method === 'POST' && path.startsWith('/vector_stores');
  const file_id = 'file-AbCdEfGhIjKlMnOpQrStUv';
  const attachments = [{ file_id, tools: [SEARCH] }];

  const REQUESTS: Record<string, (threadId: string) => [path: string, body: object]> = {
    'a thread with a vector_stores helper': () => [
      '/threads',
      { tool_resources: { file_search: { vector_stores: [{}] } } },
    ],
    'an assistant with one': () => [
      '/assistants',
      { model: 'gpt-4o', tools: [SEARCH], tool_resources: { file_search: { vector_stores: [{}] } } },
    ],
    'a message with an attachment': (threadId) => [
      `/threads/${threadId}/messages`,
      { role: 'user', content: 'x', attachments },
    ],
  };
  const FAULTS: [string, Fault, number, Record<string, string>?][] = [
    ['401', error(401, 'invalid_api_key'), 401],
    ['403', error(403), 403],
    ['404', error(404), 404],
    [
      '429, with when to come back',
      error(429, null, { 'retry-after-ms': '7' }),
      429,
      { 'retry-after-ms': '7' },
    ],
    ['500', error(500), 500],
    ['a page of a proxy', page, 502],
    ['a connection that breaks', reset, 502],
    ['no answer at all', never, 502],
  ];

  for (const [what, request] of Object.entries(REQUESTS)) {
    it.each(FAULTS)(`${what}: %s, and nothing is stored`, async (_name, fault, status, headers = {}) => {
      const { world } = faulty(STORES, fault);
      const { threadId } = await prepare(world);
      const before = new Map(world.entries);
      const [path, body] = request(threadId);
      const answer = await world.call('POST', path, body);
      expect(answer.status).toBe(status);
      expect(answer.body.error.message).not.toBe('');
      expect(JSON.stringify(answer.body)).not.toContain(KEY);
      for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
      expect(new Map(world.entries)).toEqual(before);
      world.assertNoKey();
      await world.close();
    });
  }
});

describe('a model that never answers', () => {
  it('before its headers: the run fails when the time for an answer is over', async () => {
    const world = createWorld({ timeout: 20 });
    const { assistantId, threadId, runs } = await prepare(world);
    world.sim.script(turn(hang({ beforeHeaders: true })));
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events)).toMatchObject({
      status: 'failed',
      last_error: { code: 'server_error', message: expect.stringMatching(/timed out/i) },
    });
    expect(violations(events)).toEqual([]);
    await expectFree(world, threadId, assistantId);
  });

  it('in the middle of its stream: the run expires, and no earlier, since models may think (§2.6)', async () => {
    const world = createWorld({ timeout: 20, runExpiry: 1 });
    const { assistantId, threadId, runs } = await prepare(world);
    world.sim.script(turn(say('Once upon'), hang()));
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events).status).toBe('expired');
    expect(violations(events)).toEqual([]);
    await expectFree(world, threadId, assistantId);
  });
});

describe('a file that code interpreter made and that cannot be copied', () => {
  it.each([
    ['an error', error(500)],
    ['a connection that breaks', reset],
    ['no answer at all', never],
  ])('does not take the answer away: %s (§4.4)', async (_name, fault) => {
    const { world } = faulty((method, path) => method === 'GET' && /\/content$/.test(path), fault);
    const { assistantId, threadId, runs } = await prepare(world, { tools: [CODE] });
    world.sim.script(
      turn(
        runCode({ code: 'save()', files: [{ path: 'x.csv', content: 'a' }] }),
        say('See [x](sandbox:/mnt/data/x.csv).'),
      ),
    );
    const events = await world.stream(runs, { assistant_id: assistantId });
    expect(runOf(events).status).toBe('completed');
    expect(violations(events)).toEqual([]);
    expect(world.logs.map(({ message }) => message)).toContain(
      'A file that the run made could not be copied.',
    );
    await expectFree(world, threadId, assistantId);
  });
});

/** `Idempotency-Key`: a request that is sent again does nothing twice, and is answered as the first time (§6). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createAssistants } from '../../src/index.ts';
import { callFunctions, createSimulator, say, turn } from '../../src/simulator/index.ts';
import type { Fetch } from '../../src/upstream/client.ts';
import { majors } from './clients.ts';
import { names, type Rig, type RigOptions, ready, rig } from './harness.ts';

const FUNCTION = {
  type: 'function' as const,
  function: { name: 'f', parameters: { type: 'object', properties: {} } },
};
const HOUR_MS = 3_600_000;

afterEach(() => void vi.useRealTimers());

/** A client behind a proxy that loses the answer to the next POST. */
function losing(options: RigOptions = {}): Rig & { lose(): void } {
  const made = rig(options);
  const inside = made.client as unknown as { fetch: (url: string, init: RequestInit) => Promise<Response> };
  const answer = inside.fetch;
  let lost = true;
  inside.fetch = async (url, init) => {
    const response = await answer(url, init);
    if (lost || init.method?.toUpperCase() !== 'POST') return response;
    lost = true;
    await response.body?.cancel();
    return new Response('Bad gateway', { status: 502, headers: { 'retry-after-ms': '1' } });
  };
  return {
    ...made,
    lose() {
      lost = false;
    },
  };
}

describe.each(majors)('openai $major tries again when an answer is lost', (major) => {
  test('and every create has created one thing', async () => {
    const { beta, sim, lose } = losing({ major });
    lose();
    const assistant = await beta.assistants.create({ model: 'gpt-4o', tools: [FUNCTION], instructions: 'x' });
    expect((await beta.assistants.list()).data.map(({ id }) => id)).toEqual([assistant.id]);
    lose();
    const thread = await beta.threads.create();
    const raw = losing({ major });
    raw.lose();
    await raw.beta.threads.create();
    expect((await (await raw.raw('GET', '/threads')).json()).data).toHaveLength(1);
    lose();
    const message = await beta.threads.messages.create(thread.id, { role: 'user', content: 'once' });
    expect((await beta.threads.messages.list(thread.id)).data.map(({ id }) => id)).toEqual([message.id]);

    sim.script(turn(callFunctions({ name: 'f', arguments: {} })), turn(say('Done.')));
    lose();
    const run = await beta.threads.runs.create(thread.id, { assistant_id: assistant.id });
    const waiting = await beta.threads.runs.poll(run.id, { thread_id: thread.id });
    lose();
    await beta.threads.runs.submitToolOutputs(run.id, {
      thread_id: thread.id,
      tool_outputs: (waiting.required_action?.submit_tool_outputs.tool_calls ?? []).map(({ id }) => ({
        tool_call_id: id,
        output: '1',
      })),
    });
    expect((await beta.threads.runs.poll(run.id, { thread_id: thread.id })).status).toBe('completed');
    expect((await beta.threads.runs.list(thread.id)).data.map(({ id }) => id)).toEqual([run.id]);
    expect(sim.responsesRequests).toHaveLength(2);
  });

  test('and a stream is the first run’s, from its beginning', async () => {
    const { beta, sim, lose, lastStream } = losing({ major });
    const { id: assistant_id } = await beta.assistants.create({ model: 'gpt-4o', instructions: 'x' });
    sim.script(turn(say('Only once.')));
    lose();
    const run = await beta.threads.createAndRunStream({ assistant_id }).finalRun();
    expect(run.status).toBe('completed');
    expect(lastStream().slice(0, 3)).toEqual(['created', 'run.created', 'run.queued']);
    const { data } = await beta.threads.messages.list(run.thread_id);
    expect(data.map(({ content }) => content[0])).toMatchObject([{ text: { value: 'Only once.' } }]);
    expect(sim.responsesRequests).toHaveLength(1);
  });
});

describe('a key', () => {
  const post = (made: Rig, path: string, body: unknown, key: string) =>
    made.raw('POST', path, body, { 'idempotency-key': key });

  test('gives the same answer to the same path and body, and says so', async () => {
    const made = rig();
    const first = await post(made, '/threads', { metadata: { a: '1' } }, 'k');
    const again = await post(made, '/threads', { metadata: { a: '1' } }, 'k');
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await again.text()).toBe(await first.text());
  });

  test.each([
    ['body', '/threads', { metadata: { a: '2' } }],
    ['path', '/assistants', { metadata: { a: '1' } }],
  ])('with another %s is a 400', async (_, path, body) => {
    const made = rig();
    await post(made, '/threads', { metadata: { a: '1' } }, 'k');
    const refused = await post(made, path, body, 'k');
    expect(refused.status).toBe(400);
    expect((await refused.json()).error).toMatchObject({
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_idempotency_key',
    });
  });

  test.each(['', 'x'.repeat(256), 'schlüssel'])('that is none is a 400: %j', async (key) => {
    expect((await post(rig(), '/threads', {}, key)).status).toBe(400);
  });

  test('used by many at once: one does it, the others wait and get its answer', async () => {
    const made = rig();
    const { thread_id, assistant_id } = await ready(made);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(made, `/threads/${thread_id}/runs`, { assistant_id }, 'k')),
    );
    const runs = await Promise.all(answers.map((answer) => answer.json()));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.has('idempotent-replayed'))).toHaveLength(7);
  });

  test('of a request that was refused is free again, for what was refused may be fine later (§2.9 no. 1)', async () => {
    const made = rig();
    const { thread_id, assistant_id } = await ready(made, { tools: [FUNCTION] });
    made.sim.script(turn(callFunctions({ name: 'f', arguments: {} })));
    const run = await made.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const message = { role: 'user', content: 'later' };
    expect((await post(made, `/threads/${thread_id}/messages`, message, 'k')).status).toBe(400);
    await made.beta.threads.runs.cancel(run.id, { thread_id });
    const accepted = await post(made, `/threads/${thread_id}/messages`, message, 'k');
    expect([accepted.status, accepted.headers.get('idempotent-replayed')]).toEqual([200, null]);
  });

  test('is another one for each tenant', async () => {
    const { fetch } = createSimulator({ apiKey: ['sk-one', 'sk-two'] });
    const gateway = createGateway({ store: 'memory:', log: () => {} }, fetch as Fetch);
    const create = async (key: string) => {
      const headers = {
        authorization: `Bearer ${key}`,
        'openai-beta': 'assistants=v2',
        'idempotency-key': 'k',
      };
      const url = 'http://gateway.test/v1/threads';
      return (await (await gateway.fetch(new Request(url, { method: 'POST', headers }))).json()).id;
    };
    const [one, two, oneAgain] = [await create('sk-one'), await create('sk-two'), await create('sk-one')];
    expect(two).not.toBe(one);
    expect(oneAgain).toBe(one);
    await gateway.close(0);
  });

  test('is forgotten after 24 hours, with all that was kept of it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const data = new Map<string, unknown>();
    const made = rig({ options: { store: new Keyv({ store: data }) } });
    const kept = () => [...data.keys()].filter((key) => key.includes('once') && !key.endsWith('once-hours'));
    const first = await (await post(made, '/threads', {}, 'k')).json();
    const ofOneKey = kept().length;
    vi.setSystemTime(Date.now() + 24 * HOUR_MS - 1000);
    expect((await (await post(made, '/threads', {}, 'k')).json()).id).toBe(first.id);
    vi.setSystemTime(Date.now() + 2 * HOUR_MS);
    expect((await (await post(made, '/threads', {}, 'k')).json()).id).not.toBe(first.id);
    expect(ofOneKey).toBeGreaterThan(0);
    expect(kept()).toHaveLength(ofOneKey);
  });

  describe('outlives the process', () => {
    let directory = '';
    afterEach(() => rm(directory, { recursive: true, force: true }));

    test('and reaches every process of the store: two engines, one thing done', async () => {
      directory = await mkdtemp(join(tmpdir(), 'rethread-once-'));
      const options = { store: `file:${directory}`, log: () => {} };
      const engines = [rig({ options }), rig({ options })];
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, at) => post(engines[at % 2] as Rig, '/threads', {}, 'k')),
      );
      const ids = await Promise.all(answers.map(async (answer) => (await answer.json()).id));
      expect(new Set(ids).size).toBe(1);
      const { data } = await (await (engines[0] as Rig).raw('GET', '/threads')).json();
      expect(data).toHaveLength(1);
      await Promise.all(engines.map(({ assistants }) => assistants.close()));
    });

    test('as JSON and as a stream', async () => {
      directory = await mkdtemp(join(tmpdir(), 'rethread-once-'));
      const options = { store: `file:${directory}`, log: () => {} };
      const simulator = createSimulator();
      const assistants = createAssistants(options);
      const before = rig({ assistants, simulator });
      const { assistant_id } = await ready(before);
      const body = { assistant_id, stream: true, thread: { messages: [{ role: 'user', content: 'hi' }] } };
      const thread = await (await post(before, '/threads', {}, 'k')).text();
      const told = await (await post(before, '/threads/runs', body, 's')).text();
      await assistants.close();

      const after = rig({ options, simulator });
      expect(await (await post(after, '/threads', {}, 'k')).text()).toBe(thread);
      const toldAgain = await post(after, '/threads/runs', body, 's');
      expect(toldAgain.headers.get('idempotent-replayed')).toBe('true');
      const text = await toldAgain.text();
      expect(names(eventsIn(text))[0]).toBe('created');
      expect(names(eventsIn(text)).at(-1)).toBe('run.completed');
      expect(idsOf(text)).toEqual(idsOf(told));
      expect(simulator.responsesRequests).toHaveLength(1);
      await after.assistants.close();
    });
  });

  test('finds what was made before a process died that could not note its answer', async () => {
    const data = new Map<string, unknown>();
    const made = rig({ options: { store: new Keyv({ store: data }) } });
    made.unchecked = true;
    const set = data.set.bind(data);
    let failing = false;
    data.set = (key, value) => {
      if (failing && String(value).includes('"answer"')) throw new Error('disk full');
      return set(key, value);
    };
    const { thread_id, assistant_id } = await ready(made);
    const requests: [string, unknown][] = [
      ['/assistants', { model: 'gpt-4o' }],
      ['/threads', { messages: [{ role: 'user', content: 'hi' }] }],
      [`/threads/${thread_id}/messages`, { role: 'user', content: 'once' }],
      [`/threads/${thread_id}/runs`, { assistant_id }],
      ['/threads/runs', { assistant_id, thread: { messages: [{ role: 'user', content: 'hi' }] } }],
    ];
    for (const [path, body] of requests) {
      // Not messages that a run writes meanwhile.
      const counted = path.endsWith('/messages') ? /\/message\// : /\/(assistant|thread|run)\//;
      const count = () => [...data.keys()].filter((key) => counted.test(key)).length;
      failing = true;
      expect((await post(made, path, body, path)).status).toBe(503);
      failing = false;
      const before = count();
      const retried = await post(made, path, body, path);
      expect([path, retried.status, retried.headers.get('idempotent-replayed')]).toEqual([path, 200, 'true']);
      expect(JSON.stringify([...data.values()])).toContain((await retried.json()).id);
      expect([path, count()]).toEqual([path, before]);
      const { active } = await settled(made, thread_id);
      expect(active).toBeUndefined();
    }
  });
});

/** Waits until the thread's runs have ended. */
async function settled({ beta }: Rig, thread_id: string) {
  for (const { id } of (await beta.threads.runs.list(thread_id)).data) {
    await beta.threads.runs.poll(id, { thread_id });
  }
  const runs = (await beta.threads.runs.list(thread_id)).data;
  return { active: runs.find(({ status }) => status === 'queued' || status === 'in_progress') };
}

const eventsIn = (text: string) =>
  [...text.matchAll(/^event: (thread\..*)\ndata: (.*)$/gm)].map(([, event = '', data = '']) => ({
    event,
    data: JSON.parse(data),
  })) as Parameters<typeof names>[0];

/** Ids of all objects that a stream tells of. */
const idsOf = (text: string) => new Set(eventsIn(text).map(({ data }) => (data as { id: string }).id));

import { describe, expect, it } from 'vitest';
import { callFunctions, repeat, say } from '../../src/simulator/index.ts';
import { checkResponse } from '../schemas.ts';
import { pick, type Random, randomNumbers } from './jittery-store.ts';
import { asRequest, type Draft, type Known, mutate, validRequests } from './mutate.ts';
import { createWorld, prepare, settledRun, type World } from './world.ts';

const REQUESTS = Number(process.env['MUTATIONS'] ?? 10_000);
/** Requests that one world sees, before accepted ones have changed it too much. */
const EACH = 125;
/** Nothing here takes a tenth of it: what has not answered by then never will. */
const HANG_MS = 10_000;

const look = { type: 'function', function: { name: 'look' } };

/** A world with a finished run, a run that waits for tool outputs, and a file upstream. */
async function furnished(): Promise<{ world: World; known: Known }> {
  const world = createWorld();
  const form = new FormData();
  form.set('purpose', 'assistants');
  form.set('file', new File(['thirty days'], 'handbook.txt'));
  const upload = { method: 'POST', body: form, headers: { authorization: 'Bearer x' } };
  const uploaded = await world.sim.fetch('http://upstream.test/v1/files', upload);
  const file = ((await uploaded.json()) as { id: string }).id;
  world.sim.script(say('Fine.'), callFunctions({ name: 'look', arguments: {} }));
  const { assistantId, threadId, runs } = await prepare(world, {
    instructions: 'Be kind.',
    tools: [look],
  });
  const first = await world.call('POST', runs, { assistant_id: assistantId });
  await settledRun(world, threadId, first.body.id);
  const steps = await world.call('GET', `${runs}/${first.body.id}/steps`);
  const messages = await world.call('GET', `/threads/${threadId}/messages`);
  const second = await world.call('POST', '/threads/runs', {
    assistant_id: assistantId,
    thread: { messages: [{ role: 'user', content: 'Look' }] },
  });
  const waiting = await settledRun(world, second.body.thread_id, second.body.id);
  world.sim.script(repeat(Number.POSITIVE_INFINITY, say('Yes.')));
  const known: Known = {
    assistant: assistantId,
    thread: threadId,
    message: messages.body.data[0].id,
    run: first.body.id,
    step: steps.body.data[0].id,
    waiting: {
      thread: waiting.thread_id,
      run: waiting.id,
      call: waiting.required_action.submit_tool_outputs.tool_calls[0].id,
    },
    file,
  };
  return { world, known };
}

async function unlessItHangs<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('never answers')), HANG_MS);
  });
  return Promise.race([promise, hang]).finally(() => clearTimeout(timer));
}

/** What differs between the store then and now. */
function changes(before: Map<string, string>, now: Map<string, string>): string[] {
  const keys = new Set([...before.keys(), ...now.keys()]);
  return [...keys].filter((key) => before.get(key) !== now.get(key));
}

async function send(world: World, draft: Draft): Promise<'accepted' | 'refused'> {
  const before = new Map(world.entries);
  const response = await world.fetch(asRequest(draft));
  const text = await response.text();
  const { status } = response;
  if (status >= 500) throw new Error(`${status} ${text}`);
  if (!/^req_/.test(response.headers.get('x-request-id') ?? '')) throw new Error(`${status}: no request id`);
  if (status >= 400) {
    // What a refused request would still do behind its answer has a turn of the event loop to do it.
    await new Promise((resolve) => setImmediate(resolve));
    const changed = changes(before, world.entries);
    if (changed.length > 0) throw new Error(`${status} ${text}, and yet changed ${changed.join(', ')}`);
    if (draft.method !== 'HEAD') checkResponse(draft.method, draft.path, status, JSON.parse(text));
    return 'refused';
  }
  if (status !== 200) throw new Error(`${status} ${text}`);
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    if (!text.endsWith('event: done\ndata: [DONE]\n\n')) throw new Error(`a stream without an end: ${text}`);
    return 'accepted';
  }
  if (draft.method === 'HEAD') return 'accepted';
  const body = JSON.parse(text);
  // The router passes over a slash at the end.
  checkResponse(draft.method, new URL(asRequest(draft).url).pathname.replace(/\/+$/, ''), status, body);
  // Its run is over before the next request, whose refusal would be blamed for what the run stores.
  if (body.object === 'thread.run') await settledRun(world, body.thread_id, body.id);
  return 'accepted';
}

async function walk(random: Random, requests: number, seen: Map<string, number>): Promise<string[]> {
  const { world, known } = await furnished();
  const wrong: string[] = [];
  const valid = validRequests(known);
  for (let left = requests; left > 0; left--) {
    const draft = mutate(random, pick(random, valid));
    try {
      const outcome = await unlessItHangs(send(world, draft));
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    } catch (error) {
      wrong.push(`${JSON.stringify(draft).slice(0, 400)}: ${String(error).slice(0, 600)}`);
    }
  }
  for (const { level, message, details } of world.logs)
    if (level === 'error') wrong.push(`logged: ${message} ${String(details['error'])}`);
  await world.close();
  return wrong;
}

describe('whatever a client sends (§2.9)', () => {
  it('takes every request that the mutations start from, so that they change something legal', async () => {
    const { world: probe, known } = await furnished();
    const count = validRequests(known).length;
    await probe.close();
    const refused: string[] = [];
    for (let place = 0; place < count; place++) {
      const fresh = await furnished();
      const [method, path, json] = validRequests(fresh.known)[place] ?? ['', ''];
      const headers = { 'openai-beta': 'assistants=v2', 'content-type': 'application/json' };
      const response = await fresh.world.fetch(asRequest({ method, path, query: '', headers, json }));
      const text = await response.text();
      if (response.status !== 200) refused.push(`${method} ${path}: ${text}`);
      await fresh.world.close();
    }
    // The lock (§2.9 no. 2) and the end of a run (no. 9) refuse these two, whatever they say.
    expect(refused).toEqual([
      expect.stringMatching(/already has an active run/),
      expect.stringMatching(/Cannot cancel run with status 'completed'\./),
    ]);
  });

  it.each([
    ['/__proto__/', {}, 404],
    ['/constructor/', {}, 404],
    ['/threads/__proto__', {}, 400],
  ])('refuses what means something to JavaScript itself: %s %j', async (path, body, status) => {
    const world = createWorld();
    const answer = await world.call('POST', path, body);
    expect(answer.status).toBe(status);
    if (path.startsWith('/threads')) expect(answer.body.error.message).toContain("'__proto__'");
    await world.close();
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'PROPFIND'])(
    'knows no method %s',
    async (method) => {
      const world = createWorld();
      for (const path of ['/threads', '/threads/thread_1/messages', '/nothing']) {
        const { status, body } = await world.call(method, path);
        expect([status, body.error.message]).toEqual([405, `Invalid method for URL (${method} /v1${path})`]);
      }
      await world.close();
    },
  );

  it('keeps names that serializers take for methods, whichever store they go to', async () => {
    const metadata = { toJSON: 'x', '~toJSON': 'y', toString: 'z' };
    const properties = { toJSON: { type: 'string' } };
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties } } }];
    // The world's own store is a Keyv as its user made it, with Keyv's serializer.
    const world = createWorld();
    const { body: assistant } = await world.call('POST', '/assistants', { model: 'gpt-4o', metadata, tools });
    const read = await world.call('GET', `/assistants/${assistant.id}`);
    for (const body of [assistant, read.body]) {
      expect(body.metadata).toEqual(metadata);
      expect(body.tools[0].function.parameters.properties).toEqual(properties);
    }
    const threads = await world.call('POST', '/threads', { messages: [{ role: 'user', content: 'hi' }] });
    await world.stream(`/threads/${threads.body.id}/runs`, { assistant_id: assistant.id });
    expect(world.sim.responsesRequests[0]?.body).toMatchObject({ tools: [{ parameters: { properties } }] });
    await world.close();
  });

  it(`answers ${REQUESTS} mutated requests with 200 or a 4xx envelope, never hangs, and stores nothing of a refused one`, async () => {
    const random = randomNumbers(Number(process.env['SEED'] ?? 20_260_826));
    const seen = new Map<string, number>();
    const wrong: string[] = [];
    for (let sent = 0; sent < REQUESTS; sent += EACH) wrong.push(...(await walk(random, EACH, seen)));
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    // Both sides are walked on, or this would show little.
    expect(seen.get('refused')).toBeGreaterThan(REQUESTS / 3);
    expect(seen.get('accepted')).toBeGreaterThan(REQUESTS / 10);
  }, 120_000);
});

import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  cut,
  fail,
  httpError,
  type ScriptedTurn,
  say,
  slow,
  turn,
} from '../../src/simulator/index.ts';
import { JitteryStore, pick, type Random, randomNumbers, Watch } from './jittery-store.ts';
import { assertAtRest, createWorld, prepare, settledRun, type World } from './world.ts';

/** Steps each of the actors takes on one thread. */
const STEPS = 5;
const ACTORS = 5;

const ticks = async (count: number) => {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
};

function turns(random: Random): ScriptedTurn {
  return pick<ScriptedTurn>(random, [
    say('Fine.'),
    turn(slow({ betweenDeltas: 1 }), say('One two three four.', { deltas: 4 })),
    callFunctions({ name: 'look', arguments: {} }),
    turn(say('Half an ans'), cut()),
    fail('server_error', 'broke off'),
    httpError(401, { message: 'No such key.' }),
  ]);
}

/** Calls upstream in flight, by thread (`prompt_cache_key`): an upstream that is asked twice at once writes two answers. */
function countingFetch(inner: typeof fetch, problems: string[]): typeof fetch {
  const inFlight = new Map<string, number>();
  return async (input, init) => {
    const thread = String(JSON.parse(String(init?.body ?? '{}')).prompt_cache_key);
    const change = (by: number) => inFlight.set(thread, (inFlight.get(thread) ?? 0) + by);
    change(1);
    if ((inFlight.get(thread) ?? 0) > 1) problems.push(`two calls upstream at once for ${thread}`);
    let left = false;
    const leave = () => {
      if (!left) change(-1);
      left = true;
    };
    init?.signal?.addEventListener('abort', leave);
    try {
      const response = await inner(input, init);
      if (!response.body) throw new Error('no body');
      const reader = response.body.getReader();
      const body = new ReadableStream({
        async pull(controller) {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            leave();
            controller.close();
          } catch (error) {
            leave();
            controller.error(error);
          }
        },
        cancel(reason) {
          leave();
          return reader.cancel(reason);
        },
      });
      return new Response(body, response);
    } catch (error) {
      leave();
      throw error;
    }
  };
}

interface Said {
  content: string;
  begun: number;
  acknowledged: number;
}

async function interleave(seed: number): Promise<void> {
  const random = randomNumbers(seed);
  const watch = new Watch();
  const problems: string[] = [];
  const sim = (await import('../../src/simulator/index.ts')).createSimulator({
    defaultScript: () => turns(random),
  });
  const world = createWorld({
    sim,
    fetch: countingFetch(sim.fetch as typeof fetch, problems),
    adapter: (entries) => new JitteryStore(entries, random, watch),
  });
  const { assistantId, threadId, runs } = await prepare(world, {
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }],
  });
  const said: Said[] = [];
  const known: string[] = [];
  let clock = 0;
  let deleted = false;
  const mayDelete = seed % 4 === 0;

  const expectStatus = (answer: { status: number; body: { error?: { message: string } } }, what: string) => {
    const { status, body } = answer;
    const message = body.error?.message ?? '';
    const busy =
      /^(Can't add messages to|Thread) thread_\w+ (while a run|already has an active) run/.test(message) ||
      /while a run run_\w+ is active/.test(message);
    const notNow = /^(Runs in status|Cannot cancel run|Expected tool outputs)/.test(message);
    const gone = status === 404 && (mayDelete || /No run found/.test(message));
    if (status !== 200 && !busy && !notNow && !gone && status !== 401)
      problems.push(`${what}: ${status} ${message}`);
    if (deleted && status === 200 && what === 'after deletion') problems.push('a deleted thread answered');
  };

  const actions = {
    async message(actor: number) {
      const content = `${actor}.${clock}`;
      const begun = clock++;
      const answer = await world.call('POST', `/threads/${threadId}/messages`, { role: 'user', content });
      expectStatus(answer, 'message');
      if (answer.status === 200) said.push({ content, begun, acknowledged: clock++ });
    },
    async run() {
      const answer = await world.call('POST', runs, { assistant_id: assistantId });
      expectStatus(answer, 'run');
      if (answer.status === 200) known.push(answer.body.id);
    },
    async streamedRun() {
      const response = await world.fetch(
        new Request(`http://rethread.test/v1${runs}`, {
          method: 'POST',
          headers: { 'openai-beta': 'assistants=v2' },
          body: JSON.stringify({ assistant_id: assistantId, stream: true }),
        }),
      );
      const text = await response.text();
      const id = /"id":"(run_\w+)"/.exec(text)?.[1];
      if (response.status === 200 && id) known.push(id);
      if (response.status === 200 && !text.endsWith('event: done\ndata: [DONE]\n\n'))
        problems.push('a stream without an end');
    },
    async cancel() {
      const id = known.at(-1);
      if (id) expectStatus(await world.call('POST', `${runs}/${id}/cancel`), 'cancel');
    },
    async submit() {
      const id = known.at(-1);
      if (!id) return;
      const { status, body } = await world.call('GET', `${runs}/${id}`);
      const calls = status === 200 ? (body.required_action?.submit_tool_outputs.tool_calls ?? []) : [];
      const tool_outputs = calls.map((call: { id: string }) => ({ tool_call_id: call.id, output: 'seen' }));
      expectStatus(await world.call('POST', `${runs}/${id}/submit_tool_outputs`, { tool_outputs }), 'submit');
    },
    async read() {
      expectStatus(await world.call('GET', runs), 'list');
      const id = known.at(-1);
      if (id) expectStatus(await world.call('GET', `${runs}/${id}`), 'retrieve');
    },
    async remove() {
      if (!mayDelete || random() < 0.7) return;
      const { status } = await world.call('DELETE', `/threads/${threadId}`);
      if (status === 200) deleted = true;
    },
  };
  type Action = keyof typeof actions;
  const names: Action[] = [
    'message',
    'message',
    'run',
    'run',
    'streamedRun',
    'cancel',
    'submit',
    'submit',
    'read',
    'remove',
  ];

  await Promise.all(
    Array.from({ length: ACTORS }, async (_, actor) => {
      for (let step = 0; step < STEPS; step++) {
        await actions[pick(random, names)](actor);
        await ticks(Math.floor(random() * 10));
      }
    }),
  );

  if (deleted) {
    for (const path of ['', '/messages', '/runs']) {
      expect((await world.call('GET', `/threads/${threadId}${path}`)).status).toBe(404);
    }
  } else {
    await comesToRest(world, threadId, runs);
    expect(
      (await world.call('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'at last' }))
        .status,
    ).toBe(200);
    sim.script(say('Free.'));
    const { body } = await world.call('POST', runs, { assistant_id: assistantId });
    const last = await settledRun(world, threadId, body.id);
    if (last.status !== 'completed')
      problems.push(`the last run: ${last.status} ${last.last_error?.message}`);
    await checkMessages(world, threadId, said);
    await assertAtRest(world, threadId);
  }
  const errors = world.logs
    .filter(({ level }) => level === 'error')
    .map(({ message, details }) => `${message} ${details['error']}`);
  await world.close();
  const wrong = [...problems, ...watch.violations, ...errors];
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  if (deleted) expect([...world.entries.keys()].filter((key) => key.includes(threadId))).toEqual([]);
}

/** Waits for what runs, cancels what waits for tool outputs. */
async function comesToRest(world: World, threadId: string, runs: string): Promise<void> {
  const { body } = await world.call('GET', `${runs}?limit=100`);
  for (const { id } of body.data) {
    const run = await settledRun(world, threadId, id);
    if (run.status === 'requires_action') await world.call('POST', `${runs}/${id}/cancel`);
  }
}

/** Every acknowledged message once, and none before one that had been acknowledged when it was sent. */
async function checkMessages(world: World, threadId: string, said: Said[]): Promise<void> {
  const { body } = await world.call('GET', `/threads/${threadId}/messages?limit=100&order=asc`);
  const contents: string[] = body.data
    .filter((message: { role: string }) => message.role === 'user')
    .map((message: { content: { text: { value: string } }[] }) => message.content[0]?.text.value);
  expect(contents.slice(1, -1).toSorted()).toEqual(said.map(({ content }) => content).toSorted());
  const place = (one: Said) => contents.indexOf(one.content);
  for (const one of said) {
    for (const other of said) {
      if (one.acknowledged < other.begun) expect(place(one)).toBeLessThan(place(other));
    }
  }
}

describe('whatever happens at once on a thread (§2.1)', () => {
  const SEEDS = Number(process.env['RACES'] ?? 200);
  it(`has one active run at most, loses and reorders no message, and is free in the end: ${SEEDS} interleavings`, async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      await interleave(seed).catch((error) => found.push(`seed ${seed}: ${error.message}`));
    }
    expect(found).toEqual([]);
  }, 120_000);
});

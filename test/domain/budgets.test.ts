import { afterEach, describe, expect, it } from 'vitest';
import {
  callFunctions,
  fail,
  httpError,
  reason,
  say,
  streamError,
  turn,
  usage,
} from '../../src/simulator/index.ts';
import { createWorld, prepare, settledRun, type World, type WorldOptions } from '../faults/world.ts';

let world: World;
const open = (options: WorldOptions = {}) => {
  world = createWorld(options);
  return world;
};
afterEach(() => world.close());

const TOOLS = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
];

/** `count` words that are about a token each. */
const words = (count: number, word: string) => Array.from({ length: count }, () => word).join(' ');

/** The messages of a thread, each told by its first word. */
const THREAD = ['first', 'second', 'third', 'fourth', 'last'].map((word, at) => ({
  role: at % 2 === 0 ? 'user' : 'assistant',
  content: `${word} ${words(100, 'tree')}`,
}));

/** First words of what was sent, request by request. */
function sentHistory(): string[][] {
  return world.sim.responsesRequests.map(({ body }) =>
    (body.input as { content?: { text: string }[] }[]).flatMap(({ content }) =>
      content ? [content[0]?.text.split(' ')[0] ?? ''] : [],
    ),
  );
}

async function run(params: object, messages: object[] = THREAD, assistant: object = {}) {
  const { assistantId, threadId, runs } = await prepare(world, assistant, messages);
  const { status, body } = await world.call('POST', runs, { assistant_id: assistantId, ...params });
  expect([status, body.error]).toEqual([200, undefined]);
  return { run: await settledRun(world, threadId, body.id), threadId, runs };
}

async function submit(runs: string, run: { id: string; thread_id: string; required_action: unknown }) {
  const { tool_calls: calls } = (
    run.required_action as { submit_tool_outputs: { tool_calls: { id: string }[] } }
  ).submit_tool_outputs;
  const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: 'seen' }));
  const { status } = await world.call('POST', `${runs}/${run.id}/submit_tool_outputs`, { tool_outputs });
  expect(status).toBe(200);
  return settledRun(world, run.thread_id, run.id);
}

describe('what a run sees of its thread (§4.1)', () => {
  it('is the whole thread, where nothing limits it', async () => {
    open();
    await run({});
    expect(sentHistory()).toEqual([['first', 'second', 'third', 'fourth', 'last']]);
  });

  it('is the newest messages with `last_messages`', async () => {
    open();
    await run({ truncation_strategy: { type: 'last_messages', last_messages: 2 } });
    expect(sentHistory()).toEqual([['fourth', 'last']]);
  });

  it('lacks messages from the middle where `max_prompt_tokens` has no room for all', async () => {
    open();
    const { run: ended } = await run({ max_prompt_tokens: 350 });
    expect(ended.status).toBe('completed');
    expect(sentHistory()).toEqual([['first', 'fourth', 'last']]);
  });

  it('is nothing where not even the newest message fits: the run is incomplete and nobody was asked (§2.4)', async () => {
    open();
    const { run: ended } = await run({ max_prompt_tokens: 60 });
    expect(ended).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_prompt_tokens' },
      last_error: null,
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
    expect(sentHistory()).toEqual([]);
  });
});

const TOO_LONG = {
  message: 'Your input exceeds the context window of this model.',
  code: 'context_length_exceeded',
};

describe.each([
  ['in the HTTP status', httpError(400, TOO_LONG)],
  ['in an error event and a failed response', streamError(TOO_LONG)],
  ['in a flat error event', streamError({ ...TOO_LONG, form: 'flat', thenFailed: false })],
  ['in a failed response', fail('context_length_exceeded', TOO_LONG.message)],
  ['behind reasoning that nobody saw', turn(reason(), streamError(TOO_LONG))],
])('a thread too long for the model (§4.6), told %s', (_how, tooLong) => {
  it('is sent again with fewer messages from its middle, until it fits', async () => {
    open();
    world.sim.script(tooLong, say('It fits.'));
    const { run: ended, threadId } = await run({ model: 'o3' });
    expect(ended.status).toBe('completed');
    const [all, shorter] = sentHistory();
    expect(all).toEqual(['first', 'second', 'third', 'fourth', 'last']);
    expect(shorter).toEqual(['first', 'last']);
    const { body } = await world.call('GET', `/threads/${threadId}/messages?run_id=${ended.id}`);
    expect(body.data).toMatchObject([{ content: [{ text: { value: 'It fits.' } }] }]);
  });

  it('ends the run as incomplete (max_prompt_tokens) where no shortening helps', async () => {
    open({ simulator: { defaultScript: () => tooLong } });
    const { run: ended } = await run({ model: 'o3' });
    expect(ended).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_prompt_tokens' },
    });
    expect(sentHistory().at(-1)).toEqual(['last']);
    expect(sentHistory().length).toBeLessThanOrEqual(6);
  });
});

describe('a thread too long for the model (§4.6)', () => {
  it('is not sent again when something of the answer was seen: the run ends as incomplete', async () => {
    open();
    world.sim.script(turn(say('Once'), streamError(TOO_LONG)));
    const { run: ended } = await run({});
    expect(ended).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_prompt_tokens' },
    });
    expect(sentHistory()).toHaveLength(1);
  });

  it('works with a real window: the model is asked with as much as it can take', async () => {
    open({ simulator: { models: { 'gpt-4o': { contextWindow: 400 } } } });
    const { run: ended } = await run({});
    expect(ended.status).toBe('completed');
    expect(sentHistory().at(-1)).toEqual(['first', 'last']);
  });
});

describe('token budgets count over all model calls of a run (§4.1)', () => {
  const call = (spent: { input_tokens?: number; output_tokens?: number }) =>
    turn(callFunctions({ name: 'look' }), usage(spent));

  it('gives each call what is left of max_completion_tokens, and ends the run incomplete with 15 or less', async () => {
    open();
    world.sim.script(call({ output_tokens: 300 }), call({ output_tokens: 690 }), say('never asked for'));
    const first = await run({ max_completion_tokens: 1000 }, THREAD, { tools: TOOLS });
    const second = await submit(first.runs, first.run);
    expect(second.status).toBe('requires_action');
    const third = await submit(first.runs, second);
    expect(third).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
      usage: { completion_tokens: 990 },
    });
    expect(world.sim.responsesRequests.map(({ body }) => body.max_output_tokens)).toEqual([1000, 700]);
    expect(world.sim.pending).toBe(1);
  });

  it('ends the run incomplete when its prompts have used up max_prompt_tokens', async () => {
    open();
    world.sim.script(call({ input_tokens: 1000 }), say('never asked for'));
    const first = await run({ max_prompt_tokens: 1000 }, THREAD, { tools: TOOLS });
    const second = await submit(first.runs, first.run);
    expect(second).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_prompt_tokens' },
      usage: { prompt_tokens: 1000 },
    });
    expect(world.sim.pending).toBe(1);
  });

  it('counts what the run itself has said and been told into the next prompt', async () => {
    open();
    world.sim.script(
      turn(
        callFunctions({ name: 'look', arguments: { at: words(200, 'tree') } }),
        usage({ input_tokens: 550 }),
      ),
      say('Done.'),
    );
    const first = await run({ max_prompt_tokens: 1110 }, THREAD, { tools: TOOLS });
    expect((await submit(first.runs, first.run)).status).toBe('completed');
    const [whole, rest] = sentHistory();
    expect(whole).toEqual(['first', 'second', 'third', 'fourth', 'last']);
    expect(rest).toEqual(['first', 'last']);
  });
});

describe('encrypted reasoning (§4.3)', () => {
  it('is not asked for again where the upstream has none', async () => {
    open();
    world.sim.script(
      httpError(400, { message: 'Encrypted content is not supported with this model.', param: 'include' }),
      turn(reason(), say('42')),
    );
    const { run: ended } = await run({ model: 'o4-mini' });
    expect(ended.status).toBe('completed');
    expect(world.sim.responsesRequests.map(({ body }) => body.include)).toEqual([
      ['reasoning.encrypted_content'],
      undefined,
    ]);
  });
});

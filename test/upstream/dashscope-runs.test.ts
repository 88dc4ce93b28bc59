/** Whole runs with DashScope behind the shim, through the OpenAI SDK (docs/contracts/dashscope.md §C). */
import { afterEach, describe, expect, it } from 'vitest';
import {
  callFunctions,
  createSimulator,
  cut,
  fail,
  httpError,
  incomplete,
  rateLimit,
  reason,
  runCode,
  type SimulatorOptions,
  say,
  searchWeb,
  turn,
} from '../../src/simulator/index.ts';
import { DASHSCOPE_REGIONS } from '../../src/upstream/dashscope.ts';
import { failure, type Rig, type RigOptions, ready, rig } from '../surface/harness.ts';

let at: Rig;

/** The profile is told by the address alone. */
function open(options: RigOptions['options'] = {}, simulator: SimulatorOptions = {}): Rig {
  const sim = createSimulator({ personality: 'dashscope', ...simulator });
  at = rig({ simulator: sim, options, baseURL: DASHSCOPE_REGIONS.singapore });
  return at;
}

afterEach(() => {
  // What DashScope ignores in silence is never sent (§C.3).
  for (const { path, ignored } of at.sim.requests) expect([path, ignored ?? []]).toEqual([path, []]);
});

type Made = Parameters<typeof ready>[1];

async function run(assistant: Made = {}, content = 'Hello there') {
  const ids = await ready(at, { model: 'qwen-plus', ...assistant }, content);
  const { beta } = at;
  const ended = await beta.threads.runs.createAndPoll(ids.thread_id, { assistant_id: ids.assistant_id });
  const messages = await beta.threads.messages.list(ids.thread_id, { run_id: ended.id });
  const steps = await beta.threads.runs.steps.list(ended.id, { thread_id: ids.thread_id, order: 'asc' });
  const text = messages.data
    .flatMap(({ content: parts }) => parts.map((part) => (part.type === 'text' ? part.text.value : '')))
    .join('');
  return { ...ids, run: ended, text, steps: steps.data };
}

/** The calls that a run asks its caller for. */
const calls = (of: Awaited<ReturnType<typeof run>>['run']) =>
  of.required_action?.submit_tool_outputs.tool_calls ?? [];

const look = (name: string) => ({ type: 'function' as const, function: { name } });
const bodies = () => at.sim.responsesRequests.map(({ body }) => body as unknown as Record<string, unknown>);

describe('a run', () => {
  it('answers with the successor of its model, and shows the name it was given (§C.2)', async () => {
    open();
    at.sim.script(say('Good day.'));
    const { run: ended, text } = await run();
    expect([ended.status, ended.model, text]).toEqual(['completed', 'qwen-plus', 'Good day.']);
    expect(bodies()[0]).toMatchObject({ model: 'qwen3.7-plus', store: false, reasoning: { effort: 'none' } });
    expect(ended.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('takes the model that the option names', async () => {
    open({ models: { 'qwen-plus': 'qwen3.6-flash' } });
    await run();
    expect(bodies()[0]?.model).toBe('qwen3.6-flash');
  });

  it('streams', async () => {
    const { beta, sim } = open();
    sim.script(say('One two three', { deltas: 3 }));
    const { assistant_id, thread_id } = await ready(at, { model: 'qwen-max' });
    const deltas: string[] = [];
    const stream = beta.threads.runs
      .stream(thread_id, { assistant_id })
      .on('textDelta', ({ value }) => deltas.push(value ?? ''));
    expect((await stream.finalMessages())[0]?.content).toMatchObject([{ text: { value: 'One two three' } }]);
    expect(deltas.filter(Boolean)).toHaveLength(3);
  });

  it('goes on after more than the seven days that a response id lives (§C.8)', async () => {
    const { beta, sim } = open();
    const { assistant_id, thread_id } = await run({}, 'My name is Ada');
    sim.advance(8 * 24 * 3600 * 1000);
    await beta.threads.messages.create(thread_id, { role: 'user', content: 'What is my name?' });
    await beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const { data } = await beta.threads.messages.list(thread_id, { limit: 1 });
    expect(data[0]?.content).toMatchObject([{ text: { value: 'Your name is Ada.' } }]);
    expect(bodies().some((body) => 'previous_response_id' in body || 'conversation' in body)).toBe(false);
  });

  it('is incomplete at its token limit, of which no less than 16 is asked for (§C.3)', async () => {
    const { beta, sim } = open();
    sim.script(turn(say('Once'), incomplete('max_output_tokens')));
    const { assistant_id, thread_id } = await ready(at, { model: 'qwen-plus' });
    const ended = await beta.threads.runs.createAndPoll(thread_id, {
      assistant_id,
      max_completion_tokens: 3,
    });
    expect(ended).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
    });
    expect(bodies()[0]?.max_output_tokens).toBe(16);
  });

  it('sends the headers of a profile of one’s own, say for the session cache (§C.8)', async () => {
    open({ profile: { extends: 'dashscope', headers: { 'x-dashscope-session-cache': 'enable' } } });
    expect((await run()).run.status).toBe('completed');
    expect(at.sim.responsesRequests[0]?.headers['x-dashscope-session-cache']).toBe('enable');
  });
});

describe('a run with functions', () => {
  it('gets all calls of a turn, and its outputs go back each behind its call (§C.4)', async () => {
    const { beta, sim } = open();
    sim.script(
      turn(
        callFunctions(
          { name: 'weather', arguments: { city: 'Paris' }, call_id: 'call_a' },
          { name: 'time', arguments: { city: 'Rome' }, call_id: 'call_b' },
        ),
      ),
      say('Sunny at nine.'),
    );
    const { run: waiting, thread_id } = await run({ tools: [look('weather'), look('time')] });
    expect(calls(waiting)).toMatchObject([
      { id: 'call_a', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { id: 'call_b', function: { name: 'time', arguments: '{"city":"Rome"}' } },
    ]);
    const ended = await beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [
        { tool_call_id: 'call_b', output: 'nine' },
        { tool_call_id: 'call_a', output: 'sunny' },
      ],
    });
    expect(ended.status).toBe('completed');
    expect(bodies()[1]?.input).toMatchObject([
      { role: 'user' },
      { type: 'function_call', call_id: 'call_a' },
      { type: 'function_call_output', call_id: 'call_a', output: 'sunny' },
      { type: 'function_call', call_id: 'call_b' },
      { type: 'function_call_output', call_id: 'call_b', output: 'nine' },
    ]);
  });

  it('may call one `search`, though DashScope allows no such name (§C.5)', async () => {
    const { beta, sim } = open();
    sim.script(({ body }) => {
      const [tool] = body.tools ?? [];
      return callFunctions({ name: tool?.type === 'function' ? tool.name : '', arguments: { q: 'x' } });
    }, say('Found.'));
    const { run: waiting, thread_id, steps } = await run({ tools: [look('search')] });
    const [call] = calls(waiting);
    expect(call?.function).toEqual({ name: 'search', arguments: '{"q":"x"}' });
    expect(steps[0]?.step_details).toMatchObject({ tool_calls: [{ function: { name: 'search' } }] });
    const ended = await beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: 'here' }],
    });
    expect(ended.status).toBe('completed');
  });

  it('thinks as much as it was told, and has its thoughts again when the outputs are in (§C.4)', async () => {
    const { beta, sim } = open();
    sim.script(turn(reason('The weather first'), callFunctions({ name: 'weather' })), say('Sunny.'));
    const { run: waiting, thread_id } = await run({ tools: [look('weather')], reasoning_effort: 'low' });
    await beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: calls(waiting)[0]?.id ?? '', output: 'sunny' }],
    });
    expect(bodies()[0]?.reasoning).toEqual({ effort: 'low' });
    expect(bodies()[1]?.input).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', summary: [{ text: 'The weather first' }] },
      { type: 'function_call' },
      { type: 'function_call_output' },
    ]);
  });

  it('is made to call by a list of allowed tools (§C.3)', async () => {
    const { beta, sim } = open();
    sim.script(callFunctions({ name: 'time' }));
    const { assistant_id, thread_id } = await ready(at, {
      model: 'qwen-plus',
      tools: [look('weather'), look('time')],
    });
    const waiting = await beta.threads.runs.createAndPoll(thread_id, {
      assistant_id,
      tool_choice: { type: 'function', function: { name: 'time' } },
    });
    expect(waiting.status).toBe('requires_action');
    expect(bodies()[0]?.tool_choice).toEqual({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'time' }],
    });
  });
});

describe('a run with built-in tools (§C.5)', () => {
  it.each(['qwen-plus', 'qwen-max'])('shows the code of %s and what it printed', async (model) => {
    open();
    at.sim.script(turn(runCode({ code: 'print(6 * 7)', logs: '42\n' }), say('It is 42.')));
    const { run: ended, text, steps } = await run({ model, tools: [{ type: 'code_interpreter' }] });
    expect([ended.status, text]).toEqual(['completed', 'It is 42.']);
    expect(steps[0]?.step_details).toMatchObject({
      tool_calls: [
        { code_interpreter: { input: 'print(6 * 7)', outputs: [{ type: 'logs', logs: '42\n' }] } },
      ],
    });
    expect(at.sim.requests.every(({ path }) => path === '/responses')).toBe(true);
  });

  it('tells the next turn in words what code has run (§C.4)', async () => {
    const { beta, sim } = open();
    sim.script(
      turn(runCode({ code: 'print(6 * 7)', logs: '42\n' }), callFunctions({ name: 'save' })),
      say('Saved.'),
    );
    const { run: waiting, thread_id } = await run({ tools: [{ type: 'code_interpreter' }, look('save')] });
    const ended = await beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: calls(waiting)[0]?.id ?? '', output: 'ok' }],
    });
    expect(ended.status).toBe('completed');
    expect(bodies()[1]?.input).toMatchObject([
      { role: 'user' },
      { role: 'developer', content: expect.stringMatching(/print\(6 \* 7\)[\s\S]*42/) },
      { type: 'function_call' },
      { type: 'function_call_output' },
    ]);
  });

  it('streams the answer to a web search, whose deltas do not say what they belong to (§C.7)', async () => {
    const { beta, sim } = open();
    sim.script(
      turn(
        searchWeb('news', ['https://a.test']),
        say('Let me see.', { deltas: 2 }),
        searchWeb('more news', ['https://b.test']),
        say('Nothing new.', { deltas: 3 }),
      ),
    );
    const { assistant_id, thread_id } = await ready(at, { model: 'qwen-plus' });
    const seen: string[][] = [];
    await beta.threads.runs
      .stream(thread_id, { assistant_id })
      .on('textCreated', () => seen.push([]))
      .on('textDelta', ({ value }) => seen.at(-1)?.push(value ?? ''))
      .finalRun();
    expect(seen.map((deltas) => deltas.join(''))).toEqual(['Let me see.', 'Nothing new.']);
    expect(seen.map((deltas) => deltas.filter(Boolean).length)).toEqual([2, 3]);
  });

  it('shows a quark_search with what the web search asked and found, URLs alone (§C.5, §A.10)', async () => {
    open();
    at.sim.script(turn(searchWeb('news', ['https://a.test']), say('Nothing new.')));
    const { run: ended, text, steps } = await run({ tools: [{ type: 'quark_search' } as never] });
    expect([ended.status, text]).toEqual(['completed', 'Nothing new.']);
    expect(bodies()[0]?.tools).toEqual([{ type: 'web_search' }]);
    const details = steps[0]?.step_details;
    const [call] = details?.type === 'tool_calls' ? details.tool_calls : [];
    if (call?.type !== 'function') throw new Error('no call is shown');
    expect(call.function.name).toBe('quark_search');
    expect(JSON.parse(call.function.arguments)).toEqual({ query: 'news' });
    expect(JSON.parse(call.function.output ?? '')).toMatchObject({
      success: true,
      data: [{ url: 'https://a.test' }],
    });
  });

  it('searches a knowledge base by its id, and makes no stores', async () => {
    // OpenAI's ids of stores begin with `vs`, those of knowledge bases with anything.
    open({}, { knowledgeBases: { kb_1: { 'garden.txt': 'The garden opens at nine.' } } }).unchecked = true;
    const {
      run: ended,
      text,
      steps,
    } = await run(
      {
        tools: [{ type: 'file_search' }],
        tool_resources: { file_search: { vector_store_ids: ['kb_1'] } },
      },
      'When does the garden open?',
    );
    expect(ended.status).toBe('completed');
    expect(text).toContain('The garden opens at nine');
    expect(steps[0]?.step_details).toMatchObject({
      tool_calls: [{ file_search: { results: [{ file_name: 'garden.txt' }] } }],
    });
  });

  it('is refused with two knowledge bases, and where a store would have to be made', async () => {
    const { beta } = open();
    at.unchecked = true;
    const { assistant_id } = await ready(at, {
      model: 'qwen-plus',
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_store_ids: ['kb_1'] } },
    });
    const thread = await beta.threads.create({
      messages: [{ role: 'user', content: 'Hi' }],
      tool_resources: { file_search: { vector_store_ids: ['kb_2'] } },
    });
    const two = await failure(beta.threads.runs.create(thread.id, { assistant_id }));
    expect([two.status, two.message]).toEqual([
      400,
      "400 This upstream (profile 'dashscope') searches 1 vector store at a time, and the assistant and the thread together name 2: kb_1, kb_2.",
    ]);
    const attached = await failure(
      beta.threads.messages.create(thread.id, {
        role: 'user',
        content: 'Read this',
        attachments: [{ file_id: 'file-1', tools: [{ type: 'file_search' }] }],
      }),
    );
    expect([attached.status, attached.message]).toEqual([
      400,
      expect.stringContaining("profile 'dashscope') makes no vector stores"),
    ]);
    expect(bodies()).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('as a rate limit inside an HTTP 200 is tried again (§C.7)', async () => {
    open({ maxRetries: 1 });
    at.sim.script(rateLimit(), say('Through at last.'));
    const { run: ended, text } = await run();
    expect([ended.status, text]).toEqual(['completed', 'Through at last.']);
    expect(bodies()).toHaveLength(2);
  });

  it('as a rate limit that stays ends the run as rate_limit_exceeded', async () => {
    open({ maxRetries: 0 });
    at.sim.script(rateLimit());
    const { run: ended } = await run();
    expect(ended).toMatchObject({
      status: 'failed',
      last_error: {
        code: 'rate_limit_exceeded',
        message: 'Requests rate limit exceeded, please try again later.',
      },
    });
  });

  it('as a rate limit behind a text that was shown is not tried again', async () => {
    open({ maxRetries: 2 });
    at.sim.script(turn(say('Once'), fail('server_error', 'Requests rate limit exceeded.')));
    const { run: ended } = await run();
    expect(ended.last_error?.code).toBe('rate_limit_exceeded');
    expect(bodies()).toHaveLength(1);
  });

  it.each([
    ['Throttling.RateQuota', 429, 'rate_limit_exceeded'],
    ['DataInspectionFailed', 400, 'invalid_prompt'],
    ['Arrearage', 400, 'rate_limit_exceeded'],
    ['InternalError.Algo', 500, 'server_error'],
  ])(
    'as a flat %s (HTTP %d) ends the run as %s, in DashScope’s words (§C.9)',
    async (code, status, expected) => {
      open({ maxRetries: 0 });
      at.sim.script(httpError(status, { code, message: 'What DashScope says of it.' }));
      const { run: ended } = await run();
      expect(ended.last_error).toEqual({ code: expected, message: 'What DashScope says of it.' });
    },
  );

  it('as a failed response ends the run with its words (§C.7)', async () => {
    open();
    at.sim.script(turn(say('Once'), fail('server_error', 'The model broke off.')));
    const { run: ended } = await run();
    expect(ended).toMatchObject({
      status: 'failed',
      last_error: { code: 'server_error', message: 'The model broke off.' },
    });
  });

  it('as a stream that is cut ends the run as server_error, though no [DONE] is missing (§C.7)', async () => {
    open();
    at.sim.script(turn(say('Once upon a time'), cut({ afterEvents: 6, clean: true })));
    const { run: ended } = await run();
    expect(ended.last_error).toEqual({
      code: 'server_error',
      message: 'The upstream closed the stream before the response was complete.',
    });
  });

  it('as a key that is not known is told to the caller (§C.9)', async () => {
    const { beta } = open({}, { apiKey: 'sk-other' });
    const { assistant_id, thread_id } = await ready(at, { model: 'qwen-plus' });
    const error = await failure(beta.threads.runs.create(thread_id, { assistant_id }));
    expect([error.status, error.message]).toEqual([401, '401 Invalid API-key provided.']);
  });

  it('as a model that is not there is told to the caller, by the name that the caller gave (§C.2)', async () => {
    const { beta } = open();
    const { assistant_id, thread_id } = await ready(at, { model: 'gpt-4o' });
    const error = await failure(beta.threads.runs.create(thread_id, { assistant_id }));
    expect([error.status, error.code]).toEqual([400, 'unsupported_model']);
    expect(error.message).toContain("'gpt-4o'");
  });
});

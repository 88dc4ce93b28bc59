/** The orders of §3.3, event by event, through every major's low-level stream (§5.2). */
import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  fail,
  httpError,
  incomplete,
  refuse,
  runCode,
  say,
  searchFiles,
  turn,
} from '../../src/simulator/index.ts';
import type { StreamEvent } from '../translate/legal.ts';
import { majors } from './clients.ts';
import { collect, names, type Rig, ready, rig } from './harness.ts';

const RUN_BEGINS = ['run.created', 'run.queued', 'run.in_progress'];
const TOOL_STEP_BEGINS = ['run.step.created', 'run.step.in_progress'];
const MESSAGE_BEGINS = [...TOOL_STEP_BEGINS, 'message.created', 'message.in_progress'];
const MESSAGE_ENDS = ['message.completed', 'run.step.completed'];
const deltas = (count: number) => Array.from({ length: count }, () => 'message.delta');
const stepDeltas = (count: number) => Array.from({ length: count }, () => 'run.step.delta');

const WEATHER = { type: 'function' as const, function: { name: 'get_weather' } };
const TIME = { type: 'function' as const, function: { name: 'get_time' } };
const INCLUDE = 'step_details.tool_calls[*].file_search.results[*].content';

// biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of object
const dataOf = (events: StreamEvent[], event: string): any[] =>
  events.filter((one) => one.event === `thread.${event}`).map(({ data }) => data);

async function start(r: Rig, assistant: Parameters<typeof ready>[1] = {}, params: object = {}) {
  const { assistant_id, thread_id } = await ready(r, assistant);
  const stream = await r.beta.threads.runs.create(thread_id, { assistant_id, stream: true, ...params });
  return { thread_id, assistant_id, events: await collect(stream) };
}

describe.each(majors)('openai $major', (major) => {
  it('(a) plain text: the step, then the message, both closed before the run completes', async () => {
    const r = rig({ major });
    r.sim.script(say('Hello there, friend', { deltas: 3 }));
    const { events } = await start(r);
    expect(names(events)).toEqual([
      ...RUN_BEGINS,
      ...MESSAGE_BEGINS,
      ...deltas(3),
      ...MESSAGE_ENDS,
      'run.completed',
    ]);
    expect(r.lastStream().at(-1)).toBe('done');
    const [created] = dataOf(events, 'run.created');
    expect(created).toMatchObject({ status: 'queued', started_at: null, usage: null });
    expect(dataOf(events, 'run.queued')).toEqual([created]);
    const [step] = dataOf(events, 'run.step.created');
    const [opened] = dataOf(events, 'message.created');
    expect(step.step_details).toEqual({
      type: 'message_creation',
      message_creation: { message_id: opened.id },
    });
    expect(opened).toMatchObject({ content: [], status: 'in_progress', role: 'assistant' });
    const parts = dataOf(events, 'message.delta').map(({ delta }) => delta.content);
    expect(parts.map(([part]) => Object.keys(part.text))).toEqual([
      ['value', 'annotations'],
      ['value'],
      ['value'],
    ]);
    expect(parts.map(([part]) => part.text.value).join('')).toBe('Hello there, friend');
    const [ended] = dataOf(events, 'run.completed');
    expect(dataOf(events, 'run.step.completed')[0].usage).toEqual(ended.usage);
    expect(ended.usage.total_tokens).toBe(ended.usage.prompt_tokens + ended.usage.completion_tokens);
  });

  it('(b) function calls: the step stays open over requires_action and is completed first by the submit stream', async () => {
    const r = rig({ major });
    r.sim.script(
      callFunctions(
        {
          name: 'get_weather',
          arguments: '{"city":"Paris"}',
          call_id: 'call_a',
          deltas: ['{"city":', '"Paris"}'],
        },
        { name: 'get_time', arguments: '{}', call_id: 'call_b', deltas: ['{}'] },
      ),
      say('Sunny.', { deltas: 1 }),
    );
    const { thread_id, events } = await start(r, { tools: [WEATHER, TIME] });
    expect(names(events)).toEqual([
      ...RUN_BEGINS,
      ...TOOL_STEP_BEGINS,
      ...stepDeltas(5),
      'run.requires_action',
    ]);
    expect(dataOf(events, 'run.step.delta').map(({ delta }) => delta.step_details.tool_calls)).toEqual([
      [
        {
          index: 0,
          id: 'call_a',
          type: 'function',
          function: { name: 'get_weather', arguments: '', output: null },
        },
      ],
      [{ index: 0, type: 'function', function: { arguments: '{"city":' } }],
      [{ index: 0, type: 'function', function: { arguments: '"Paris"}' } }],
      [
        {
          index: 1,
          id: 'call_b',
          type: 'function',
          function: { name: 'get_time', arguments: '', output: null },
        },
      ],
      [{ index: 1, type: 'function', function: { arguments: '{}' } }],
    ]);
    const [waiting] = dataOf(events, 'run.requires_action');
    expect(waiting).toMatchObject({
      usage: null,
      required_action: {
        type: 'submit_tool_outputs',
        submit_tool_outputs: {
          tool_calls: [
            {
              id: 'call_a',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
            },
            { id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '{}' } },
          ],
        },
      },
    });

    const submit = await r.beta.threads.runs.submitToolOutputs(waiting.id, {
      thread_id,
      stream: true,
      tool_outputs: [
        { tool_call_id: 'call_b', output: 'noon' },
        { tool_call_id: 'call_a', output: 'sun' },
      ],
    });
    const second = await collect(submit as unknown as AsyncIterable<{ event: string; data: unknown }>);
    expect(names(second)).toEqual([
      'run.step.completed',
      'run.queued',
      'run.in_progress',
      ...MESSAGE_BEGINS,
      ...deltas(1),
      ...MESSAGE_ENDS,
      'run.completed',
    ]);
    const [step] = dataOf(second, 'run.step.completed');
    expect(step.id).toBe(dataOf(events, 'run.step.created')[0].id);
    expect(step.usage.total_tokens).toBeGreaterThan(0);
    expect(
      step.step_details.tool_calls.map((call: { function: { output: string } }) => call.function.output),
    ).toEqual(['sun', 'noon']);
    const [queued] = dataOf(second, 'run.queued');
    expect(queued).toMatchObject({ required_action: null, started_at: waiting.started_at, usage: null });
  });

  it('(c) code interpreter: its input piece by piece, each output once, then the step completed', async () => {
    const r = rig({ major });
    r.sim.script(
      turn(
        runCode({
          code: 'print(6*7)',
          logs: '42\n',
          images: [Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
          deltas: ['print(', '6*7)'],
        }),
        say('It is 42.', { deltas: 1 }),
      ),
    );
    const { events } = await start(r, { tools: [{ type: 'code_interpreter' }] });
    expect(names(events)).toEqual([
      ...RUN_BEGINS,
      ...TOOL_STEP_BEGINS,
      ...stepDeltas(5),
      'run.step.completed',
      ...MESSAGE_BEGINS,
      ...deltas(1),
      ...MESSAGE_ENDS,
      'run.completed',
    ]);
    const calls = dataOf(events, 'run.step.delta').map(({ delta }) => delta.step_details.tool_calls[0]);
    const { id } = calls[0];
    const call = { index: 0, type: 'code_interpreter' };
    const file_id = expect.stringMatching(/^file-/);
    expect(id).toMatch(/^call_/);
    expect(calls).toEqual([
      { ...call, id, code_interpreter: { input: '', outputs: [] } },
      { ...call, code_interpreter: { input: 'print(' } },
      { ...call, code_interpreter: { input: '6*7)' } },
      { ...call, code_interpreter: { outputs: [{ index: 0, type: 'logs', logs: '42\n' }] } },
      { ...call, code_interpreter: { outputs: [{ index: 1, type: 'image', image: { file_id } }] } },
    ]);
    const [step] = dataOf(events, 'run.step.completed');
    expect(step.step_details.tool_calls).toEqual([
      {
        id,
        type: 'code_interpreter',
        code_interpreter: {
          input: 'print(6*7)',
          outputs: [
            { type: 'logs', logs: '42\n' },
            { type: 'image', image: { file_id } },
          ],
        },
      },
    ]);
  });

  it.each([false, true])(
    '(d) file search: exactly one delta; include[] (%s) fills in the content (§1.5)',
    async (include) => {
      const r = rig({ major });
      const file = r.sim.addFile('facts.txt', 'Bikes are counted.');
      r.sim.script(
        turn(
          searchFiles({
            queries: ['bikes'],
            results: [{ file_id: file.id, filename: 'facts.txt', score: 0.5, text: 'Bikes are counted.' }],
          }),
          say('They are counted.', {
            deltas: ['They are counted', '.'],
            citations: [{ at: 16, file_id: file.id, filename: 'facts.txt' }],
          }),
        ),
      );
      const { events } = await start(
        r,
        {
          tools: [{ type: 'file_search' }],
          tool_resources: { file_search: { vector_stores: [{ file_ids: [file.id] }] } },
        },
        include ? { include: [INCLUDE] } : {},
      );
      expect(names(events)).toEqual([
        ...RUN_BEGINS,
        ...TOOL_STEP_BEGINS,
        ...stepDeltas(1),
        'run.step.completed',
        ...MESSAGE_BEGINS,
        ...deltas(3),
        ...MESSAGE_ENDS,
        'run.completed',
      ]);
      const [[call]] = dataOf(events, 'run.step.delta').map(({ delta }) => delta.step_details.tool_calls);
      expect(call).toMatchObject({ index: 0, type: 'file_search', file_search: { results: [] } });
      const [step] = dataOf(events, 'run.step.completed');
      expect(step.step_details.tool_calls).toEqual([
        {
          id: call.id,
          type: 'file_search',
          file_search: {
            ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0 },
            results: [
              {
                file_id: file.id,
                file_name: 'facts.txt',
                score: 0.5,
                attributes: {},
                ...(include && { content: [{ type: 'text', text: 'Bikes are counted.' }] }),
              },
            ],
          },
        },
      ]);
      const marker = '【4:0†facts.txt】';
      expect(dataOf(events, 'message.delta').map(({ delta }) => delta.content[0].text)[1]).toEqual({
        value: marker,
        annotations: [
          {
            index: 0,
            type: 'file_citation',
            text: marker,
            start_index: 16,
            end_index: 16 + marker.length,
            file_citation: { file_id: file.id, quote: '' },
          },
        ],
      });
      const [{ text }] = dataOf(events, 'message.completed')[0].content;
      expect(text).toEqual({
        value: `They are counted${marker}.`,
        annotations: [
          {
            type: 'file_citation',
            text: marker,
            start_index: 16,
            end_index: 16 + marker.length,
            file_citation: { file_id: file.id },
          },
        ],
      });
    },
  );

  it('(e) a thread created and run: thread.created first, and no event for its first messages', async () => {
    const r = rig({ major });
    const { id: assistant_id } = await r.beta.assistants.create({ model: 'gpt-4o' });
    r.sim.script(say('Hi', { deltas: 1 }));
    const stream = await r.beta.threads.createAndRun({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'Hello' }], metadata: { a: 'b' } },
      stream: true,
    });
    const events = await collect(stream);
    expect(names(events)).toEqual([
      'created',
      ...RUN_BEGINS,
      ...MESSAGE_BEGINS,
      ...deltas(1),
      ...MESSAGE_ENDS,
      'run.completed',
    ]);
    const [thread] = dataOf(events, 'created');
    expect(thread).toMatchObject({ object: 'thread', metadata: { a: 'b' } });
    expect(dataOf(events, 'run.created')[0].thread_id).toBe(thread.id);
  });

  it('(f) a failure while writing: message incomplete, step failed, run failed', async () => {
    const r = rig({ major });
    r.sim.script(turn(say('Once upon', { deltas: 2 }), fail('server_error', 'The model broke off.')));
    const { events } = await start(r);
    const last_error = { code: 'server_error', message: 'The model broke off.' };
    expect(names(events)).toEqual([
      ...RUN_BEGINS,
      ...MESSAGE_BEGINS,
      ...deltas(2),
      'message.incomplete',
      'run.step.failed',
      'run.failed',
    ]);
    expect(dataOf(events, 'message.incomplete')[0].incomplete_details).toEqual({ reason: 'run_failed' });
    expect(dataOf(events, 'run.step.failed')[0]).toMatchObject({ last_error });
    expect(dataOf(events, 'run.failed')[0]).toMatchObject({ last_error, completed_at: null });
  });

  it('(f) a failure before any step: the run alone', async () => {
    const r = rig({ major, options: { maxRetries: 0 } });
    r.sim.script(httpError(500, { message: 'Out of order.' }));
    const { events } = await start(r);
    expect(names(events).filter((name) => name !== 'run.in_progress')).toEqual([
      'run.created',
      'run.queued',
      'run.failed',
    ]);
    expect(dataOf(events, 'run.failed')[0].last_error.message).toBe('Out of order.');
  });

  it.each([
    ['max_output_tokens', 'max_tokens', 'max_completion_tokens'],
    ['content_filter', 'content_filter', 'content_filter'],
  ] as const)(
    '(h) %s: message incomplete, step completed, run incomplete; openai 4 gets the form of 2024',
    async (upstream, messageReason, runReason) => {
      const r = rig({ major });
      r.sim.script(turn(say('Once upon', { deltas: 2 }), incomplete(upstream)));
      const { events } = await start(r);
      const last = major.major === 4 ? 'run.completed' : 'run.incomplete';
      expect(names(events)).toEqual([
        ...RUN_BEGINS,
        ...MESSAGE_BEGINS,
        ...deltas(2),
        'message.incomplete',
        'run.step.completed',
        last,
      ]);
      expect(dataOf(events, 'message.incomplete')[0]).toMatchObject({
        incomplete_details: { reason: messageReason },
        completed_at: null,
      });
      expect(dataOf(events, last)[0]).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: runReason },
      });
    },
  );

  it('(h) the helper ends with the incomplete run, and does not throw', async () => {
    const r = rig({ major });
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(turn(say('Once upon'), incomplete('max_output_tokens')));
    const stream = r.beta.threads.runs.stream(thread_id, { assistant_id });
    expect(await stream.finalRun()).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_completion_tokens' },
    });
  });

  it('a refusal is a part of the message, and the run completes (§4.4)', async () => {
    const r = rig({ major });
    r.sim.script(refuse('I cannot help with that.', { deltas: 2 }));
    const { thread_id, events } = await start(r);
    expect(names(events).slice(-4)).toEqual(['message.delta', ...MESSAGE_ENDS, 'run.completed']);
    const parts = dataOf(events, 'message.delta').map(({ delta }) => delta.content[0]);
    expect(parts.map(({ index, type }) => [index, type])).toEqual([
      [0, 'refusal'],
      [0, 'refusal'],
    ]);
    const content = [{ type: 'refusal', refusal: 'I cannot help with that.' }];
    expect(parts.map(({ refusal }) => refusal).join('')).toBe(content[0]?.refusal);
    const [message] = (await r.beta.threads.messages.list(thread_id)).data;
    expect(message?.content).toEqual(content);
  });
});

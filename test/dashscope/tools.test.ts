/** Tools of DashScope in its own dialect: steps and deltas (docs/contracts/dashscope.md §A.9.2, §A.10). */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AssistantEvent, RunStep } from '../../src/assistants/types.ts';
import { createEventPresenter } from '../../src/http/dashscope/events.ts';
import { defineTool } from '../../src/index.ts';
import { callFunctions, say, searchWeb, turn } from '../../src/simulator/index.ts';
import { names } from './frames.ts';
import { ready, rig } from './rig.ts';

/** Tools of the same names as DashScope's, which need no network. */
const stand = (type: string, output: unknown) =>
  defineTool({ type, description: type, parameters: z.object({ query: z.string() }), execute: () => output });

const FOUND = {
  success: true,
  errorCode: null,
  errorMsg: null,
  data: [{ title: 't', url: 'u' }],
  failed: false,
};

describe('a streamed built-in (§A.9)', () => {
  it('is told as arguments, then output, then whole in the completed step; nothing of it is required of the caller', async () => {
    const rigged = rig();
    rigged.sim.script(
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '12313x13232' } }),
      say('162925616'),
    );
    const { assistant_id, thread_id } = await ready(rigged, { tools: [{ type: 'calculator' }] });
    const frames = await rigged.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
    const steps = frames.filter(({ event }) => event.startsWith('thread.run.step.'));
    const deltas = steps.filter(({ event }) => event === 'thread.run.step.delta');
    const [{ data: created }, { data: progress }] = steps as [(typeof steps)[0], (typeof steps)[0]];
    expect(created.step_details).toEqual({ type: 'tool_calls', tool_calls: [] });
    expect(progress.step_details).toEqual({ type: 'tool_calls', tool_calls: [] });

    const output = '{"equations":["12313 * 13232"],"results":[162925616]}';
    const pieces = deltas.map(({ data }) => data.delta.step_details.tool_calls);
    for (const calls of pieces) {
      expect(calls).toHaveLength(1);
      expect(Object.keys(calls[0])).toEqual(['type', 'calculator']);
    }
    const said = pieces.map(([call]) => call.calculator.arguments ?? '').join('');
    expect(JSON.parse(said)).toEqual({ payload__input__text: '12313x13232' });
    expect(pieces.at(-1)).toEqual([{ type: 'calculator', calculator: { output } }]);
    expect(pieces.filter(([call]) => 'output' in call.calculator)).toHaveLength(1);

    const completed = steps.find(({ event }) => event === 'thread.run.step.completed');
    const whole = [{ id: expect.any(String), type: 'calculator', calculator: { arguments: said, output } }];
    expect(completed?.data).toMatchObject({ status: 'completed', step_details: { tool_calls: whole } });
    expect(names(frames)).not.toContain('run.requires_action');
    expect(names(frames).slice(-2)).toEqual(['run.completed', 'done']);

    const { id } = frames[0]?.data ?? {};
    const [listed] = (await rigged.ok('GET', `/threads/${thread_id}/runs/${id}/steps?order=asc`)).data;
    expect(listed.step_details.tool_calls).toEqual(whole);
  });

  it('quark_search is the upstream’s search, its query in the arguments and what it found as one JSON text (§A.10)', async () => {
    const rigged = rig();
    rigged.sim.script(turn(searchWeb('weather in Hangzhou'), say('Rain.')));
    const { assistant_id, thread_id } = await ready(rigged, { tools: [{ type: 'quark_search' }] });
    const frames = await rigged.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
    expect(names(frames).slice(3, 8)).toEqual([
      ...[
        'run.step.created',
        'run.step.in_progress',
        'run.step.delta',
        'run.step.delta',
        'run.step.completed',
      ],
    ]);
    const [asked, found, completed] = frames.slice(5, 8).map(({ data }) => data);
    const [first] = asked.delta.step_details.tool_calls;
    expect(first).toEqual({
      type: 'quark_search',
      quark_search: { arguments: JSON.stringify({ query: 'weather in Hangzhou' }) },
    });
    const [second] = found.delta.step_details.tool_calls;
    expect(Object.keys(second.quark_search)).toEqual(['output']);
    expect(JSON.parse(second.quark_search.output)).toMatchObject({ success: true, data: expect.any(Array) });
    expect(completed.step_details.tool_calls).toEqual([
      {
        id: expect.any(String),
        type: 'quark_search',
        quark_search: { ...first.quark_search, ...second.quark_search },
      },
    ]);
  });

  it('of OpenAI’s dialect is a function call by the tool’s name', async () => {
    const rigged = rig();
    rigged.sim.script(
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '1+1' } }),
      say('2'),
    );
    const { assistant_id, thread_id } = await ready(rigged, { tools: [{ type: 'calculator' }] });
    const run = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    await rigged.wait(thread_id, run.id);
    const answer = await rigged.gateway.fetch(
      new Request(`http://gateway.test/v1/threads/${thread_id}/runs/${run.id}/steps?order=asc`, {
        headers: { authorization: 'Bearer sk-one', 'openai-beta': 'assistants=v2' },
      }),
    );
    const [step] = ((await answer.json()) as { data: RunStep[] }).data;
    expect(step?.step_details).toMatchObject({
      tool_calls: [
        { type: 'function', function: { name: 'calculator', output: expect.stringContaining('[2]') } },
      ],
    });
  });
});

describe('which tools are streamed (§A.9.2)', () => {
  it.each([
    ['quark_search', true],
    ['text_to_image', true],
    ['generate_qrcode', false],
    ['github_search', false],
    ['some_plugin', false],
  ])('%s: %s; its entry is keyed by its type', async (type, streams) => {
    const rigged = rig({ options: { tools: [stand(type, FOUND)] } });
    rigged.sim.script(callFunctions({ name: type, arguments: { query: 'x' } }), say('done'));
    const { assistant_id, thread_id } = await ready(rigged, { tools: [{ type }] });
    const frames = await rigged.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
    expect(frames.some(({ event }) => event === 'thread.run.step.delta')).toBe(streams);
    const completed = frames.find(({ event }) => event === 'thread.run.step.completed');
    expect(completed?.data.step_details.tool_calls).toEqual([
      { id: expect.any(String), type, [type]: { arguments: '{"query":"x"}', output: JSON.stringify(FOUND) } },
    ]);
  });

  it('a caller’s function beside a built-in stays a function, and only it is asked for', async () => {
    const fn = { name: 'big_add', description: 'adds', parameters: { type: 'object', properties: {} } };
    const rigged = rig();
    rigged.sim.script(
      callFunctions(
        { name: 'calculator', arguments: { payload__input__text: '1+1' } },
        { name: 'big_add', arguments: {} },
      ),
      say('2 and 3'),
    );
    const { assistant_id, thread_id } = await ready(rigged, {
      tools: [{ type: 'calculator' }, { type: 'function', function: fn }],
    });
    const created = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    const run = await rigged.wait(thread_id, created.id);
    const { tool_calls } = run.required_action.submit_tool_outputs;
    expect(tool_calls.map((call: { function: { name: string } }) => call.function.name)).toEqual(['big_add']);
    const path = `/threads/${thread_id}/runs/${run.id}`;
    await rigged.ok('POST', `${path}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: '', output: '3' }],
    });
    await rigged.wait(thread_id, run.id);
    const [step] = (await rigged.ok('GET', `${path}/steps?order=asc`)).data;
    expect(step.step_details.tool_calls).toMatchObject([
      { type: 'calculator', calculator: { output: expect.stringContaining('[2]') } },
      { type: 'function', function: { name: 'big_add', output: '3' } },
    ]);
  });
});

describe('a caller’s function that is called like a tool of the run', () => {
  const named = (name: string) => ({
    type: 'function',
    function: { name, description: 'mine', parameters: { type: 'object', properties: {} } },
  });

  it('is the caller’s: its call is a function call and asked for, the tool’s is keyed by its type', async () => {
    const rigged = rig();
    rigged.sim.script(
      callFunctions(
        { name: 'calculator', arguments: {} },
        { name: 'calculator_tool', arguments: { payload__input__text: '1+1' } },
      ),
      say('2 and 3'),
    );
    const { assistant_id, thread_id } = await ready(rigged, {
      tools: [{ type: 'calculator' }, named('calculator')],
    });
    const frames = await rigged.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
    const offered = rigged.sim.responsesRequests[0]?.body as { tools: { name: string }[] };
    expect(offered.tools.map(({ name }) => name).sort()).toEqual(['calculator', 'calculator_tool']);
    const run = frames.at(-2)?.data;
    const { tool_calls } = run.required_action.submit_tool_outputs;
    expect(tool_calls).toMatchObject([{ type: 'function', function: { name: 'calculator' } }]);
    expect(tool_calls).toHaveLength(1);
    const deltas = frames.filter(({ event }) => event === 'thread.run.step.delta');
    expect(deltas.length).toBeGreaterThan(0);
    const pieces = deltas.map(({ data }) => data.delta.step_details.tool_calls[0]);
    expect(pieces.map((piece) => piece.calculator.arguments ?? '').join('')).toBe(
      '{"payload__input__text":"1+1"}',
    );
    const path = `/threads/${thread_id}/runs/${run.id}`;
    await rigged.ok('POST', `${path}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: '', output: '3' }],
    });
    await rigged.wait(thread_id, run.id);
    const [step] = (await rigged.ok('GET', `${path}/steps?order=asc`)).data;
    expect(step.step_details.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'calculator', output: '3' } },
      { type: 'calculator', calculator: { output: expect.stringContaining('[2]') } },
    ]);
  });

  it('beside the upstream’s search and by the search’s former name, too', async () => {
    const rigged = rig();
    rigged.sim.script(
      turn(searchWeb('news'), callFunctions({ name: 'quark_search', arguments: {} })),
      say('Done.'),
    );
    const { assistant_id, thread_id } = await ready(rigged, {
      tools: [{ type: 'search' }, named('quark_search')],
    });
    const { id } = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    const run = await rigged.wait(thread_id, id);
    expect(run.required_action.submit_tool_outputs.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'quark_search' } },
    ]);
    const { data } = await rigged.ok('GET', `/threads/${thread_id}/runs/${id}/steps?order=asc`);
    expect(data.map((step: RunStep) => step.step_details)).toMatchObject([
      { tool_calls: [{ type: 'search', search: { arguments: '{"query":"news"}' } }] },
      { tool_calls: [{ type: 'function', function: { name: 'quark_search' } }] },
    ]);
  });
});

describe('a tool’s former name (§A.10)', () => {
  const call = {
    id: 'call_1',
    type: 'function' as const,
    function: { name: 'quark_search', arguments: '', output: null },
  };
  const step = {
    id: 'step_1',
    type: 'tool_calls',
    step_details: { type: 'tool_calls', tool_calls: [] },
  } as unknown;
  const delta = (value: object): AssistantEvent =>
    ({
      event: 'thread.run.step.delta',
      data: { id: 'step_1', delta: { step_details: { type: 'tool_calls', tool_calls: [value] } } },
    }) as unknown as AssistantEvent;

  it('keys the entry where the assistant was declared with it', () => {
    const present = createEventPresenter({ tools: [{ type: 'search' }] as never });
    present({ event: 'thread.run.step.created', data: step } as AssistantEvent);
    expect(present(delta({ index: 0, ...call }))).toEqual([]);
    const [told] = present(delta({ index: 0, type: 'function', function: { arguments: '{"query"' } }));
    expect(told?.data).toMatchObject({
      delta: { step_details: { tool_calls: [{ type: 'search', search: { arguments: '{"query"' } }] } },
    });
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the original
/**
 * Each of DashScope's tools run end to end: its step, polled and streamed, and its deltas (docs/contracts/dashscope.md §A.8,
 * §A.9, §A.9.2, §A.10).
 */
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { callFunctions, runCode, say, searchWeb, turn } from '../../src/simulator/index.ts';
import { loopback } from '../tools/loopback.ts';
import { type Frame, names } from './frames.ts';
import { type Rig, ready, rig } from './rig.ts';

type Script = Parameters<Rig['sim']['script']>;

const MS = expect.any(Number);

/** A streamed run over the simulator's DashScope, and the same run's steps, polled. */
async function streamed(
  tools: object[],
  script: Script,
  options: GatewayOptions = {},
  assistant: object = {},
) {
  const made = rig({
    options: { ...options, profile: 'dashscope' },
    simulator: { personality: 'dashscope' },
  });
  made.sim.script(...script);
  const { assistant_id, thread_id } = await ready(made, { model: 'qwen-max', tools, ...assistant });
  const frames = await made.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
  const run = frames.at(-2)?.data;
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  const steps = `/threads/${thread_id}/runs/${run.id}/steps`;
  const listed = (await made.ok('GET', `${steps}?order=asc`)).data;
  return { made, frames, listed, steps, ids: { assistant_id, thread_id, run_id: run.id } };
}

/** What the step of a tool has to be, in all of its forms. @returns what it shows of the call */
async function checkStep(
  type: string,
  streams: boolean,
  { made, frames, listed, steps, ids }: Awaited<ReturnType<typeof streamed>>,
) {
  const inOrder = names(frames);
  const deltas = frames.filter(({ event }) => event === 'thread.run.step.delta').map(({ data }) => data);
  expect(deltas.length > 0).toBe(streams);
  // §A.9: the order with a streamed built-in; the others have no deltas (§A.9.2).
  const first = inOrder.indexOf('run.step.created');
  expect(inOrder.slice(0, first + 2 + deltas.length + 3)).toEqual([
    ...['run.created', 'run.queued', 'run.in_progress', 'run.step.created', 'run.step.in_progress'],
    ...deltas.map(() => 'run.step.delta'),
    ...['run.step.completed', 'run.step.created', 'run.step.in_progress'],
  ]);
  expect(inOrder).not.toContain('run.requires_action');
  expect(inOrder.slice(-3)).toEqual(['run.step.completed', 'run.completed', 'done']);

  const [created, progress] = frames.slice(first, first + 2).map(({ data }) => data);
  const completed = frames[inOrder.indexOf('run.step.completed')]?.data;
  // §A.8: the step; in a stream what is not set is null.
  const open = {
    ...{ id: created.id, object: 'thread.run.step', created_at: MS, ...ids, type: 'tool_calls' },
    ...{ status: 'in_progress', step_details: { type: 'tool_calls', tool_calls: [] }, last_error: null },
    ...{ expired_at: null, cancelled_at: null, failed_at: null, completed_at: null },
    ...{ metadata: {}, usage: null, request_id: created.request_id },
  };
  expect(created).toEqual(open);
  expect(progress).toEqual(open);
  const [entry] = completed.step_details.tool_calls;
  const shown: { arguments: string; output: string } = entry[type];
  const details = { type: 'tool_calls', tool_calls: [{ id: expect.any(String), type, [type]: shown }] };
  expect(shown).toEqual({
    arguments: expect.any(String),
    output: expect.any(String),
    // For the Python SDK's repr() (§A.9.3).
    ...(type === 'code_interpreter' && { input: expect.any(String) }),
  });
  const done = { status: 'completed', completed_at: MS, step_details: details };
  expect(completed).toEqual({ ...open, ...done, usage: completed.usage });

  // §A.9.2: increments of the arguments, then the output once; no id and no index.
  const pieces = deltas.map(({ delta }) => delta.step_details.tool_calls[0][type]);
  deltas.forEach((data, at) => {
    expect(data).toEqual({
      id: created.id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [{ type, [type]: pieces[at] }] } },
      request_id: created.request_id,
    });
  });
  if (streams) {
    expect(pieces.pop()).toEqual({ output: shown.output });
    for (const piece of pieces) expect(Object.keys(piece)).toEqual(['arguments']);
    expect(pieces.map((piece) => piece.arguments).join('')).toBe(shown.arguments);
  }

  // §A.8: a list has other values where nothing is set.
  const unset = { expired_at: 0, cancelled_at: -1, failed_at: -1, last_error: { code: '', message: '' } };
  const { request_id: _, ...step } = completed;
  expect(listed[0]).toEqual({ ...step, ...unset, usage: step.usage ?? {} });
  const one = await made.ok('GET', `${steps}/${created.id}`);
  expect(one).toEqual({ ...completed, request_id: expect.any(String) });
  return { ...shown, said: wholeText(frames) };
}

const wholeText = (frames: Frame[]) =>
  frames
    .filter(({ event }) => event === 'thread.message.delta')
    .map(({ data }) => data.delta.content[0].text.value)
    .join('');

const call = (name: string, args: Record<string, unknown>): Script => [
  callFunctions({ name, arguments: args }),
  say('Done.'),
];

describe('the step of a tool, and its deltas (§A.8, §A.9.2)', () => {
  it('calculator: streamed', async () => {
    const script = call('calculator', { payload__input__text: '12313x13232' });
    const shown = await checkStep('calculator', true, await streamed([{ type: 'calculator' }], script));
    expect(JSON.parse(shown.arguments)).toEqual({ payload__input__text: '12313x13232' });
    expect(shown.output).toBe('{"equations":["12313 * 13232"],"results":[162925616]}');
    expect(shown.said).toBe('Done.');
  });

  for (const type of ['quark_search', 'search']) {
    it(`${type}: streamed`, async () => {
      const script: Script = [turn(searchWeb('weather', ['https://w.example/1']), say('Rain.'))];
      const shown = await checkStep(type, true, await streamed([{ type }], script));
      expect(JSON.parse(shown.arguments)).toEqual({ query: 'weather' });
      expect(JSON.parse(shown.output)).toMatchObject({
        ...{ success: true, errorCode: null, errorMsg: null, failed: false },
        data: [{ url: 'https://w.example/1' }],
      });
      expect(shown.said).toBe('Rain.');
    });
  }

  it('code_interpreter: streamed', async () => {
    const script: Script = [turn(runCode({ code: 'print(1)', logs: '1\n', deltas: 3 }), say('1'))];
    const made = await streamed([{ type: 'code_interpreter' }], script);
    const shown = await checkStep('code_interpreter', true, made);
    expect(shown).toMatchObject({ arguments: '{"code":"print(1)"}', output: '1\n', said: '1' });
  });

  for (const type of ['text_to_image', 'wanx']) {
    it(`${type}: streamed`, async () => {
      const shown = await checkStep(type, true, await streamed([{ type }], call(type, { prompt: 'a cat' })));
      expect(shown.arguments).toBe('{"prompt":"a cat"}');
      expect(JSON.parse(shown.output)).toMatchObject({
        request_id: expect.any(String),
        output: { task_status: 'SUCCEEDED', results: [{ url: expect.stringMatching(/^https?:/) }] },
      });
    });
  }

  it('generate_qrcode: in the completed step only', async () => {
    const options = { publicURL: 'https://rethread.example' };
    const made = await streamed(
      [{ type: 'generate_qrcode' }],
      call('generate_qrcode', { text: 'hi' }),
      options,
    );
    const shown = await checkStep('generate_qrcode', false, made);
    expect(shown.arguments).toBe('{"text":"hi"}');
    expect(JSON.parse(shown.output).url).toMatch(
      /^https:\/\/rethread\.example\/rethread\/images\/[\w-]{32}\.png$/,
    );
  });

  it('github_search: in the completed step only', async () => {
    const item = { full_name: 'octo/cat', html_url: 'https://github.com/octo/cat', description: 'A cat.' };
    const github = await loopback(() =>
      Response.json({ total_count: 1, incomplete_results: false, items: [item] }),
    );
    const made = await streamed([{ type: 'github_search' }], call('github_search', { query: 'cat' }), {
      toolSettings: { github_search: { baseURL: github.url } },
    });
    const shown = await checkStep('github_search', false, made);
    expect(shown.arguments).toBe('{"query":"cat"}');
    const found = { title: 'octo/cat', link: 'https://github.com/octo/cat', summary: 'A cat.' };
    expect(JSON.parse(shown.output).results).toMatchObject([found]);
  });

  it('a plugin: keyed by its id, in the completed step only; it gets the user’s token, the step does not', async () => {
    const server = await loopback(() => new Response('Room 7'));
    const parameters = { type: 'object', properties: { beds: { type: 'integer' } } };
    const made = await streamed(
      [{ type: 'rooms', auth: { type: 'user_http', user_token: 'token-9' } }],
      call('rooms', { beds: 2 }),
      { plugins: { rooms: { description: 'Finds rooms.', http: { url: server.url, parameters } } } },
    );
    const shown = await checkStep('rooms', false, made);
    expect(shown).toMatchObject({ arguments: '{"beds":2}', output: 'Room 7' });
    expect(server.asked[0]?.headers['x-dashscope-plugin']).toBe('{"rooms":{"user_token":"token-9"}}');
    expect(JSON.stringify(made.listed)).not.toContain('token-9');
  });

  it('a tool that fails says so in its output; the run goes on', async () => {
    const script = call('calculator', { payload__input__text: '1/' });
    const shown = await checkStep('calculator', true, await streamed([{ type: 'calculator' }], script));
    expect(shown.output).toMatch(/^Error: /);
    expect(shown.said).toBe('Done.');
  });
});

describe('rag (§A.10)', () => {
  const rag = {
    type: 'rag',
    prompt_ra: {
      pipeline_id: ['kb'],
      parameters: { type: 'object', properties: { query_word: { type: 'str', value: '${documents}' } } },
    },
  };

  it('with a retriever has no step: the passages stand where the placeholder stood, the run echoes what was declared', async () => {
    const { made, frames, listed } = await streamed(
      [rag],
      [say('30 days.')],
      { toolSettings: { rag: { retrieve: () => ['30 days'] } } },
      { instructions: 'Know: ${documents}' },
    );
    expect(made.sim.responsesRequests[0]?.body).toMatchObject({ instructions: 'Know: 30 days' });
    expect(listed.map(({ type }: { type: string }) => type)).toEqual(['message_creation']);
    expect(frames.some(({ event }) => event === 'thread.run.step.delta')).toBe(false);
    expect(frames[0]?.data).toMatchObject({ tools: [rag], instructions: 'Know: ${documents}' });
    expect(wholeText(frames)).toBe('30 days.');
  });
});

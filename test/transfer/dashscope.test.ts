/** DashScope's Assistant API as a source: dumps of its objects, and its endpoint (docs/contracts/dashscope.md §A). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { callFunctions, createSimulator, say, turn } from '../../src/simulator/index.ts';
import { directory, rethread } from './cli.ts';
import { listening } from './listening.ts';
import { everything, opened } from './world.ts';

/** As the contract shows them (§A.4 to §A.8). */
const DUMP = [
  {
    id: 'asst_5d0c',
    object: 'assistant',
    created_at: 1711517598169,
    model: 'qwen-max',
    name: 'helper',
    description: '',
    instructions: 'Be brief.',
    tools: [{ type: 'quark_search' }],
    file_ids: [],
    metadata: {},
    temperature: null,
    top_p: null,
    top_k: 5,
    max_tokens: null,
    request_id: '9a',
  },
  {
    object: 'list',
    data: [
      {
        id: 'message_2',
        object: 'thread.message',
        created_at: 1711518061000,
        thread_id: 'thread_1',
        incomplete_details: {},
        completed_at: null,
        incomplete_at: null,
        assistant_id: 'asst_5d0c',
        run_id: 'run_7e',
        file_ids: [],
        role: 'assistant',
        content: [{ type: 'text', text: { value: 'hello', annotations: [] } }],
        metadata: {},
      },
      {
        id: 'message_1',
        object: 'thread.message',
        created_at: 1711518060121,
        thread_id: 'thread_1',
        incomplete_details: {},
        completed_at: null,
        incomplete_at: null,
        assistant_id: '',
        run_id: '',
        file_ids: [],
        role: 'user',
        content: [{ type: 'text', text: { value: 'hi', annotations: [] } }],
        metadata: {},
        name: '',
        plugin_call: {},
        tool_calls: [],
        status: '',
        request_id: '9b',
      },
    ],
    first_id: 'message_2',
    last_id: 'message_1',
    has_more: false,
    request_id: '9c',
  },
  {
    id: 'run_7e',
    object: 'thread.run',
    created_at: 1711518060500,
    thread_id: 'thread_1',
    assistant_id: 'asst_5d0c',
    status: 'completed',
    required_action: {},
    last_error: {},
    expires_at: 0,
    started_at: 0,
    cancelled_at: 0,
    failed_at: 0,
    completed_at: 0,
    model: 'qwen-max',
    instructions: 'Be brief.',
    tools: [{ type: 'quark_search' }],
    metadata: {},
    usage: { input_tokens: 66, output_tokens: 9, total_tokens: 75 },
    request_id: '9d',
  },
  {
    id: 'step_74',
    object: 'thread.run.step',
    created_at: 1711518060600,
    assistant_id: 'asst_5d0c',
    thread_id: 'thread_1',
    run_id: 'run_7e',
    type: 'tool_calls',
    status: 'completed',
    step_details: {
      type: 'tool_calls',
      tool_calls: [
        { id: '', type: 'quark_search', quark_search: { arguments: '{"query":"x"}', output: '{}' } },
      ],
    },
    last_error: { code: '', message: '' },
    expired_at: 0,
    cancelled_at: -1,
    failed_at: -1,
    completed_at: -1,
    metadata: {},
    usage: {},
  },
];

describe('objects as DashScope answered them', () => {
  test('come over with their ids, in seconds and with null where nothing is', async () => {
    const cwd = await directory();
    await writeFile(join(cwd, 'dump.json'), JSON.stringify(DUMP));
    expect(await rethread(cwd, 'import', '--store', `file:${cwd}/store`, 'dump.json')).toMatchObject({
      code: 0,
    });
    const at = opened(`file:${cwd}/store`);
    const { assistants, threads } = await everything(at);
    expect(assistants).toMatchObject([
      { id: 'asst_5d0c', created_at: 1711517598, description: null, tools: [{ type: 'quark_search' }] },
    ]);
    expect(threads).toHaveLength(1);
    expect(threads[0]?.messages).toMatchObject([
      { id: 'msg_1', created_at: 1711518060, run_id: null, assistant_id: null, status: 'completed' },
      { id: 'msg_2', created_at: 1711518061, run_id: 'run_7e', incomplete_details: null },
    ]);
    expect(threads[0]?.runs).toMatchObject([
      {
        id: 'run_7e',
        required_action: null,
        last_error: null,
        usage: { prompt_tokens: 66, completion_tokens: 9 },
      },
    ]);
    expect(threads[0]?.steps[0]).toMatchObject([
      {
        id: 'step_74',
        expired_at: null,
        last_error: null,
        step_details: {
          tool_calls: [{ type: 'function', function: { name: 'quark_search', output: '{}' } }],
        },
      },
    ]);
    await at.close();
  });

  test('look the same to a DashScope client afterwards', async () => {
    const cwd = await directory();
    const store = `file:${cwd}/store`;
    await writeFile(join(cwd, 'dump.json'), JSON.stringify(DUMP));
    await rethread(cwd, 'import', '--store', store, 'dump.json');
    const { origin } = await listening(store, { auth: 'none' });
    const get = async (path: string) => (await fetch(`${origin}/api/v1${path}`)).json();
    const { request_id: _a, ...assistant } = DUMP[0] as Record<string, unknown>;
    expect(await get('/assistants/asst_5d0c')).toMatchObject({ ...assistant, created_at: 1711517598000 });
    const { data } = await get('/threads/thread_1/messages');
    expect(data.map(({ id }: { id: string }) => id)).toEqual(['message_2', 'message_1']);
    const { data: steps } = await get('/threads/thread_1/runs/run_7e/steps');
    expect(steps[0].step_details.tool_calls[0]).toMatchObject({
      type: 'quark_search',
      quark_search: { arguments: '{"query":"x"}', output: '{}' },
    });
  });
});

test('an endpoint of DashScope’s that still answers: what its client sees comes over', async () => {
  const cwd = await directory();
  const simulator = createSimulator();
  const from = await listening(`file:${cwd}/from`, { auth: 'none' }, simulator);
  const headers = { 'content-type': 'application/json', authorization: 'Bearer any' };
  const call = async (origin: string, path: string, body?: object) =>
    (
      await fetch(`${origin}/api/v1${path}`, {
        headers,
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      })
    ).json();
  const tools = [
    { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
  ];
  const { id: assistant_id } = await call(from.origin, '/assistants', {
    model: 'gpt-4o',
    name: 'a',
    tools,
  });
  simulator.script(turn(callFunctions({ name: 'f', arguments: {} })), turn(say('Done.')));
  const { id: threadId } = await call(from.origin, '/threads', {
    messages: [{ role: 'user', content: 'hi' }],
  });
  const path = `/threads/${threadId}`;
  const begun = await call(from.origin, `${path}/runs`, { assistant_id });
  expect(begun).toMatchObject({ object: 'thread.run' });
  const runId = begun.id as string;
  const until = async (status: string) => {
    for (let run = await call(from.origin, `${path}/runs/${runId}`); run.status !== status; ) {
      expect(run).toMatchObject({ status: expect.stringMatching(/^(queued|in_progress)$/) });
      run = await call(from.origin, `${path}/runs/${runId}`);
    }
  };
  await until('requires_action');
  await call(from.origin, `${path}/runs/${runId}/submit_tool_outputs`, { tool_outputs: [{ output: '1' }] });
  await until('completed');

  const said = await rethread(
    cwd,
    ...['import', '--from', `${from.origin}/api/v1`, '--api-key', 'any', '--assistants'],
    ...['--threads', threadId, '--store', `file:${cwd}/to`],
  );
  expect(said).toMatchObject({
    code: 0,
    err: 'imported 1 assistants, 1 threads, 2 messages, 1 runs, 2 steps\n',
  });
  const to = await listening(`file:${cwd}/to`, { auth: 'none' });
  for (const what of ['', '/messages', '/runs', `/runs/${runId}/steps`]) {
    const { request_id: _1, ...before } = await call(from.origin, path + what);
    const { request_id: _2, ...after } = await call(to.origin, path + what);
    expect([what, after]).toEqual([what, before]);
  }
});

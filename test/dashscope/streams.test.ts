/** Streams byte for byte: frames, their order, and what each holds (docs/contracts/dashscope.md §A.9). */
import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  cut,
  fail,
  hang,
  incomplete,
  runCode,
  say,
  searchFiles,
  turn,
} from '../../src/simulator/index.ts';
import { type Frame, framesIn, names } from './frames.ts';
import { type Rig, ready, rig } from './rig.ts';

const FUNCTION = {
  type: 'function',
  function: { name: 'big_add', description: 'adds', parameters: { type: 'object', properties: {} } },
};

/** The text of a stream with everything that differs from run to run replaced by what it is. */
function plain(text: string): string {
  const seen = new Map<string, string>();
  const named = (id: string, kind: string) => {
    const known =
      seen.get(id) ?? `${kind}_${[...seen.values()].filter((one) => one.startsWith(kind)).length + 1}`;
    seen.set(id, known);
    return known;
  };
  return text
    .replace(/"request_id":"[0-9a-f-]{36}"/g, '"request_id":"R"')
    .replace(/\b(run|thread|message|step|asst)_[0-9a-f-]{36}/g, named)
    .replace(/"id":"call_[^"]+"/g, '"id":"C"')
    .replace(/"(created_at|completed_at)":\d{13}\b/g, '"$1":T');
}

async function streamed(rigged: Rig, assistant: object = {}, body: object = {}) {
  const { assistant_id, thread_id } = await ready(rigged, assistant);
  const response = await rigged.raw('POST', `/threads/${thread_id}/runs`, {
    assistant_id,
    stream: true,
    ...body,
  });
  const text = await response.text();
  return { response, text, frames: framesIn(text), thread_id };
}

const RUN = (status: string, usage = 'null') =>
  `{"id":"run_1","object":"thread.run","created_at":T,"thread_id":"thread_1","assistant_id":"asst_1","status":"${status}",` +
  '"required_action":null,"last_error":null,"expires_at":null,"started_at":null,"cancelled_at":null,"failed_at":null,' +
  '"completed_at":null,"model":"gpt-4o","instructions":"Be brief.","tools":[],"file_ids":[],"metadata":{},' +
  `"usage":${usage},"temperature":null,"top_p":null,"top_k":null,"max_tokens":null,"truncation_strategy":null,"request_id":"R"}`;

const STEP = (status: string, completed = 'null', usage = 'null') =>
  '{"id":"step_1","object":"thread.run.step","created_at":T,"assistant_id":"asst_1","thread_id":"thread_1","run_id":"run_1",' +
  `"type":"message_creation","status":"${status}","step_details":{"type":"message_creation","message_creation":{"message_id":"message_1"}},` +
  `"last_error":null,"expired_at":null,"cancelled_at":null,"failed_at":null,"completed_at":${completed},"metadata":{},"usage":${usage},"request_id":"R"}`;

const MESSAGE = (content: string, completed = 'null') =>
  '{"id":"message_1","object":"thread.message","created_at":T,"thread_id":"thread_1","incomplete_details":null,' +
  `"completed_at":${completed},"incomplete_at":null,"assistant_id":"asst_1","run_id":"run_1","file_ids":[],"role":"assistant",` +
  `"content":${content},"metadata":{},"request_id":"R"}`;

const DELTA = (value: string) =>
  '{"id":"message_1","object":"thread.message.delta","delta":{"role":"assistant","content":[{"type":"text","text":' +
  `{"value":"${value}","annotations":[]}}],"file_ids":[]},"request_id":"R"}`;

const USAGE = '{"input_tokens":1,"output_tokens":2,"total_tokens":3}';

describe('a stream without tools (§A.9)', () => {
  it('is this, byte for byte', async () => {
    const rigged = rig();
    rigged.sim.script(say('Hello', { deltas: ['Hel', 'lo'] }));
    const { response, text } = await streamed(rigged, { instructions: 'Be brief.' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const used = plain(text).replace(/"usage":\{[^}]+\}/g, `"usage":${USAGE}`);
    expect(used).toBe(
      [
        ['thread.run.created', RUN('queued')],
        ['thread.run.queued', RUN('queued')],
        ['thread.run.in_progress', RUN('in_progress')],
        ['thread.run.step.created', STEP('in_progress')],
        ['thread.run.step.in_progress', STEP('in_progress')],
        ['thread.message.created', MESSAGE('[]')],
        ['thread.message.in_progress', MESSAGE('[]')],
        ['thread.message.delta', DELTA('Hel')],
        ['thread.message.delta', DELTA('lo')],
        ['thread.message.delta', DELTA('')],
        [
          'thread.message.completed',
          MESSAGE('[{"type":"text","text":{"value":"Hello","annotations":[]}}]', 'T'),
        ],
        ['thread.run.step.completed', STEP('completed', 'T', USAGE)],
        ['thread.run.completed', RUN('completed', USAGE)],
        ['done', '[DONE]'],
      ]
        .map(([event, data]) => `event:${event}\ndata:${data}\n\n`)
        .join(''),
    );
  });

  it('has one request_id in all its frames, which is the answer’s', async () => {
    const { response, frames } = await streamed(rig());
    const ids = new Set(frames.filter(({ event }) => event !== 'done').map(({ data }) => data.request_id));
    expect([...ids]).toEqual([response.headers.get('x-request-id')]);
  });

  it('opens with thread.created for POST /threads/runs, and only there', async () => {
    const rigged = rig();
    const { id: assistant_id } = await rigged.ok('POST', '/assistants', { model: 'gpt-4o' });
    const frames = await rigged.frames('/threads/runs', {
      assistant_id,
      stream: true,
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    expect(names(frames).slice(0, 2)).toEqual(['created', 'run.created']);
    expect(frames[0]?.data).toMatchObject({ object: 'thread', id: frames[1]?.data.thread_id });
  });

  it('is a single line of JSON per frame, whatever the text', async () => {
    const rigged = rig();
    const nasty = 'a\r\nb\u2028c\u2029d\u0085e\n\nevent: done\ndata: [DONE]\n\n"\\';
    rigged.sim.script(say(nasty));
    const { frames } = await streamed(rigged);
    const told = frames.filter(({ event }) => event === 'thread.message.delta');
    expect(told.map(({ data }) => data.delta.content[0].text.value).join('')).toBe(nasty);
  });
});

describe('a stream with a built-in tool (§A.9, §A.9.2)', () => {
  it('tells code interpreter’s arguments in one delta and its output in another, then the whole', async () => {
    const rigged = rig();
    rigged.sim.script(turn(runCode({ code: 'print(1)', logs: ['1\n', '2\n'], deltas: 4 }), say('1')));
    const { frames } = await streamed(rigged, { tools: [{ type: 'code_interpreter' }] });
    expect(names(frames)).toEqual([
      ...['run.created', 'run.queued', 'run.in_progress'],
      ...[
        'run.step.created',
        'run.step.in_progress',
        'run.step.delta',
        'run.step.delta',
        'run.step.completed',
      ],
      ...['run.step.created', 'run.step.in_progress', 'message.created', 'message.in_progress'],
      ...[
        'message.delta',
        'message.delta',
        'message.completed',
        'run.step.completed',
        'run.completed',
        'done',
      ],
    ]);
    const step = frames.filter(({ event }) => event.startsWith('thread.run.step.')).slice(0, 5);
    expect(step[0]?.data.step_details).toEqual({ type: 'tool_calls', tool_calls: [] });
    expect(step[1]?.data.step_details).toEqual({ type: 'tool_calls', tool_calls: [] });
    const { request_id } = step[0]?.data ?? {};
    const { id } = step[0]?.data ?? {};
    expect(step[2]?.raw).toBe(
      `{"id":"${id}","object":"thread.run.step.delta","delta":{"step_details":{"type":"tool_calls","tool_calls":[` +
        `{"type":"code_interpreter","code_interpreter":{"arguments":"{\\"code\\":\\"print(1)\\"}"}}]}},"request_id":"${request_id}"}`,
    );
    expect(step[3]?.data.delta.step_details.tool_calls).toEqual([
      { type: 'code_interpreter', code_interpreter: { output: '1\n\n2\n' } },
    ]);
    expect(step[4]?.data.step_details.tool_calls).toEqual([
      {
        id: expect.any(String),
        type: 'code_interpreter',
        code_interpreter: { arguments: '{"code":"print(1)"}', output: '1\n\n2\n', input: 'print(1)' },
      },
    ]);
  });

  it('shows a tool that only OpenAI’s dialect knows in the same form, in the completed step', async () => {
    const rigged = rig();
    rigged.sim.script(turn(searchFiles({ queries: ['q'], results: [] }), say('nothing')));
    const store = await rigged.sim.fetch('http://simulator.test/v1/vector_stores', {
      method: 'POST',
      headers: { authorization: 'Bearer sk-one', 'content-type': 'application/json' },
      body: '{}',
    });
    const { id: store_id } = (await store.json()) as { id: string };
    const made = await rigged.gateway.fetch(
      new Request('http://gateway.test/v1/assistants', {
        method: 'POST',
        headers: {
          authorization: 'Bearer sk-one',
          'openai-beta': 'assistants=v2',
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          model: 'gpt-4o',
          tools: [{ type: 'file_search' }],
          tool_resources: { file_search: { vector_store_ids: [store_id] } },
        }),
      }),
    );
    const { id: assistant_id } = (await made.json()) as { id: string };
    const { thread_id } = await ready(rigged);
    const frames = await rigged.frames(`/threads/${thread_id}/runs`, { assistant_id, stream: true });
    expect(frames.some(({ event }) => event === 'thread.run.step.delta')).toBe(false);
    const completed = frames.find(({ event }) => event === 'thread.run.step.completed');
    expect(completed?.data.step_details.tool_calls[0]).toMatchObject({
      type: 'file_search',
      file_search: { arguments: '{}', output: '[]' },
    });
  });
});

describe('a stream with a function (§A.9)', () => {
  async function waiting() {
    const rigged = rig();
    rigged.sim.script(callFunctions({ name: 'big_add', arguments: { left: 1, right: 2 } }), say('3'));
    const first = await streamed(rigged, { tools: [FUNCTION] });
    return { rigged, ...first, run: first.frames.at(-2)?.data };
  }

  it('ends with requires_action and done; function arguments are not streamed', async () => {
    const { frames, run } = await waiting();
    expect(names(frames)).toEqual([
      ...['run.created', 'run.queued', 'run.in_progress', 'run.step.created', 'run.step.in_progress'],
      ...['run.requires_action', 'done'],
    ]);
    expect(run).toMatchObject({
      status: 'requires_action',
      required_action: {
        type: 'submit_tool_outputs',
        submit_tool_outputs: {
          tool_calls: [
            {
              id: expect.stringMatching(/./),
              type: 'function',
              function: { name: 'big_add', arguments: '{"left":1,"right":2}' },
            },
          ],
        },
      },
    });
  });

  it('submit_tool_outputs goes on with the completed step, run.queued and run.in_progress, without run.created', async () => {
    const { rigged, run, thread_id } = await waiting();
    const frames = await rigged.frames(`/threads/${thread_id}/runs/${run.id}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: '', output: 'three' }],
      stream: true,
    });
    expect(names(frames)).toEqual([
      ...['run.step.completed', 'run.queued', 'run.in_progress', 'run.step.created', 'run.step.in_progress'],
      ...['message.created', 'message.in_progress', 'message.delta', 'message.delta', 'message.completed'],
      ...['run.step.completed', 'run.completed', 'done'],
    ]);
    const [step] = frames as [Frame];
    expect(step.data.step_details.tool_calls).toEqual([
      {
        id: expect.any(String),
        type: 'function',
        function: { name: 'big_add', arguments: '{"left":1,"right":2}', output: 'three' },
      },
    ]);
  });
});

describe('the end of a stream (§A.9, §D)', () => {
  it('that a token limit brings is run.completed: there is no incomplete', async () => {
    const rigged = rig();
    rigged.sim.script(turn(say('Half'), incomplete('max_output_tokens')));
    const { frames } = await streamed(rigged);
    expect(names(frames).slice(-5)).toEqual([
      ...['message.delta', 'message.completed', 'run.step.completed', 'run.completed', 'done'],
    ]);
    expect(frames.at(-2)?.data.status).toBe('completed');
    expect(frames.map(({ raw }) => raw).join()).not.toContain('"incomplete"');
  });

  it('that the content filter brings is run.failed', async () => {
    const rigged = rig();
    rigged.sim.script(turn(say('Half'), incomplete('content_filter')));
    const { frames } = await streamed(rigged);
    expect(names(frames).slice(-2)).toEqual(['run.failed', 'done']);
    expect(frames.at(-2)?.data).toMatchObject({
      status: 'failed',
      last_error: { code: 'DataInspectionFailed' },
    });
  });

  it('that a failing model brings is run.failed with its reason, before done', async () => {
    const rigged = rig();
    rigged.sim.script(fail('server_error', 'The model broke down.'));
    const { frames } = await streamed(rigged);
    expect(names(frames).slice(-2)).toEqual(['run.failed', 'done']);
    expect(frames.at(-2)?.data.last_error).toEqual({
      code: 'InternalError',
      message: expect.stringContaining('The model broke down.'),
    });
  });

  it('that a connection cut in the middle of a message brings is message.incomplete, step.failed and run.failed', async () => {
    const rigged = rig();
    rigged.sim.script(turn(say('Hello there', { deltas: 5 }), cut({ afterEvents: 6 })));
    const { frames } = await streamed(rigged);
    expect(names(frames).slice(-4)).toEqual(['message.incomplete', 'run.step.failed', 'run.failed', 'done']);
  });

  it('that a cancel brings is run.cancelled, without a cancelling that only OpenAI has (§A.12)', async () => {
    const rigged = rig();
    rigged.sim.script(hang());
    const { assistant_id, thread_id } = await ready(rigged);
    const response = await rigged.raw('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: true });
    const [{ id }] = (await rigged.ok('GET', `/threads/${thread_id}/runs`)).data;
    await rigged.ok('POST', `/threads/${thread_id}/runs/${id}/cancel`);
    const frames = framesIn(await response.text());
    expect(names(frames).slice(-2)).toEqual(['run.cancelled', 'done']);
    expect(names(frames)).not.toContain('run.cancelling');
  });

  it('that a refused request brings is no stream but flat JSON', async () => {
    const rigged = rig();
    const response = await rigged.raw('POST', '/threads/thread_none/runs', {
      assistant_id: 'asst_x',
      stream: true,
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.keys((await response.json()) as object)).toEqual(['code', 'message', 'request_id']);
  });
});

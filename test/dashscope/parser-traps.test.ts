/**
 * What the vendor's SDKs stumble over, row by row (docs/contracts/dashscope.md §A.9.3). Each row is shown twice: the reader
 * fails on the trap, and reads what rethread sends.
 */
import { describe, expect, it } from 'vitest';
import { callFunctions, fail, hang, runCode, say, searchWeb, turn } from '../../src/simulator/index.ts';
import { framesIn } from './frames.ts';
import { asInteger, readCall, readEvents, readTimes } from './java-sdk.ts';
import { readError, readJson, readStream, repr, STEPS } from './python-sdk.ts';
import { type Rig, ready, rig } from './rig.ts';

const SSE = 'text/event-stream';
const FUNCTION = {
  type: 'function',
  function: { name: 'big_add', description: 'adds', parameters: { type: 'object', properties: {} } },
};

async function stream(rigged: Rig, assistant: object = {}) {
  const { assistant_id, thread_id } = await ready(rigged, assistant);
  const response = await rigged.raw('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: true });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text: await response.text(), thread_id };
}

describe('the Python SDK (§A.9.3)', () => {
  it('reads application code’s `delta.content.text.value` off an array; an object would crash it (§A.9.1)', async () => {
    const rigged = rig();
    rigged.sim.script(say('Hello there', { deltas: 3 }));
    const { status, type, text } = await stream(rigged);
    const read = readStream(status, type, text);
    const told = read
      .filter(({ event }) => event === 'thread.message.delta')
      .map(({ value }) => value['delta'].content.text.value);
    expect(told.join('')).toBe('Hello there');
    expect(read.at(-1)?.value['status']).toBe('completed');
    const asObject = text.replace(
      /"content":\[(\{"type":"text","text":\{[^}]*\}\})\],"file_ids"/g,
      '"content":$1,"file_ids"',
    );
    expect(() => readStream(status, type, asObject)).toThrow('string indices must be integers');
  });

  it('crashes at the end of a stream on `event: done` and `data: [DONE]` with a space', async () => {
    const { status, type, text } = await stream(rig());
    expect(() =>
      readStream(status, type, text.replace('event:done\ndata:[', 'event: done\ndata: [')),
    ).toThrow('JSONDecodeError');
    expect(text.endsWith('event:done\ndata:[DONE]\n\n')).toBe(true);
    expect(() => readStream(status, type, text)).not.toThrow();
  });

  it('does not recognise `event: error` with a space; event:error with a flat body it yields, and stops', async () => {
    const rigged = rig();
    rigged.sim.script(hang());
    const reading = stream(rigged);
    while (rigged.sim.responsesRequests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await rigged.gateway.close(0);
    const { status, type, text } = await reading;
    const last = readStream(status, type, text).at(-1);
    expect(last).toEqual({
      event: 'error',
      value: {
        status_code: 400,
        code: 'ModelUnavailable',
        message: 'rethread is closing.',
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect(text).toMatch(/event:error\ndata:\{"code":"[^\n]*\n\n$/);
    const spaced = readStream(status, type, text.replace('event:error', 'event: error'));
    expect(spaced.at(-1)?.event).toBe(' error');
  });

  it('finds neither code nor message in OpenAI’s nested error', () => {
    const nested = 'event:error\ndata:{"error":{"code":"x","message":"y"}}\n\n';
    expect(readStream(200, SSE, nested)).toEqual([
      { event: 'error', value: { status_code: 400, code: null, message: null, request_id: null } },
    ]);
  });

  it('reads a stream without done as well, and ignores comments and ids', async () => {
    const rigged = rig({ options: { keepAlive: 5 } });
    rigged.sim.script(hang());
    const { assistant_id, thread_id } = await ready(rigged);
    const response = await rigged.raw('POST', `/threads/${thread_id}/runs`, { assistant_id, stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('\n\n:')) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    const read = readStream(200, SSE, text);
    expect(read.map(({ event }) => event)).toEqual(framesIn(text).map(({ event }) => event));
    expect(readStream(200, SSE, `id:1\n${text}`)).toEqual(read);
  });

  it('passes unknown events on as dicts', () => {
    expect(readStream(200, SSE, 'event:thread.run.cancelling\ndata:{"id":"run_1"}\n\n')).toEqual([
      { event: 'thread.run.cancelling', value: { id: 'run_1' } },
    ]);
  });

  it('takes two data lines for two events: JSON is always on one line', async () => {
    const rigged = rig();
    rigged.sim.script(say('one\ntwo\u2028three\r\n'));
    const { text } = await stream(rigged);
    for (const block of text.trimEnd().split('\n\n')) expect(block.match(/^data:/gm)).toHaveLength(1);
  });

  it('reads a body that is not text/event-stream as one JSON', async () => {
    const { type } = await stream(rig());
    expect(type).toMatch(/^text\/event-stream/);
    expect(readStream(200, 'application/json', '{"a":1}')).toEqual([{ event: null, value: { a: 1 } }]);
  });

  it('yields a 4xx of a stream call as an object with status_code', async () => {
    const response = await rig().raw('POST', '/threads/thread_none/runs', {
      assistant_id: 'asst_1',
      stream: true,
    });
    const read = readStream(
      response.status,
      response.headers.get('content-type') ?? '',
      await response.text(),
    );
    expect(read).toEqual([
      {
        event: null,
        value: {
          status_code: 404,
          code: 'NotFound',
          message: "No thread found with id 'thread_none'.",
          request_id: expect.stringMatching(/./),
        },
      },
    ]);
  });

  it('fails on a code interpreter entry with OpenAI’s outputs; reads and prints one with arguments and output', async () => {
    const openai = {
      type: 'code_interpreter',
      code_interpreter: { input: '1', outputs: [{ type: 'logs', logs: '1' }] },
    };
    const step = { object: 'thread.run.step', step_details: { tool_calls: [openai] } };
    expect(() => readJson(200, JSON.stringify(step))).toThrow('Cannot instantiate typing.Union');
    expect(() => repr({ code_interpreter: { arguments: '{}', output: '' } })).toThrow('input');

    const rigged = rig();
    rigged.sim.script(turn(runCode({ code: 'print(1)', logs: '1\n', deltas: 3 }), say('1')));
    const { status, type, text, thread_id } = await stream(rigged, { tools: [{ type: 'code_interpreter' }] });
    const read = readStream(status, type, text);
    const completed = read.find(({ event }) => event === 'thread.run.step.completed')?.value;
    const [call] = completed?.['step_details'].tool_calls ?? [];
    expect(call.code_interpreter).toMatchObject({ arguments: '{"code":"print(1)"}', output: '1\n' });
    expect(repr(call)).toBe('print(1)');
    const path = `/threads/${thread_id}/runs/${completed?.['run_id']}/steps`;
    for (const one of [path, `${path}/${completed?.['id']}`]) {
      const answer = await rigged.raw('GET', one);
      const body = await answer.text();
      expect(() => readJson(answer.status, body)).not.toThrow();
      expect(body).toContain('"output":"1\\n"');
    }
  });

  it('gives None for the output of a function entry that has none', async () => {
    const rigged = rig();
    rigged.sim.script(callFunctions({ name: 'big_add', arguments: {} }));
    const { text, thread_id } = await stream(rigged, { tools: [FUNCTION] });
    const run = framesIn(text).at(-2)?.data;
    const [step] = (await rigged.ok('GET', `/threads/${thread_id}/runs/${run.id}/steps`)).data;
    expect(step.step_details.tool_calls[0].function).not.toHaveProperty('output');
  });

  it('raises on a 200 without a body: no answer is empty', async () => {
    expect(() => readJson(200, '')).toThrow('JSONDecodeError');
    const rigged = rig();
    rigged.sim.script(hang());
    const { assistant_id, thread_id } = await ready(rigged);
    const run = await rigged.ok('POST', `/threads/${thread_id}/runs`, { assistant_id });
    const path = `/threads/${thread_id}/runs/${run.id}`;
    for (const [method, route] of [
      ['POST', `${path}/cancel`],
      ['GET', path],
      ['DELETE', `/threads/${thread_id}`],
      ['DELETE', `/assistants/${assistant_id}`],
    ] as const) {
      const answer = await rigged.raw(method, route);
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(readJson(200, text)['request_id']).toMatch(/./);
    }
  });

  it('makes an object with status_code, code, message and request_id of every error (§A.11)', async () => {
    const answer = await rig().raw('POST', '/assistants', {});
    expect(readError(answer.status, await answer.text())).toEqual({
      status_code: 400,
      code: 'InvalidParameter',
      message: "Missing required parameter: 'model'.",
      request_id: expect.stringMatching(/./),
    });
  });

  it('raises a TypeError at Steps.get, whatever is served; Steps.retrieve reads the step', async () => {
    const rigged = rig();
    const { thread_id, text } = await stream(rigged);
    const { id: run_id } = framesIn(text)[0]?.data ?? {};
    const [{ id }] = (await rigged.ok('GET', `/threads/${thread_id}/runs/${run_id}/steps`)).data;
    const asked: string[] = [];
    const get = async (path: string) => {
      asked.push(path);
      const answer = await rigged.raw('GET', path);
      return { status: answer.status, text: await answer.text() };
    };
    await expect(STEPS.get(get, id, { thread_id, run_id })).rejects.toThrow('TypeError');
    expect(asked).toEqual([]);
    const step = await STEPS.retrieve(get, id, { thread_id, run_id });
    expect(asked).toEqual([`/threads/${thread_id}/runs/${run_id}/steps/${id}`]);
    expect(step).toMatchObject({ id, object: 'thread.run.step', run_id, type: 'message_creation' });
  });

  it('stops waiting for a run in each status in which one can end (§A.7)', async () => {
    const ends = new Set(['cancelled', 'failed', 'completed', 'expired', 'requires_action']);
    const rigged = rig();
    const { thread_id, text } = await stream(rigged);
    const run = await rigged.ok('GET', `/threads/${thread_id}/runs/${framesIn(text)[0]?.data.id}`);
    expect(ends.has(run.status)).toBe(true);
  });
});

describe('the Java SDK (§A.9.3, §A.10)', () => {
  it('warms up with GET /assistants?limit=1', async () => {
    expect(await rig().ok('GET', '/assistants?limit=1')).toMatchObject({ object: 'list', data: [] });
  });

  it('throws on a tool without type: each has its own', async () => {
    const rigged = rig();
    const tools = [FUNCTION, { type: 'calculator' }, { type: 'some_plugin', auth: { type: 'user_http' } }];
    const { assistant_id } = await ready(rigged, { tools });
    const types = (object: { tools: { type: string }[] }) => object.tools.map(({ type }) => type);
    const expected = ['function', 'calculator', 'some_plugin'];
    expect(types(await rigged.ok('GET', `/assistants/${assistant_id}`))).toEqual(expected);
    const refused = await rigged.call('POST', '/assistants', { model: 'm', tools: [{ name: 'x' }] });
    expect([refused.status, refused.body.code]).toEqual([400, 'InvalidParameter']);
  });

  it('truncates milliseconds to an Integer, and takes nothing but numbers and null: all times are such', async () => {
    expect(asInteger(1714448907000)).toBe(756955896);
    expect(() => asInteger('1714448907000')).toThrow('NumberFormatException');
    expect(() => asInteger({})).toThrow('NumberFormatException');

    const rigged = rig();
    rigged.sim.script(say('Hello'), turn(say('Hal'), fail('server_error')));
    for (const status of ['completed', 'failed']) {
      const { text, thread_id } = await stream(rigged);
      const events = readEvents(text);
      const run = events.at(-1)?.data ?? {};
      expect(run['status']).toBe(status);
      const path = `/threads/${thread_id}/runs`;
      const { data: steps } = await rigged.ok('GET', `${path}/${run['id']}/steps`);
      const read = [
        ...events.map(({ data }) => data).filter(({ object }) => /^thread\.run(\.step)?$/.test(object)),
        ...[await rigged.ok('GET', `${path}/${run['id']}`), ...(await rigged.ok('GET', path)).data, ...steps],
        await rigged.ok('GET', `${path}/${run['id']}/steps/${steps[0].id}`),
      ];
      for (const object of read) {
        const times = readTimes(object);
        expect(Object.keys(times)).toEqual(
          expect.arrayContaining(['created_at', 'failed_at', 'completed_at']),
        );
        // §A.3: milliseconds, which are more than an Integer holds.
        expect(object.created_at).toBeGreaterThan(2 ** 31);
        for (const name of Object.keys(times)) expect(Number.isInteger(object[name] ?? 0)).toBe(true);
      }
    }
  });

  it('throws an ApiException at an error event, and skips done', async () => {
    const rigged = rig();
    rigged.sim.script(hang());
    const reading = stream(rigged);
    while (rigged.sim.responsesRequests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await rigged.gateway.close(0);
    const { text } = await reading;
    expect(() => readEvents(text)).toThrow(
      /^ApiException 400 ModelUnavailable rethread is closing\. [0-9a-f-]{36}$/,
    );
    const whole = await stream(rig());
    expect(readEvents(whole.text).at(-1)?.event).toBe('thread.run.completed');
  });

  it('makes a raw string of a call whose type it does not know, which is JSON; strings of quark_search’s values', async () => {
    expect(() => readCall({ type: 'quark_search', quark_search: { output: {} } })).toThrow(
      'expected a string',
    );
    const rigged = rig();
    rigged.sim.script(
      callFunctions({ name: 'calculator', arguments: { payload__input__text: '1+1' } }),
      turn(searchWeb('news'), say('2')),
    );
    const { text } = await stream(rigged, { tools: [{ type: 'calculator' }, { type: 'quark_search' }] });
    const calls = readEvents(text)
      .filter(({ event }) => event === 'thread.run.step.completed')
      .flatMap(({ data }) => data['step_details'].tool_calls ?? [])
      .map(readCall);
    expect(JSON.parse(calls[0] as string)).toMatchObject({ type: 'calculator' });
    expect(calls[1]).toMatchObject({ quark_search: { arguments: '{"query":"news"}' } });
  });

  it('reads all values of a built-in’s entry as strings', async () => {
    const rigged = rig();
    rigged.sim.script(turn(runCode({ code: 'print(1)', logs: '1\n' }), say('1')));
    const { text } = await stream(rigged, { tools: [{ type: 'code_interpreter' }] });
    for (const { event, data } of framesIn(text)) {
      if (!/^thread\.run\.step\.(delta|completed)$/.test(event)) continue;
      const calls = (data.delta ?? data).step_details.tool_calls ?? [];
      for (const call of calls)
        for (const value of Object.values(call[call.type])) expect(value).toEqual(expect.any(String));
    }
  });
});

/** The simulator's DashScope personality is as strict and as odd as docs/contracts/dashscope.md §C says. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  callFunctions,
  createSimulator,
  fail,
  httpError,
  incomplete,
  rateLimit,
  reason,
  runCode,
  type Simulator,
  type SimulatorOptions,
  say,
  searchFiles,
  searchWeb,
  turn,
} from '../../src/simulator/index.ts';

const BASE = 'https://dashscope.aliyuncs.com/compatible-mode/v1';
const model = 'qwen3.7-plus';
const quiet = { model, reasoning: { effort: 'none' } };

const dashscope = (options: SimulatorOptions = {}) =>
  createSimulator({ personality: 'dashscope', ...options });

async function call(
  sim: Simulator,
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await sim.fetch(url.startsWith('/') ? `${BASE}${url}` : url, {
    method,
    headers: { authorization: 'Bearer sk-sim', 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    // biome-ignore lint/suspicious/noExplicitAny: tests look at members of every kind of object
    json: (text.startsWith('{') ? JSON.parse(text) : undefined) as any,
  };
}

const respond = (body: object, sim = dashscope(), headers?: Record<string, string>) =>
  call(sim, 'POST', '/responses', { input: 'Hi', ...quiet, ...body }, headers);

async function refusal(body: object, sim = dashscope()) {
  const { status, json } = await respond(body, sim);
  expect(Object.keys(json).sort()).toEqual(['code', 'message', 'request_id']);
  return { status, code: json.code, message: json.message as string };
}

/** The events of a stream: each frame as §C.7 writes it. */
async function events(body: object, sim: Simulator) {
  const { text } = await respond({ stream: true, ...body }, sim);
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => {
      const match = /^id:\d+\nevent:(\S+)\n:HTTP_STATUS\/200\ndata:(\{.*\})$/.exec(frame);
      if (!match) throw new Error(`not a frame of DashScope: ${frame}`);
      return { name: match[1] as string, data: JSON.parse(match[2] as string) };
    });
}

const look = { type: 'function', name: 'look', description: 'Looks', parameters: { type: 'object' } };

describe('paths (§C.1)', () => {
  it.each([
    ['POST', '/responses', 200],
    ['GET', '/responses', 405],
    ['POST', '/responses/input_tokens', 404],
    ['POST', '/responses/resp_x/cancel', 404],
    ['POST', '/conversations', 200],
    ['POST', '/vector_stores', 404],
    ['POST', '/containers', 404],
    ['GET', '/files', 404],
    ['POST', 'https://dashscope.aliyuncs.com/v1/responses', 404],
    ['POST', 'https://x.cn-beijing.maas.aliyuncs.com/compatible-mode/v1/responses', 200],
    ['POST', 'https://dashscope.aliyuncs.com/api/v2/apps/protocols/compatible-mode/v1/responses', 200],
  ])('%s %s: %d', async (method, url, status) => {
    const body = url.endsWith('/responses') ? { ...quiet, input: 'Hi' } : {};
    expect((await call(dashscope(), method, url, method === 'POST' ? body : undefined)).status).toBe(status);
  });

  it('are served over HTTP too', async () => {
    const server = await dashscope().listen();
    try {
      expect(server.url).toMatch(/\/compatible-mode\/v1$/);
      const client = new OpenAI({ apiKey: 'sk-sim', baseURL: server.url, maxRetries: 0 });
      expect((await client.responses.create({ model, input: 'Hello' })).output_text).toContain('Hello');
    } finally {
      await server.close();
    }
  });

  it('ask for a key (§C.9)', async () => {
    const none = await call(dashscope(), 'POST', '/responses', {}, { authorization: '' });
    expect(none).toMatchObject({ status: 401, json: { code: 'InvalidApiKey' } });
    const wrong = await respond({}, dashscope({ apiKey: 'sk-right' }));
    expect(wrong).toMatchObject({ status: 401, json: { code: 'InvalidApiKey' } });
  });
});

describe('a request is refused', () => {
  it.each([
    ['for a model that is not on the list (§C.2)', { model: 'qwen-max' }],
    ['without input', { input: undefined }],
    ['with a temperature of 2 (§C.3)', { temperature: 2 }],
    ['with top_p 0 (§C.3)', { top_p: 0 }],
    ['with less than 16 tokens (§C.3)', { max_output_tokens: 15 }],
    [
      'when `required` is not about one tool (§C.3)',
      { tools: [look, { type: 'web_search' }], tool_choice: 'required' },
    ],
    [
      'when a tool is forced by its name (§C.3)',
      { tools: [look], tool_choice: { type: 'function', name: 'look' } },
    ],
    ['with a nested function (§C.5)', { tools: [{ type: 'function', function: look }] }],
    ['with a function without description (§C.5)', { tools: [{ ...look, description: undefined }] }],
    ['with two knowledge bases (§C.5)', { tools: [{ type: 'file_search', vector_store_ids: ['a', 'b'] }] }],
    ['with web_extractor alone (§C.5)', { tools: [{ type: 'web_extractor' }] }],
    [
      'with an MCP server that is no SSE (§C.5)',
      { tools: [{ type: 'mcp', server_protocol: 'http', server_label: 'x', server_url: 'https://x.test' }] },
    ],
    ['with a reference to an item (§C.4)', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    [
      'with a picture by file id (§C.4)',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
    ],
    [
      'with a hosted call that is no search (§C.4)',
      { input: [{ type: 'code_interpreter_call', id: 'msg_1', code: '', status: 'completed' }] },
    ],
    [
      'when it goes on from a response and a conversation (§C.3)',
      { previous_response_id: 'resp_1', conversation: 'conv_1' },
    ],
    ['when it goes on from nothing (§C.3)', { previous_response_id: 'resp_1' }],
    [
      'when a model that has to think for it shall run code unthinking (§C.5)',
      { model: 'qwen3.7-max', tools: [{ type: 'code_interpreter' }] },
    ],
  ])('%s', async (_why, body) => {
    expect(await refusal(body)).toMatchObject({ status: 400, code: 'InvalidParameter' });
  });

  it('with a function that is called search, in the words of the error list (§C.5)', async () => {
    expect(await refusal({ tools: [{ ...look, name: 'search' }] })).toEqual({
      status: 400,
      code: 'InvalidParameter',
      message: 'Tool names are not allowed to be [search]',
    });
  });

  it('when an output is not right behind its own call (§C.4)', async () => {
    const one = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' };
    const two = { ...one, call_id: 'call_2' };
    const output = (call_id: string) => ({ type: 'function_call_output', call_id, output: '' });
    const input = (...items: object[]) => ({ input: [{ role: 'user', content: 'Hi' }, ...items] });
    expect(await refusal(input(one, two, output('call_1'), output('call_2')))).toMatchObject({ status: 400 });
    expect(await refusal(input(one))).toMatchObject({ status: 400 });
    expect((await respond(input(one, output('call_1'), two, output('call_2')))).status).toBe(200);
  });
});

describe('what OpenAI has and DashScope has not (§C.3)', () => {
  it('is ignored in silence, and noted for those who test', async () => {
    const sim = dashscope();
    const { status } = await respond(
      {
        background: true,
        parallel_tool_calls: true,
        text: { format: { type: 'json_object' } },
        include: ['file_search_call.results'],
        prompt_cache_key: 'x',
        reasoning: { effort: 'none', summary: 'auto' },
        tools: [{ type: 'image_generation' }, { type: 'code_interpreter', container: { type: 'auto' } }],
      },
      sim,
    );
    expect(status).toBe(200);
    expect(sim.requests[0]?.ignored).toEqual([
      'background',
      'parallel_tool_calls',
      'text',
      'include',
      'prompt_cache_key',
      'reasoning.summary',
      'tools[0]',
      'tools[1].container',
    ]);
  });

  it('metadata is echoed, and forgotten; parallel_tool_calls is false', async () => {
    const sim = dashscope();
    const { json } = await respond({ metadata: { a: '1' }, parallel_tool_calls: true }, sim);
    expect(json).toMatchObject({ metadata: { a: '1' }, parallel_tool_calls: false });
    expect((await call(sim, 'GET', `/responses/${json.id}`)).json.metadata).toEqual({});
  });

  it('lets a model think at length that was not told how much', async () => {
    const { json } = await respond({ reasoning: undefined });
    expect(json.output[0].type).toBe('reasoning');
    expect(json.usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(100);
    expect((await respond({})).json.output[0].type).toBe('message');
  });
});

describe('a response (§C.6)', () => {
  it('has ids of its own kind, usage in two forms, and no citations', async () => {
    const sim = dashscope();
    sim.script(
      turn(
        searchWeb('news', ['https://a.test']),
        runCode({ code: '1', logs: '1' }),
        say('See.', { citations: [{ at: 3, file_id: 'f', filename: 'f' }] }),
      ),
    );
    const { json } = await respond({}, sim);
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
    expect(json.id).toMatch(new RegExp(`^resp_${uuid}$`));
    for (const { id } of json.output) expect(id).toMatch(new RegExp(`^msg_${uuid}$`));
    expect(json.output).toMatchObject([
      {
        type: 'web_search_call',
        action: { type: 'search', query: 'news', sources: [{ type: 'url', url: 'https://a.test' }] },
      },
      { type: 'code_interpreter_call', code: '1', outputs: [{ type: 'logs', logs: '1' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'See.', annotations: [] }] },
    ]);
    expect(json.usage.x_tools).toEqual({ web_search: { count: 1 }, code_interpreter: { count: 1 } });
    expect(json.usage.x_details[0]).toMatchObject({
      x_billing_type: 'response_api',
      total_tokens: json.usage.total_tokens,
    });
  });

  it('shows results of a file search without being asked, from the knowledge base', async () => {
    const sim = dashscope({ knowledgeBases: { kb: { 'garden.txt': 'The garden opens at nine.' } } });
    const { json } = await respond(
      { input: 'When does the garden open?', tools: [{ type: 'file_search', vector_store_ids: ['kb'] }] },
      sim,
    );
    expect(json.output[0]).toMatchObject({
      type: 'file_search_call',
      results: [{ filename: 'garden.txt', text: 'The garden opens at nine.' }],
    });
  });

  it('lives for seven days (§C.8)', async () => {
    const sim = dashscope();
    const { json } = await respond({}, sim);
    sim.advance(7 * 24 * 3600 * 1000 - 60_000);
    expect((await respond({ previous_response_id: json.id }, sim)).status).toBe(200);
    sim.advance(120_000);
    expect(await refusal({ previous_response_id: json.id }, sim)).toMatchObject({
      message: `Not found previous_response_id: ${json.id}`,
    });
    const gone = await call(sim, 'GET', `/responses/${json.id}`);
    expect(gone).toMatchObject({ status: 404, json: { error: { type: 'InvalidParameter' } } });
  });

  it('is deleted, and lists its input with a time in milliseconds (§C.1, §C.8)', async () => {
    const sim = dashscope();
    const { json } = await respond({}, sim);
    const items = await call(sim, 'GET', `/responses/${json.id}/input_items`);
    expect(items.json).toMatchObject({
      id: json.id,
      created_at: json.created_at * 1000,
      data: [{ role: 'user' }],
    });
    expect((await call(sim, 'DELETE', `/responses/${json.id}`)).json).toEqual({ id: json.id, deleted: true });
    expect((await call(sim, 'DELETE', `/responses/${json.id}`)).status).toBe(404);
  });

  it('comes cheaper with a session cache, when it goes on from another (§C.8)', async () => {
    const sim = dashscope();
    const long = Array.from({ length: 1500 }, () => 'tree').join(' ');
    const { json } = await respond({ input: long }, sim);
    const on = { 'x-dashscope-session-cache': 'enable' };
    const next = await respond({ previous_response_id: json.id }, sim, on);
    expect(next.json.usage.input_tokens_details.cached_tokens).toBeGreaterThan(1024);
    const without = await respond({ previous_response_id: json.id }, sim);
    expect(without.json.usage.input_tokens_details.cached_tokens).toBe(0);
    expect((await respond({}, sim, { 'x-dashscope-session-cache': 'on' })).status).toBe(400);
  });
});

describe('a stream (§C.7)', () => {
  it('begins queued, counts from 0, ends with the response and without [DONE]', async () => {
    const sim = dashscope();
    sim.script(say('Hello world', { deltas: 2 }));
    const seen = await events({}, sim);
    expect(seen.map(({ name }) => name)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(seen.map(({ data }) => data.sequence_number)).toEqual(seen.map((_, at) => at));
    expect(seen[0]?.data.response.status).toBe('queued');
  });

  it('has no deltas of code and of function calls: they come whole with their item', async () => {
    const sim = dashscope();
    sim.script(
      turn(runCode({ code: 'print(1)', logs: '1\n' }), callFunctions({ name: 'look', arguments: { at: 1 } })),
    );
    const seen = await events({}, sim);
    expect(seen.map(({ name }) => name).slice(2, -1)).toEqual([
      'response.output_item.added',
      'response.code_interpreter_call.in_progress',
      'response.code_interpreter_call.interpreting',
      'response.code_interpreter_call.completed',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
    ]);
    expect(seen[6]?.data.item).toMatchObject({ code: 'print(1)', outputs: [{ type: 'logs', logs: '1\n' }] });
    expect(seen[8]?.data.item).toMatchObject({ name: 'look', arguments: '{"at":1}' });
  });

  it('says behind a web search neither which item nor which part a delta belongs to', async () => {
    const sim = dashscope();
    sim.script(turn(searchWeb('news'), say('Nothing new.', { deltas: 1 })));
    const seen = await events({}, sim);
    const delta = seen.find(({ name }) => name === 'response.output_text.delta');
    expect(Object.keys(delta?.data).sort()).toEqual(['delta', 'output_index', 'sequence_number', 'type']);
    const message = seen.find(({ data }) => data.item?.type === 'message');
    expect(message?.data.item.id).toBe('msg_final');
  });

  it('tells thoughts as reasoning_text', async () => {
    const sim = dashscope();
    sim.script(turn(reason('Hm', { deltas: 1 }), say('42')));
    const names = (await events({ reasoning: { effort: 'low' } }, sim)).map(({ name }) => name);
    expect(names).toContain('response.reasoning_text.delta');
    expect(names.some((name) => name.includes('summary'))).toBe(false);
  });

  it('ends incomplete at a token limit', async () => {
    const sim = dashscope();
    sim.script(turn(say('Once'), incomplete('max_output_tokens')));
    expect((await events({}, sim)).at(-1)).toMatchObject({
      name: 'response.incomplete',
      data: { response: { incomplete_details: { reason: 'max_output_tokens' } } },
    });
  });
});

describe('failures (§C.7, §C.9)', () => {
  it('and rate limits are an HTTP 200 whose status says failed', async () => {
    const sim = dashscope();
    sim.script(rateLimit(), rateLimit(), fail('server_error', 'Broken.'));
    const whole = await respond({}, sim);
    expect(whole).toMatchObject({
      status: 200,
      json: {
        status: 'failed',
        output: [],
        error: { code: 'server_error', message: expect.stringMatching(/rate limit exceeded/) },
      },
    });
    expect((await events({}, sim)).at(-1)).toMatchObject({
      name: 'response.failed',
      data: { response: { status: 'failed', error: { code: 'server_error' } } },
    });
    expect((await respond({}, sim)).json.error).toEqual({ code: 'server_error', message: 'Broken.' });
  });

  it('that are HTTP errors have a flat body', async () => {
    const sim = dashscope();
    sim.script(httpError(429, { code: 'Throttling.RateQuota', message: 'Requests throttled.' }));
    expect(await respond({}, sim)).toMatchObject({
      status: 429,
      json: { code: 'Throttling.RateQuota', message: 'Requests throttled.', request_id: expect.any(String) },
    });
  });
});

describe('the image service (section D)', () => {
  const API = 'https://dashscope.aliyuncs.com/api/v1';
  const submit = (
    sim: Simulator,
    prompt: string,
    headers: Record<string, string> = { 'x-dashscope-async': 'enable' },
  ) =>
    call(
      sim,
      'POST',
      `${API}/services/aigc/text2image/image-synthesis`,
      { model: 'wanx2.1-t2i-turbo', input: { prompt }, parameters: { n: 2, size: '1024*1024' } },
      headers,
    );

  it('takes a task, and has its pictures after a while', async () => {
    const sim = dashscope();
    const { json } = await submit(sim, 'A garden');
    expect(json).toEqual({
      request_id: expect.any(String),
      output: { task_id: expect.any(String), task_status: 'PENDING' },
    });
    const look = () => call(sim, 'GET', `${API}/tasks/${json.output.task_id}`);
    expect((await look()).json.output.task_status).toBe('RUNNING');
    expect((await look()).json.output).toMatchObject({
      task_status: 'SUCCEEDED',
      results: [{ url: expect.stringMatching(/^https:/) }, { url: expect.stringMatching(/^https:/) }],
      task_metrics: { TOTAL: 2, SUCCEEDED: 2, FAILED: 0 },
    });
  });

  it('wants the header for tasks, and refuses what it must not draw', async () => {
    const sim = dashscope();
    expect((await submit(sim, 'A garden', {})).status).toBe(403);
    const { json } = await submit(sim, 'Something forbidden');
    const look = () => call(sim, 'GET', `${API}/tasks/${json.output.task_id}`);
    await look();
    expect((await look()).json.output).toMatchObject({ task_status: 'FAILED', code: 'DataInspectionFailed' });
    expect((await call(sim, 'GET', `${API}/tasks/nobody`)).json.output.task_status).toBe('UNKNOWN');
  });

  it('answers at once in its newer form', async () => {
    const { json } = await call(
      dashscope(),
      'POST',
      `${API}/services/aigc/multimodal-generation/generation`,
      {
        model: 'qwen-image',
        input: { messages: [{ role: 'user', content: [{ text: 'A garden' }] }] },
      },
    );
    expect(json.output.choices[0].message.content[0].image).toMatch(/^https:/);
  });
});

it('a file search that is scripted needs no knowledge base', async () => {
  const sim = dashscope();
  sim.script(
    turn(
      searchFiles({ queries: ['q'], results: [{ file_id: 'f', filename: 'a.txt', text: 'x' }] }),
      say('x'),
    ),
  );
  const { json } = await respond({ tools: [{ type: 'file_search', vector_store_ids: ['kb'] }] }, sim);
  expect(json.output[0].results).toHaveLength(1);
});

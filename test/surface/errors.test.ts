import { describe, expect, it } from 'vitest';
import { createSimulator, type Simulator, say } from '../../src/simulator/index.ts';
import { failure, ready, rig } from './harness.ts';

type Wrong = [
  row: string,
  method: string,
  path: string,
  body: unknown,
  error: { status: number; message: string; param: string | null; code: string | null; type?: string },
];

const bad = (message: string, param: string | null = null, code: string | null = null) => ({
  status: 400,
  message,
  param,
  code,
});
const gone = (message: string) => ({ status: 404, message, param: null, code: null });
const text = (length: number) => 'x'.repeat(length);
const user = (content: unknown, more: object = {}) => ({ role: 'user', content, ...more });
const fn = (name: string) => ({ type: 'function', function: { name } });

/** `T` in a path stands for a thread that is there. */
const REFUSED: Wrong[] = [
  // §2.9
  ['#4', 'GET', '/threads/thread_X', undefined, gone("No thread found with id 'thread_X'.")],
  ['#4', 'POST', '/threads/thread_X', { metadata: {} }, gone("No thread found with id 'thread_X'.")],
  ['#4', 'DELETE', '/threads/thread_X', undefined, gone("No thread found with id 'thread_X'.")],
  ['#4', 'POST', '/threads/thread_X/messages', user('a'), gone("No thread found with id 'thread_X'.")],
  ['#4', 'GET', '/threads/thread_X/messages', undefined, gone("No thread found with id 'thread_X'.")],
  ['#4', 'GET', '/threads/thread_X/runs', undefined, gone("No thread found with id 'thread_X'.")],
  ['#4', 'GET', '/threads/thread_X/runs/run_1', undefined, gone("No thread found with id 'thread_X'.")],
  ['#6', 'GET', '/threads/T/runs/run_X', undefined, gone("No run found with id 'run_X'.")],
  ['#6', 'POST', '/threads/T/runs/run_X/cancel', undefined, gone("No run found with id 'run_X'.")],
  ['#6', 'POST', '/threads/T/runs/run_X', { metadata: {} }, gone("No run found with id 'run_X'.")],
  ['#6', 'GET', '/threads/T/runs/run_X/steps', undefined, gone("No run found with id 'run_X'.")],
  [
    '#6',
    'POST',
    '/threads/T/runs/run_X/submit_tool_outputs',
    { tool_outputs: [] },
    gone("No run found with id 'run_X'."),
  ],
  ['#6', 'GET', '/threads/T/messages/msg_X', undefined, gone("No message found with id 'msg_X'.")],
  ['#6', 'DELETE', '/threads/T/messages/msg_X', undefined, gone("No message found with id 'msg_X'.")],
  [
    '#13',
    'POST',
    '/threads',
    { messages: [user('a', { attachments: [{ file_id: '31abac64', tools: [] }] })] },
    bad(
      "Invalid 'messages[0].attachments[0].file_id': '31abac64'. Expected an ID that begins with 'file'.",
      'messages[0].attachments[0].file_id',
      'invalid_value',
    ),
  ],
  [
    '#14',
    'POST',
    '/threads/T/runs',
    {},
    bad("Missing required parameter: 'assistant_id'.", 'assistant_id', 'missing_required_parameter'),
  ],
  [
    '#14',
    'POST',
    '/assistants',
    {},
    bad("Missing required parameter: 'model'.", 'model', 'missing_required_parameter'),
  ],
  [
    '#15, §2.8',
    'POST',
    '/threads/T',
    user('a'),
    bad("Unknown parameter: 'role'.", 'role', 'unknown_parameter'),
  ],
  [
    '#16',
    'POST',
    '/threads/T/messages',
    { role: 'human', content: 'a' },
    bad("Invalid value: 'human'. Supported values are: 'user' and 'assistant'.", 'role', 'invalid_value'),
  ],
  [
    '#17',
    'POST',
    '/threads/T',
    { metadata: { modified: true } },
    bad(
      "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
      'metadata.modified',
      'invalid_type',
    ),
  ],
  [
    '#18',
    'POST',
    '/threads/T/messages',
    user(text(256_001)),
    bad(
      "Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
      'content',
      'string_above_max_length',
    ),
  ],
  [
    '#19',
    'POST',
    '/assistants',
    { model: 'gpt-4o', tools: Array.from({ length: 129 }, (_, n) => fn(`f${n}`)) },
    bad(
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
      'tools',
      'array_above_max_length',
    ),
  ],
  [
    '#19, §1.6',
    'POST',
    '/threads',
    { messages: Array.from({ length: 33 }, () => user('a')) },
    bad(
      "Invalid 'messages': array too long. Expected an array with maximum length 32, but got an array with length 33 instead.",
      'messages',
      'array_above_max_length',
    ),
  ],
  [
    '#20',
    'GET',
    '/threads/T/messages?limit=101',
    undefined,
    bad(
      "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
      'limit',
      'integer_above_max_value',
    ),
  ],
  [
    '#20',
    'GET',
    '/assistants?limit=0',
    undefined,
    bad(
      "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'limit',
      'integer_below_min_value',
    ),
  ],
  [
    '#12',
    'POST',
    '/assistants',
    { model: 'gpt-4o', tool_resources: { file_search: { vector_store_ids: ['store'] } } },
    bad(
      "Invalid 'tool_resources.file_search.vector_store_ids[0]': 'store'. Expected an ID that begins with 'vs'.",
      'tool_resources.file_search.vector_store_ids[0]',
      'invalid_value',
    ),
  ],
  [
    '#12 in a thread to be made',
    'POST',
    '/threads/runs',
    {
      assistant_id: 'asst_1',
      thread: { tool_resources: { file_search: { vector_store_ids: ['store'] } } },
    },
    bad(
      "Invalid 'thread.tool_resources.file_search.vector_store_ids[0]': 'store'. Expected an ID that begins with 'vs'.",
      'thread.tool_resources.file_search.vector_store_ids[0]',
      'invalid_value',
    ),
  ],
  // §1.6
  [
    '§1.6 name',
    'POST',
    '/assistants',
    { model: 'gpt-4o', name: text(257) },
    bad(
      "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.",
      'name',
      'string_above_max_length',
    ),
  ],
  [
    '§1.6 code_interpreter.file_ids',
    'POST',
    '/threads',
    {
      tool_resources: {
        code_interpreter: { file_ids: Array.from({ length: 21 }, (_, n) => `file-${n}`) },
      },
    },
    bad(
      "Invalid 'tool_resources.code_interpreter.file_ids': array too long. Expected an array with maximum length 20, but got an array with length 21 instead.",
      'tool_resources.code_interpreter.file_ids',
      'array_above_max_length',
    ),
  ],
  [
    '§1.6 role system',
    'POST',
    '/threads/T/messages',
    { role: 'system', content: 'a' },
    bad("Invalid value: 'system'. Supported values are: 'user' and 'assistant'.", 'role', 'invalid_value'),
  ],
  [
    '§1.6 vector_stores on modify',
    'POST',
    '/threads/T',
    { tool_resources: { file_search: { vector_stores: [{ file_ids: [] }] } } },
    bad(
      "Unknown parameter: 'tool_resources.file_search.vector_stores'.",
      'tool_resources.file_search.vector_stores',
      'unknown_parameter',
    ),
  ],
  [
    '§1.8 no additional_messages',
    'POST',
    '/threads/runs',
    { assistant_id: 'asst_1', additional_messages: [] },
    bad("Unknown parameter: 'additional_messages'.", 'additional_messages', 'unknown_parameter'),
  ],
  [
    '§2.8 run: metadata only',
    'POST',
    '/threads/T/runs/run_1',
    { status: 'completed' },
    bad("Unknown parameter: 'status'.", 'status', 'unknown_parameter'),
  ],
  [
    '§2.8 message: metadata only',
    'POST',
    '/threads/T/messages/msg_1',
    { content: 'a' },
    bad("Unknown parameter: 'content'.", 'content', 'unknown_parameter'),
  ],
];

describe('refusals', () => {
  it('says of each bad request what the catalogue says (§2.9, §1.6), in the envelope of §2.9', async () => {
    const { beta, raw } = rig();
    const { id } = await beta.threads.create();
    for (const [row, method, path, body, { status, message, param, code }] of REFUSED) {
      const response = await raw(method, path.replace('/T', `/${id}`), body);
      expect([row, response.status, await response.json()]).toEqual([
        row,
        status,
        { error: { message, type: 'invalid_request_error', param, code } },
      ]);
    }
    expect((await beta.threads.messages.list(id)).data).toEqual([]);
  });

  it('#5: an unknown step is 404', async () => {
    const r = rig();
    const { assistant_id, thread_id } = await ready(r);
    r.sim.script(say('Hi'));
    const run = await r.beta.threads.runs.createAndPoll(thread_id, { assistant_id });
    const error = await failure(
      r.beta.threads.runs.steps.retrieve('step_123', { thread_id, run_id: run.id }),
    );
    expect(error).toMatchObject({ status: 404, message: "404 No run step found with id 'step_123'." });
  });

  it('#12: an id of another kind is refused, with a word on the call that was meant (§5.4)', async () => {
    const { raw } = rig();
    const wrong = async (path: string) => {
      const response = await raw('GET', path);
      const { error } = (await response.json()) as {
        error: { message: string; param: string; code: string };
      };
      return [response.status, error.param, error.code, error.message] as const;
    };
    const begins = "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.";
    const [status, param, code, message] = await wrong('/threads/undefined/runs/run_1');
    expect([status, param, code]).toEqual([400, 'thread_id', 'invalid_value']);
    expect(message.startsWith(begins)).toBe(true);
    expect(message).toContain('runs.retrieve(runId, { thread_id: threadId })');
    expect((await wrong('/threads/run_1/runs/[object%20Object]'))[0]).toBe(400);
    expect((await wrong('/threads//messages'))[3]).toContain('The id in the URL is empty.');
  });

  it('#11: there must be a user message, or an assistant with instructions', async () => {
    const { beta, raw, sim } = rig();
    const { id: bare } = await beta.assistants.create({ model: 'gpt-4o' });
    const { id: thread } = await beta.threads.create({ messages: [{ role: 'assistant', content: 'Hi' }] });
    const refusal = {
      status: 400,
      message: '400 Run creation requires a Thread with a user message or an assistant with instructions.',
      code: 'invalid_thread',
      param: null,
    };
    expect(await failure(beta.threads.runs.create(thread, { assistant_id: bare }))).toMatchObject(refusal);
    expect(await failure(beta.threads.createAndRun({ assistant_id: bare }))).toMatchObject(refusal);
    expect(((await (await raw('GET', '/threads')).json()) as { data: unknown[] }).data).toHaveLength(1);

    sim.script(say('Well.'));
    const run = await beta.threads.runs.createAndPoll(thread, {
      assistant_id: bare,
      instructions: 'Say something.',
    });
    expect(run.status).toBe('completed');
  });

  it('#3: an unknown assistant is 404 in the original words, and says how to bring it along', async () => {
    const r = rig();
    const { thread_id } = await ready(r);
    const calls = [
      r.beta.threads.runs.create(thread_id, { assistant_id: 'asst_X' }),
      r.beta.threads.createAndRun({ assistant_id: 'asst_X' }),
      r.beta.assistants.retrieve('asst_X'),
      r.beta.assistants.update('asst_X', { name: 'x' }),
      r.beta.assistants.delete('asst_X'),
    ];
    for (const error of await Promise.all(calls.map((call) => failure(call)))) {
      expect(error).toMatchObject({ status: 404, code: null, param: null });
      expect(error.error?.message).toMatch(/^No assistant found with id 'asst_X'\. /);
      expect(error.error?.message).toContain("assistants: { 'asst_X': { model, instructions, tools } }");
    }
  });

  it('#21: what the upstream says to a file that cannot be searched is said to the client, and nothing is kept', async () => {
    const sim = createSimulator();
    const words =
      'Files with extensions [.csv] are not supported for retrieval. See https://platform.openai.com/docs/assistants/tools/file-search/supported-files';
    const refusing = Object.create(sim, {
      fetch: {
        value: async (url: string, init: RequestInit) =>
          url.endsWith('/vector_stores')
            ? Response.json(
                {
                  error: {
                    message: words,
                    type: 'invalid_request_error',
                    param: 'file_ids',
                    code: 'unsupported_file',
                  },
                },
                { status: 400 },
              )
            : sim.fetch(url, init),
      },
    }) as Simulator;
    const r = rig({ simulator: refusing });
    const { id: thread_id } = await r.beta.threads.create();
    const attachments = [{ file_id: 'file-1', tools: [{ type: 'file_search' as const }] }];
    const message = { role: 'user' as const, content: 'Look', attachments };
    for (const call of [
      r.beta.threads.messages.create(thread_id, message),
      r.beta.threads.create({ messages: [message] }),
    ]) {
      const error = await failure(call);
      expect(error).toMatchObject({
        status: 400,
        message: `400 ${words}`,
        type: 'invalid_request_error',
        param: 'file_ids',
        code: 'unsupported_file',
      });
    }
    expect((await r.beta.threads.messages.list(thread_id)).data).toEqual([]);
  });

  it('#24–26: the beta header is asked for', async () => {
    const { raw } = rig();
    const say = async (header: string) => {
      const { error } = (await (
        await raw('GET', '/assistants', undefined, { 'openai-beta': header })
      ).json()) as {
        error: { message: string; code: string };
      };
      expect(error.code).toBe('invalid_beta');
      return error.message;
    };
    expect(await say('')).toBe(
      "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
    );
    expect(await say('v1')).toBe(
      "Invalid beta header provided: 'v1'. The header should be in the format 'OpenAI-Beta: example_beta=v1'.",
    );
    expect(await say('assistants=v1')).toMatch(
      /^The v1 Assistants API has been deprecated\. Please try again by setting the header 'OpenAI-Beta: assistants=v2'\./,
    );
  });
});

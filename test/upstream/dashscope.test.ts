/** What goes to DashScope, and what comes back under other names (docs/contracts/dashscope.md §C). */
import type { Responses } from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/assistants/types.ts';
import { buildRequest } from '../../src/translate/request.ts';
import type { RequestInput, Turn } from '../../src/translate/types.ts';
import { dashscope } from '../../src/upstream/dashscope.ts';
import { queuedRun } from '../translate/run.ts';

const question = {
  id: 'msg_1',
  object: 'thread.message',
  created_at: 1,
  thread_id: 'thread_1',
  assistant_id: null,
  run_id: null,
  role: 'user',
  status: 'completed',
  incomplete_details: null,
  incomplete_at: null,
  completed_at: 1,
  content: [{ type: 'text', text: { value: 'Hi', annotations: [] } }],
  attachments: [],
  metadata: {},
} as RequestInput['messages'][number];

function sent(run: Partial<Run> = {}, rest: Partial<RequestInput> = {}) {
  const input: RequestInput = {
    run: queuedRun({ model: 'qwen-plus', ...run }),
    model: 'qwen3.7-plus',
    profile: dashscope,
    messages: [question],
    turns: [],
    vectorStoreIds: [],
    ...rest,
  };
  return dashscope.adapt(buildRequest(input)) as Responses.ResponseCreateParamsStreaming & {
    input: Record<string, unknown>[];
  };
}

const turn = (items: object[], outputs: Turn['outputs'] = []): Turn =>
  ({ items, outputs }) as unknown as Turn;
const call = (call_id: string, name = 'look') => ({
  id: 'msg_x',
  type: 'function_call',
  status: 'completed',
  call_id,
  name,
  arguments: '{}',
});
const look = (name = 'look', description?: string) => ({
  type: 'function' as const,
  function: { name, ...(description && { description }), parameters: { type: 'object', properties: {} } },
});

describe('a request', () => {
  it('has nothing that DashScope would ignore in silence (§C.3)', () => {
    const body = sent(
      {
        tools: [{ type: 'code_interpreter' }, { type: 'file_search' }, look()],
        temperature: 0.5,
        top_p: 0.5,
        max_completion_tokens: 1000,
        parallel_tool_calls: false,
        response_format: { type: 'json_object' },
        instructions: 'Be brief.',
      },
      { vectorStoreIds: ['kb'], maxOutputTokens: 1000 },
    );
    expect(Object.keys(body).sort()).toEqual([
      'input',
      'instructions',
      'max_output_tokens',
      'model',
      'reasoning',
      'store',
      'stream',
      'temperature',
      'tools',
      'top_p',
    ]);
    expect(body.store).toBe(false);
  });

  it('says how much to think, since new models think at length unless told otherwise (§C.3)', () => {
    expect(sent().reasoning).toEqual({ effort: 'none' });
    expect(sent({ reasoning_effort: 'high' }).reasoning).toEqual({ effort: 'high' });
  });

  it('lets the largest models think a little when they are to run code (§C.5)', () => {
    const tools: Run['tools'] = [{ type: 'code_interpreter' }];
    expect(sent({ tools }, { model: 'qwen3.7-max' }).reasoning).toEqual({ effort: 'low' });
    expect(sent({ tools }, { model: 'qwen3.7-plus' }).reasoning).toEqual({ effort: 'none' });
    expect(sent({ tools, reasoning_effort: 'none' }, { model: 'qwen3.7-max' }).reasoning).toEqual({
      effort: 'none',
    });
  });

  it.each([
    [{ temperature: 2 }, { temperature: 1.99 }],
    [{ temperature: 0 }, { temperature: 0 }],
    [{ top_p: 0 }, { top_p: 0.01 }],
    [{ top_p: 0.3 }, { top_p: 0.3 }],
  ])('keeps %j within [0,2) and (0,1] (§C.3): %j', (run, expected) => {
    expect(sent(run)).toMatchObject(expected);
  });

  it('asks for no less than 16 tokens (§C.3)', () => {
    expect(sent({}, { maxOutputTokens: 3 }).max_output_tokens).toBe(16);
  });

  it('asks for JSON in words, since text.format is ignored (§C.3)', () => {
    expect(sent({ response_format: { type: 'json_object' } }).input[0]).toEqual({
      role: 'developer',
      content: 'Respond with one JSON object.',
    });
    const schema = { type: 'object', properties: { n: { type: 'number' } } };
    const asked = sent({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
    expect(asked.input[0]?.content).toContain(JSON.stringify(schema));
    expect(asked.input.at(-1)).toMatchObject({ role: 'user' });
  });
});

describe('tools (§C.5)', () => {
  it('are flat, functions with a description, code interpreter without a container, one knowledge base', () => {
    const { tools } = sent(
      {
        tools: [
          { type: 'code_interpreter' },
          { type: 'file_search', file_search: { max_num_results: 3 } },
          look(),
          look('find', 'Finds it'),
        ],
      },
      { vectorStoreIds: ['kb'] },
    );
    const parameters = { type: 'object', properties: {} };
    expect(tools).toEqual([
      { type: 'code_interpreter' },
      { type: 'file_search', vector_store_ids: ['kb'] },
      { type: 'function', name: 'look', description: 'look', parameters },
      { type: 'function', name: 'find', description: 'Finds it', parameters },
    ]);
  });

  it('are not named `search`, wherever the name stands', () => {
    const body = sent({
      tools: [look('search'), look('_search'), look('search_all')],
      tool_choice: { type: 'function', function: { name: 'search' } },
    });
    expect(body.tools?.map((tool) => tool.type === 'function' && tool.name)).toEqual([
      '_search',
      '__search',
      'search_all',
    ]);
    expect(body.tool_choice).toEqual({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: '_search' }],
    });
    const later = sent(
      { tools: [look('search')] },
      { turns: [turn([call('call_1', 'search')], [{ call_id: 'call_1', output: '1' }])] },
    );
    expect(later.input).toMatchObject([
      { role: 'user' },
      { type: 'function_call', name: '_search' },
      { output: '1' },
    ]);
  });

  it.each([
    ['_search', 'search'],
    ['__search', '_search'],
    ['search_all', 'search_all'],
    ['look', 'look'],
  ])('come back from the model as %s → %s', (name, expected) => {
    const item = call('call_1', name);
    const events = [
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { output: [{ type: 'reasoning', summary: [] }, item] } },
    ] as unknown as Responses.ResponseStreamEvent[];
    const [added, done, completed] = events.map((event) => dashscope.restore(event)) as unknown as [
      { item: { name: string } },
      { item: { name: string } },
      { response: { output: { name?: string }[] } },
    ];
    expect([added.item.name, done.item.name, completed.response.output[1]?.name]).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect(item.name).toBe(name);
  });

  it('may be required when there is one, otherwise as a list (§C.3)', () => {
    expect(sent({ tools: [look()], tool_choice: 'required' }).tool_choice).toBe('required');
    expect(
      sent({ tools: [look(), { type: 'code_interpreter' }], tool_choice: 'required' }).tool_choice,
    ).toEqual({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'look' }, { type: 'code_interpreter' }],
    });
    expect(
      sent({ tools: [look(), { type: 'code_interpreter' }], tool_choice: { type: 'code_interpreter' } })
        .tool_choice,
    ).toEqual({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'code_interpreter' }] });
  });
});

describe('items (§C.4)', () => {
  it('have each output right behind its call', () => {
    const turns = [
      turn(
        [
          { id: 'msg_r', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
          call('call_1'),
          call('call_2'),
        ],
        [
          { call_id: 'call_1', output: 'one' },
          { call_id: 'call_2', output: 'two' },
        ],
      ),
    ];
    expect(sent({ tools: [look()] }, { turns }).input).toEqual([
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { type: 'reasoning', id: 'msg_r', summary: [{ type: 'summary_text', text: 'Hm' }] },
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'one' },
      { type: 'function_call', call_id: 'call_2', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_2', output: 'two' },
    ]);
  });

  it('tell in words of hosted calls that it does not take back, and leave out what is no search', () => {
    const search = {
      id: 'msg_s',
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'q' },
    };
    const turns = [
      turn(
        [
          {
            id: 'msg_c',
            type: 'code_interpreter_call',
            status: 'completed',
            code: 'print(1)',
            container_id: 'c',
            outputs: [{ type: 'logs', logs: '1\n' }],
          },
          {
            id: 'msg_f',
            type: 'file_search_call',
            status: 'completed',
            queries: ['holidays'],
            results: [{ file_id: 'f', filename: 'handbook.txt', score: 1, text: '30 days.' }],
          },
          search,
          {
            id: 'msg_o',
            type: 'web_search_call',
            status: 'completed',
            action: { type: 'open_page', url: 'https://x.test' },
          },
          call('call_1'),
        ],
        [{ call_id: 'call_1', output: '' }],
      ),
    ];
    const { input } = sent({ tools: [look()] }, { turns });
    expect(input.map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'developer',
      'developer',
      'web_search_call',
      'function_call',
      'function_call_output',
    ]);
    expect(input[1]?.content).toContain('print(1)');
    expect(input[2]?.content).toContain('handbook.txt: 30 days.');
    expect(input[3]).toEqual(search);
  });

  it('have pictures by URL alone, and a word for files that cannot be passed on', () => {
    const message = {
      ...question,
      content: [
        ...question.content,
        { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
        { type: 'image_file', image_file: { file_id: 'file-1' } },
      ],
      attachments: [{ file_id: 'file-2', tools: [{ type: 'code_interpreter' }] }],
    } as RequestInput['messages'][number];
    expect(sent({}, { messages: [message] }).input).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Hi' },
          { type: 'input_image', image_url: 'https://x.test/a.png' },
          { type: 'input_text', text: '[Image file-1 cannot be shown to this model.]' },
          { type: 'input_text', text: '[File file-2 cannot be read here.]' },
        ],
      },
    ]);
  });
});

describe('models (§C.2)', () => {
  it.each([
    ['qwen-turbo', 'qwen3.5-flash'],
    ['qwen-turbo-latest', 'qwen3.5-flash'],
    ['qwen-turbo-2024-11-01', 'qwen3.5-flash'],
    ['qwen-plus', 'qwen3.7-plus'],
    ['qwen-plus-0919', 'qwen3.7-plus'],
    ['qwen-max', 'qwen3.7-max'],
    ['qwen-max-2025-01-25', 'qwen3.7-max'],
    ['qwen-max-longcontext', 'qwen3.7-max'],
    ['qwen-plus-character', 'qwen-plus-character'],
    ['qwen3.8-max', 'qwen3.8-max'],
    ['gpt-4o', 'gpt-4o'],
  ])('%s → %s', (old, now) => {
    expect(dashscope.model(old)).toBe(now);
  });
});

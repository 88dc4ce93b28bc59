import { describe, expect, it } from 'vitest';
import type { Message, Run } from '../../src/assistants/types.ts';
import { buildRequest } from '../../src/translate/request.ts';
import type { RequestInput } from '../../src/translate/types.ts';
import { generic, openai } from '../../src/upstream/profile.ts';
import { CREATED_AT, queuedRun } from './run.ts';

function message(role: Message['role'], content: Message['content'], values: Partial<Message> = {}): Message {
  return {
    id: 'msg_1',
    object: 'thread.message',
    created_at: CREATED_AT,
    assistant_id: null,
    thread_id: 'thread_1',
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: CREATED_AT,
    role,
    content,
    attachments: [],
    metadata: {},
    ...values,
  };
}

const says = (role: Message['role'], value: string, values: Partial<Message> = {}) =>
  message(role, [{ type: 'text', text: { value, annotations: [] } }], values);

function request(run: Partial<Run> = {}, values: Partial<RequestInput> = {}) {
  return buildRequest({
    run: queuedRun(run),
    model: 'gpt-4o',
    profile: openai,
    messages: [says('user', 'Hi')],
    turns: [],
    vectorStoreIds: [],
    ...values,
  });
}

const weather = { type: 'function', function: { name: 'get_weather' } } as const;
const search = { type: 'file_search' } as const;

describe('§4.3 a run becomes a Responses request', () => {
  it('sends nothing but what is set: model, input, store:false, stream:true and the cache key', () => {
    expect(request()).toEqual({
      model: 'gpt-4o',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      store: false,
      stream: true,
      prompt_cache_key: 'thread_1',
    });
  });

  it('sends the upstream name of the model, not the caller’s', () => {
    expect(request({ model: 'gpt-4' }, { model: 'gpt-5-mini' }).model).toBe('gpt-5-mini');
  });

  it('passes instructions on, and leaves empty ones out', () => {
    expect(request({ instructions: 'Be brief.' }).instructions).toBe('Be brief.');
    expect(request({ instructions: '' })).not.toHaveProperty('instructions');
  });

  it('§2.9 no. 11 makes instructions the input of a thread without messages', () => {
    const sent = request({ instructions: 'Greet the user.' }, { messages: [] });
    expect(sent.input).toEqual([{ role: 'developer', content: 'Greet the user.' }]);
    expect(sent).not.toHaveProperty('instructions');
  });

  it('maps user text and images: url flattened, file id kept, detail auto by default', () => {
    const content: Message['content'] = [
      { type: 'text', text: { value: 'Look', annotations: [] } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'image_file', image_file: { file_id: 'file-1' } },
    ];
    expect(request({}, { messages: [message('user', content)] }).input).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
          { type: 'input_image', file_id: 'file-1', detail: 'auto' },
        ],
      },
    ]);
  });

  it('sends files that only rethread has as data URLs', () => {
    const messages = [
      message('user', [{ type: 'image_file', image_file: { file_id: 'file-1', detail: 'high' } }]),
    ];
    const inlineImages = { 'file-1': 'data:image/png;base64,AAAA' };
    expect(request({}, { messages, inlineImages }).input).toEqual([
      {
        role: 'user',
        content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'high' }],
      },
    ]);
  });

  it('tells a model of a picture that it cannot be shown', () => {
    const messages = [message('user', [{ type: 'image_file', image_file: { file_id: 'file-1' } }])];
    expect(JSON.stringify(request({}, { messages, profile: generic }).input)).toContain('file-1');
  });

  it('maps assistant text to output_text, refusals to refusal, and drops its pictures', () => {
    const content: Message['content'] = [
      { type: 'image_file', image_file: { file_id: 'file-1' } },
      { type: 'text', text: { value: 'Here.', annotations: [] } },
      { type: 'refusal', refusal: 'No.' },
    ];
    expect(request({}, { messages: [message('assistant', content)] }).input).toEqual([
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Here.', annotations: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ]);
  });

  it('skips messages in which nothing is left', () => {
    const messages = [
      says('user', ''),
      message('assistant', [{ type: 'image_file', image_file: { file_id: 'file-1' } }]),
    ];
    expect(request({}, { messages }).input).toEqual([]);
  });

  it('§4.4 strips citation markers from assistant messages, with and without their annotations', () => {
    const marker = '【4:0†foods.txt】';
    const value = `Ramen${marker}, pie【9:2†source】.`;
    const annotated = message('assistant', [
      {
        type: 'text',
        text: {
          value,
          annotations: [
            {
              type: 'file_citation',
              text: marker,
              start_index: 5,
              end_index: 18,
              file_citation: { file_id: 'file-1' },
            },
          ],
        },
      },
    ]);
    expect(request({}, { messages: [annotated] }).input).toMatchObject([
      { content: [{ text: 'Ramen, pie.' }] },
    ]);
    expect(request({}, { messages: [says('user', value)] }).input).toMatchObject([
      { content: [{ text: value }] },
    ]);
  });

  it('flattens functions, with strict false and empty parameters by default', () => {
    const strict = {
      type: 'function',
      function: { name: 'f', description: 'Does f.', parameters: { type: 'object' }, strict: true },
    } as const;
    expect(request({ tools: [weather, strict] }).tools).toEqual([
      {
        type: 'function',
        name: 'get_weather',
        parameters: { type: 'object', properties: {} },
        strict: false,
      },
      { type: 'function', name: 'f', description: 'Does f.', parameters: { type: 'object' }, strict: true },
    ]);
  });

  it('maps file_search with its stores and limits, and asks for the results', () => {
    const tools: Run['tools'] = [
      {
        type: 'file_search',
        file_search: {
          max_num_results: 5,
          ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0.3 },
        },
      },
    ];
    const sent = request({ tools }, { vectorStoreIds: ['vs_1', 'vs_2'] });
    expect(sent.tools).toEqual([
      {
        type: 'file_search',
        vector_store_ids: ['vs_1', 'vs_2'],
        max_num_results: 5,
        ranking_options: { ranker: 'auto', score_threshold: 0.3 },
      },
    ]);
    expect(sent.include).toEqual(['file_search_call.results']);
  });

  it('leaves file_search and a choice of it out when there is no store', () => {
    const sent = request({ tools: [search], tool_choice: { type: 'file_search' } });
    expect(sent).not.toHaveProperty('tools');
    expect(sent).not.toHaveProperty('tool_choice');
    expect(sent).not.toHaveProperty('include');
  });

  it('runs code in the thread’s container, else in one with the run’s files, and asks for the outputs', () => {
    const run: Partial<Run> = {
      tools: [{ type: 'code_interpreter' }],
      tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
    };
    expect(request(run, { containerId: 'cntr_1' })).toMatchObject({
      tools: [{ type: 'code_interpreter', container: 'cntr_1' }],
      include: ['code_interpreter_call.outputs'],
    });
    expect(request(run).tools).toEqual([
      { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } },
    ]);
  });

  it.each([
    ['required', 'required'],
    ['none', 'none'],
    [weather, { type: 'function', name: 'get_weather' }],
  ] as const)('sends tool_choice %j on the first call of the run only', (choice, sent) => {
    const turns = [{ items: [], outputs: [] }];
    expect(request({ tools: [weather], tool_choice: choice }).tool_choice).toEqual(sent);
    expect(request({ tools: [weather], tool_choice: choice }, { turns })).not.toHaveProperty('tool_choice');
  });

  it('turns parallel tool calls off only where the run did', () => {
    expect(request({ tools: [weather], parallel_tool_calls: false }).parallel_tool_calls).toBe(false);
    expect(request({ tools: [weather] })).not.toHaveProperty('parallel_tool_calls');
  });

  it('sends temperature and top_p only when set and not 1', () => {
    expect(request({ temperature: 0, top_p: 0.5 })).toMatchObject({ temperature: 0, top_p: 0.5 });
    const sent = request({ temperature: 1, top_p: null });
    expect(sent).not.toHaveProperty('temperature');
    expect(sent).not.toHaveProperty('top_p');
  });

  it('gives reasoning models an effort and no temperature, and others a temperature and no effort', () => {
    const run: Partial<Run> = { reasoning_effort: 'low', temperature: 0.2, top_p: 0.2 };
    const reasoning = request(run, { model: 'o3-mini' });
    expect(reasoning.reasoning).toEqual({ effort: 'low' });
    expect(reasoning.include).toEqual(['reasoning.encrypted_content']);
    expect(reasoning).not.toHaveProperty('temperature');
    expect(reasoning).not.toHaveProperty('top_p');
    const plain = request(run);
    expect(plain).not.toHaveProperty('reasoning');
    expect(plain.temperature).toBe(0.2);
  });

  it('does not ask for encrypted reasoning where the profile has none', () => {
    const profile = { ...openai, encryptedReasoning: false };
    expect(request({}, { model: 'o3', profile })).not.toHaveProperty('include');
  });

  it('maps response formats, the schema flattened', () => {
    const json_schema = { name: 'n', description: 'd', schema: { type: 'object' }, strict: true };
    expect(request({ response_format: { type: 'text' } }).text).toEqual({ format: { type: 'text' } });
    expect(request({ response_format: { type: 'json_schema', json_schema } }).text).toEqual({
      format: { type: 'json_schema', name: 'n', description: 'd', schema: { type: 'object' }, strict: true },
    });
  });

  it('adds the word JSON for JSON mode unless a message has it', () => {
    const run: Partial<Run> = { response_format: { type: 'json_object' }, instructions: 'Use JSON.' };
    expect(request(run).input).toEqual([
      { role: 'developer', content: 'Respond in JSON.' },
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    ]);
    expect(request(run, { messages: [says('user', 'as json please')] }).input).toHaveLength(1);
  });

  it('sends what is left of the completion budget, 16 tokens at the least', () => {
    expect(request({}, { maxOutputTokens: 300 }).max_output_tokens).toBe(300);
    expect(request({}, { maxOutputTokens: 3 }).max_output_tokens).toBe(16);
  });

  it('keeps the metadata of the run to itself', () => {
    expect(request({ metadata: { a: 'b' } })).not.toHaveProperty('metadata');
  });
});

describe('§4.2 A finished turns of the run are replayed', () => {
  const call = (call_id: string) => ({
    id: `fc_${call_id}`,
    type: 'function_call',
    status: 'completed',
    call_id,
    name: 'get_weather',
    arguments: '{}',
  });
  const turnOf = (items: object[], outputs: { call_id: string; output: string }[] = []) =>
    [{ items: items as never, outputs }] satisfies RequestInput['turns'];
  const replay = (items: object[], values: Partial<RequestInput> = {}) =>
    (request({}, { messages: [], turns: turnOf(items), model: 'o3', ...values }).input as unknown[]).slice();

  it('sends every call, then every output in the same order, by call_id', () => {
    const turns = turnOf(
      [call('call_a'), call('call_b')],
      [
        { call_id: 'call_b', output: '2' },
        { call_id: 'call_a', output: '1' },
      ],
    );
    expect(request({}, { messages: [], turns }).input).toEqual([
      { type: 'function_call', call_id: 'call_a', name: 'get_weather', arguments: '{}' },
      { type: 'function_call', call_id: 'call_b', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_a', output: '1' },
      { type: 'function_call_output', call_id: 'call_b', output: '2' },
    ]);
  });

  it('answers a call without an output with an empty one: a missing output poisons the request', () => {
    expect(replay([call('call_a')]).at(-1)).toEqual({
      type: 'function_call_output',
      call_id: 'call_a',
      output: '',
    });
  });

  it('sends encrypted reasoning back whole, with its id', () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA', status: null };
    expect(replay([reasoning])).toEqual([
      { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
    ]);
  });

  it('leaves reasoning out whose content stayed with the upstream', () => {
    expect(replay([{ id: 'rs_1', type: 'reasoning', summary: [] }])).toEqual([]);
  });

  it('sends plain reasoning back to servers that write it in the clear', () => {
    const reasoning = {
      id: 'rs_1',
      type: 'reasoning',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'x' }],
    };
    expect(replay([reasoning], { profile: generic })).toEqual([reasoning]);
  });

  it('sends messages without id and annotations, hosted calls with id and results', () => {
    const items = [
      {
        id: 'fs_1',
        type: 'file_search_call',
        status: 'completed',
        queries: ['q'],
        results: [{ file_id: 'file-1', text: 't' }],
        extra: 1,
      },
      {
        id: 'ci_1',
        type: 'code_interpreter_call',
        status: 'completed',
        code: '1+1',
        container_id: 'cntr_1',
        outputs: null,
      },
      {
        id: 'msg_up',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        phase: 'commentary',
        content: [
          {
            type: 'output_text',
            text: 'Let me look.',
            annotations: [{ type: 'file_citation', file_id: 'file-1', index: 2 }],
            logprobs: [],
          },
        ],
      },
    ];
    expect(replay(items)).toEqual([
      {
        id: 'fs_1',
        type: 'file_search_call',
        status: 'completed',
        queries: ['q'],
        results: [{ file_id: 'file-1', text: 't' }],
      },
      {
        id: 'ci_1',
        type: 'code_interpreter_call',
        status: 'completed',
        code: '1+1',
        container_id: 'cntr_1',
        outputs: null,
      },
      {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'Let me look.', annotations: [] }],
      },
    ]);
  });

  it('says what the run itself said only once: in its turns, not again as a thread message', () => {
    const messages = [says('user', 'Hi'), says('assistant', 'Let me look.', { run_id: 'run_1' })];
    const input = request({}, { messages, turns: turnOf([call('call_a')]) }).input as { role?: string }[];
    expect(input.filter((item) => item.role)).toHaveLength(1);
  });
});

describe('other servers get forms that they all take', () => {
  it('sends assistant messages as plain strings to a generic server', () => {
    const messages = [says('user', 'Hi'), says('assistant', 'Hello')];
    expect(request({}, { messages, profile: generic }).input).toEqual([
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { role: 'assistant', content: 'Hello' },
    ]);
  });

  it('sends no built-in tools, includes or cache key to a generic server', () => {
    const sent = request(
      { tools: [search, { type: 'code_interpreter' }, weather] },
      { profile: generic, vectorStoreIds: ['vs_1'] },
    );
    expect(sent.tools).toHaveLength(1);
    expect(sent).not.toHaveProperty('include');
    expect(sent).not.toHaveProperty('prompt_cache_key');
  });
});

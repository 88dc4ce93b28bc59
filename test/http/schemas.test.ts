import type OpenAI from 'openai';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type {
  AssistantChanges,
  AssistantParams,
  ListQuery as DomainListQuery,
  MessageParams,
  RunParams,
  ThreadParams,
  ToolOutput,
} from '../../src/assistants/params.ts';
import {
  type AssistantCreate,
  type AssistantUpdate,
  assistantCreate,
  assistantUpdate,
  includeQuery,
  type ListQuery,
  listQuery,
  type MessageCreate,
  messageCreate,
  messageListQuery,
  type RunCreate,
  runCreate,
  type SubmitToolOutputs,
  submitToolOutputs,
  type ThreadAndRunCreate,
  type ThreadUpdate,
  threadAndRunCreate,
  threadCreate,
  threadUpdate,
} from '../../src/http/openai/schemas.ts';
import { validate } from '../../src/http/openai/validation.ts';
import { assistant } from '../legal-objects.ts';
import { invalid, refusalOf } from './refusal.ts';

const part = (content: unknown) => () => validate(messageCreate, { role: 'user', content: [content] });
const run = (fields: object) => () => validate(runCreate, { assistant_id: 'asst_1', ...fields });

describe('§1.6: messages', () => {
  test('a string stays a string, and parts stay parts', () => {
    const parts: OpenAI.Beta.Threads.MessageContentPartParam[] = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png', detail: 'low' } },
      { type: 'image_file', image_file: { file_id: 'file-abc' } },
    ];
    expect(validate(messageCreate, { role: 'assistant', content: 'Hi' })).toEqual({
      role: 'assistant',
      content: 'Hi',
    });
    expect(validate(messageCreate, { role: 'user', content: parts })).toEqual({
      role: 'user',
      content: parts,
    });
  });

  test('content holds 256 000 characters and not one more', () => {
    const full = 'x'.repeat(256_000);
    expect(validate(messageCreate, { role: 'user', content: full }).content).toBe(full);
    expect(part({ type: 'text', text: full })()).toBeDefined();
    expect(refusalOf(part({ type: 'text', text: `${full}x` })).code).toBe('string_above_max_length');
  });

  test('no other role than user and assistant', () => {
    expect(refusalOf(() => validate(messageCreate, { role: 'system', content: 'x' })).message).toBe(
      "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    );
  });

  test('attachments may be null, and carry tools without options', () => {
    const attachments = [
      { file_id: 'file-1', tools: [{ type: 'file_search' }, { type: 'code_interpreter' }] },
    ];
    const body = { role: 'user', content: 'x' };
    expect(validate(messageCreate, { ...body, attachments })).toEqual({ ...body, attachments });
    expect(validate(messageCreate, { ...body, attachments: null })).toEqual({
      ...body,
      attachments: null,
    });
  });

  test.each([
    'https://example.com/cat.webp',
    'http://example.com/cat.JPG?size=2',
    'https://example.com/signed/object?signature=x',
    'data:image/png;base64,iVBORw0KGgo=',
  ])('an image may be at %s', (url) => {
    expect(part({ type: 'image_url', image_url: { url } })()).toBeDefined();
  });

  test.each(['iVBORw0KGgo=', 'ftp://example.com/cat.png', 'data:text/plain,x', 'file:///etc/passwd', ''])(
    'an image can not be at %j',
    (url) => {
      expect(refusalOf(part({ type: 'image_url', image_url: { url } }))).toEqual(
        invalid(
          "Invalid 'content[0].image_url.url'. Expected a valid URL, but got a value with an invalid format.",
          'content[0].image_url.url',
          'invalid_value',
        ),
      );
    },
  );

  test('§2.9 no. 22: a file of another format is refused', () => {
    const refusal = refusalOf(part({ type: 'image_url', image_url: { url: 'https://a.example/x.bmp' } }));
    expect(refusal.message).toContain("image_url.url'. Expected url to end in a supported format");
  });

  test('§2.9 no. 13: an image file has a file id; those of Azure begin otherwise', () => {
    const image = (file_id: string) => part({ type: 'image_file', image_file: { file_id } });
    expect(refusalOf(image('img-1')).message).toBe(
      "Invalid 'content[0].image_file.file_id': 'img-1'. Expected an ID that begins with 'file'.",
    );
    expect(image('assistant-1')()).toBeDefined();
  });
});

describe('§1.6: assistants', () => {
  const create = (fields: object) => () => validate(assistantCreate, { model: 'gpt-4o', ...fields });

  test.each([
    ['name', 256],
    ['description', 512],
    ['instructions', 256_000],
  ])('%s takes %i characters, or null', (field, max) => {
    expect(create({ [field]: 'x'.repeat(max) })()).toHaveProperty(field);
    expect(create({ [field]: null })()).toHaveProperty(field, null);
    expect(refusalOf(create({ [field]: 'x'.repeat(max + 1) })).message).toBe(
      `Invalid '${field}': string too long. Expected a string with maximum length ${max}, but got a string with length ${max + 1} instead.`,
    );
  });

  test('128 tools', () => {
    expect(create({ tools: Array(128).fill({ type: 'code_interpreter' }) })().tools).toHaveLength(128);
  });

  test('function names have at most 64 characters', () => {
    const named = (name: string) => create({ tools: [{ type: 'function', function: { name } }] });
    expect(named('a'.repeat(64))()).toBeDefined();
    expect(refusalOf(named('a'.repeat(65))).code).toBe('string_above_max_length');
    expect(refusalOf(named('')).code).toBe('empty_string');
  });

  test('file_search options: 1 to 50 results, and a score threshold wherever ranking options are', () => {
    const search = (file_search: object) => create({ tools: [{ type: 'file_search', file_search }] });
    expect(search({ max_num_results: 50, ranking_options: { score_threshold: 0.5 } })()).toBeDefined();
    expect(refusalOf(search({ max_num_results: 51 })).message).toBe(
      "Invalid 'tools[0].file_search.max_num_results': integer above maximum value. Expected a value <= 50, but got 51 instead.",
    );
    expect(refusalOf(search({ ranking_options: { ranker: 'auto' } })).message).toBe(
      "Missing required parameter: 'tools[0].file_search.ranking_options.score_threshold'.",
    );
    expect(refusalOf(search({ ranking_options: { score_threshold: 1.1 } })).code).toBe(
      'decimal_above_max_value',
    );
  });

  test('§1.7: the tools of an answer can be sent back', () => {
    const tools = assistant({
      tools: [
        { type: 'code_interpreter' },
        {
          type: 'file_search',
          file_search: {
            ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0, hybrid_search: null },
          } as object,
        },
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
        },
      ],
    }).tools;
    expect(validate(assistantUpdate, { tools })).toEqual({ tools });
  });

  test('tool resources: 20 files, one vector store', () => {
    const files = (n: number) => ({ code_interpreter: { file_ids: Array(n).fill('file-1') } });
    const stores = (...vector_store_ids: string[]) => ({ file_search: { vector_store_ids } });
    expect(create({ tool_resources: { ...files(20), ...stores('vs_1') } })()).toBeDefined();
    expect(refusalOf(create({ tool_resources: files(21) })).param).toBe(
      'tool_resources.code_interpreter.file_ids',
    );
    expect(refusalOf(create({ tool_resources: stores('vs_1', 'vs_2') })).code).toBe('array_above_max_length');
  });

  test('the vector_stores helper: one, instead of vector_store_ids, on creation only', () => {
    const resources = { file_search: { vector_stores: [{ file_ids: ['file-1'], metadata: { a: 'b' } }] } };
    expect(create({ tool_resources: resources })()).toHaveProperty('tool_resources', resources);
    expect(validate(threadCreate, { tool_resources: resources })).toEqual({ tool_resources: resources });
    expect(refusalOf(create({ tool_resources: { file_search: { vector_stores: [{}, {}] } } })).code).toBe(
      'array_above_max_length',
    );
    expect(
      refusalOf(create({ tool_resources: { file_search: { vector_stores: [], vector_store_ids: [] } } }))
        .code,
    ).toBe('mutually_exclusive_parameters');
    for (const schema of [assistantUpdate, threadUpdate])
      expect(refusalOf(() => validate<unknown>(schema, { tool_resources: resources })).message).toBe(
        "Unknown parameter: 'tool_resources.file_search.vector_stores'.",
      );
  });

  test('chunks of 100 to 4096 tokens that overlap by at most half', () => {
    const chunks = (max_chunk_size_tokens: number, chunk_overlap_tokens: number) =>
      create({
        tool_resources: {
          file_search: {
            vector_stores: [
              {
                chunking_strategy: {
                  type: 'static',
                  static: { max_chunk_size_tokens, chunk_overlap_tokens },
                },
              },
            ],
          },
        },
      });
    expect(chunks(800, 400)()).toBeDefined();
    expect(refusalOf(chunks(99, 0)).code).toBe('integer_below_min_value');
    expect(refusalOf(chunks(4097, 0)).code).toBe('integer_above_max_value');
    expect(refusalOf(chunks(800, 401)).message).toContain('Expected a value <= 400, but got 401');
  });

  test.each([
    'auto',
    { type: 'text' },
    { type: 'json_object' },
    { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
    null,
  ])('response_format may be %j', (response_format) => {
    expect(create({ response_format })()).toHaveProperty('response_format', response_format);
  });

  test.each(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', null])(
    'reasoning_effort may be %j',
    (reasoning_effort) => {
      expect(create({ reasoning_effort })()).toHaveProperty('reasoning_effort', reasoning_effort);
    },
  );
});

describe('§1.8: runs', () => {
  test('no. 12: the assistant is named by its id', () => {
    expect(refusalOf(() => validate(runCreate, { assistant_id: 'helper' }))).toEqual(
      invalid(
        "Invalid 'assistant_id': 'helper'. Expected an ID that begins with 'asst'.",
        'assistant_id',
        'invalid_value',
      ),
    );
  });

  test('additional_messages have the shape of messages, and may be empty', () => {
    expect(run({ additional_messages: [] })()).toHaveProperty('additional_messages', []);
    expect(refusalOf(run({ additional_messages: [{ role: 'user' }] })).param).toBe(
      'additional_messages[0].content',
    );
  });

  test('§7 no. 16: budgets below the 256 of the specification are taken, as the live API did', () => {
    expect(run({ max_prompt_tokens: 16, max_completion_tokens: 1 })()).toBeDefined();
  });

  test.each([
    'none',
    'auto',
    'required',
    { type: 'function', function: { name: 'f' } },
    { type: 'file_search' },
    { type: 'code_interpreter' },
    null,
  ])('tool_choice may be %j', (tool_choice) => {
    expect(run({ tool_choice })()).toHaveProperty('tool_choice', tool_choice);
  });

  test('tool_choice refuses other strings by naming those it takes', () => {
    expect(refusalOf(run({ tool_choice: 'any' })).message).toBe(
      "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
    );
  });

  test('truncation by last_messages needs their number', () => {
    expect(run({ truncation_strategy: { type: 'auto' } })()).toBeDefined();
    expect(run({ truncation_strategy: { type: 'auto', last_messages: null } })()).toBeDefined();
    expect(run({ truncation_strategy: { type: 'last_messages', last_messages: 1 } })()).toBeDefined();
    expect(refusalOf(run({ truncation_strategy: { type: 'last_messages' } })).param).toBe(
      'truncation_strategy.last_messages',
    );
    expect(refusalOf(run({ truncation_strategy: { type: 'last_messages', last_messages: 0 } })).code).toBe(
      'integer_below_min_value',
    );
  });

  test.each(['additional_instructions', 'additional_messages', 'reasoning_effort', 'include'])(
    'createThreadAndRun has no %s',
    (field) => {
      expect(
        refusalOf(() => validate(threadAndRunCreate, { assistant_id: 'asst_1', [field]: null })),
      ).toEqual(invalid(`Unknown parameter: '${field}'.`, field, 'unknown_parameter'));
    },
  );

  test('§1.6: createThreadAndRun takes the vector_stores helper inside thread only, and 32 messages', () => {
    const tool_resources = { file_search: { vector_stores: [{}] } };
    const create = (fields: object) => () =>
      validate(threadAndRunCreate, { assistant_id: 'asst_1', ...fields });
    expect(create({ thread: { tool_resources } })()).toHaveProperty('thread', { tool_resources });
    expect(refusalOf(create({ tool_resources })).message).toBe(
      "Unknown parameter: 'tool_resources.file_search.vector_stores'.",
    );
    const messages = Array(33).fill({ role: 'user', content: 'x' });
    expect(refusalOf(create({ thread: { messages } })).param).toBe('thread.messages');
  });

  test('tool outputs: both members are optional, and output may be empty', () => {
    const tool_outputs = [{ tool_call_id: 'call_1', output: '' }, { tool_call_id: 'call_2' }, {}];
    expect(validate(submitToolOutputs, { tool_outputs, stream: true })).toEqual({
      tool_outputs,
      stream: true,
    });
  });
});

describe('§1.4: list queries', () => {
  const list = (query: string) => () => validate(listQuery, new URLSearchParams(query));

  test('limit becomes a number; parameters that are empty or unknown are passed over', () => {
    expect(list('limit=5&order=asc&after=msg_1&before=&foo=1')()).toEqual({
      limit: 5,
      order: 'asc',
      after: 'msg_1',
    });
    expect(validate(listQuery, { limit: '100' })).toEqual({ limit: 100 });
    expect(list('')()).toEqual({});
  });

  test('§2.9 no. 20: limit goes from 1 to 100', () => {
    expect(refusalOf(list('limit=101'))).toEqual(
      invalid(
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        'limit',
        'integer_above_max_value',
      ),
    );
    expect(refusalOf(list('limit=0'))).toEqual(
      invalid(
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        'limit',
        'integer_below_min_value',
      ),
    );
    expect(refusalOf(list('limit=-5')).code).toBe('integer_below_min_value');
    expect(refusalOf(list('limit=99999999999999999999')).message).toContain('99999999999999999999');
  });

  test.each(['ten', 'NaN', 'Infinity', '1e1', '0x10', ' 5'])('limit=%s is no integer', (limit) => {
    expect(refusalOf(() => validate(listQuery, { limit }))).toEqual(
      invalid(
        "Invalid type for 'limit': expected an integer, but got a string instead.",
        'limit',
        'invalid_type',
      ),
    );
  });

  test('limit=1.5 is a decimal number', () => {
    expect(refusalOf(list('limit=1.5')).message).toBe(
      "Invalid type for 'limit': expected an integer, but got a decimal number instead.",
    );
  });

  test('order is asc or desc', () => {
    expect(refusalOf(list('order=newest'))).toEqual(
      invalid("Invalid value: 'newest'. Supported values are: 'asc' and 'desc'.", 'order', 'invalid_value'),
    );
  });

  test('messages can be asked for by run', () => {
    const ask = (query: string) => () => validate(messageListQuery, new URLSearchParams(query));
    expect(ask('run_id=run_1&limit=1')()).toEqual({ run_id: 'run_1', limit: 1 });
    expect(refusalOf(ask('run_id=thread_1')).message).toBe(
      "Invalid 'run_id': 'thread_1'. Expected an ID that begins with 'run'.",
    );
  });

  test('a key that names the prototype is a key like any other', () => {
    expect(list('__proto__=1&constructor=2')()).toEqual({});
  });
});

describe('§1.5: include', () => {
  const content = 'step_details.tool_calls[*].file_search.results[*].content';
  const include = (...pairs: string[][]) =>
    validate(includeQuery, new URLSearchParams([['limit', '1'], ...pairs]));

  test.each(['include[]', 'include', 'include[0]'])('is understood as %s', (key) => {
    expect(include([key, content])).toBe(true);
    expect(include([key, content], [key, content])).toBe(true);
  });

  test('is false when it was not sent', () => {
    expect(include()).toBe(false);
  });

  test('§2.9 no. 16: knows one value', () => {
    expect(refusalOf(() => include(['include[]', content], ['include[]', 'usage']))).toEqual(
      invalid(`Invalid value: 'usage'. Supported values are: '${content}'.`, 'include[1]', 'invalid_value'),
    );
  });
});

test('what is parsed is what the domain takes, and what the SDK sends can be parsed', () => {
  expectTypeOf<AssistantUpdate>().toExtend<AssistantChanges>();
  expectTypeOf<AssistantCreate>().toExtend<AssistantParams>();
  expectTypeOf<ThreadUpdate>().toExtend<ThreadParams>();
  expectTypeOf<MessageCreate>().toExtend<MessageParams>();
  expectTypeOf<RunCreate>().toExtend<RunParams>();
  expectTypeOf<ThreadAndRunCreate>().toExtend<RunParams>();
  expectTypeOf<SubmitToolOutputs['tool_outputs']>().toExtend<ToolOutput[]>();
  expectTypeOf<ListQuery>().toExtend<DomainListQuery>();
  expectTypeOf<keyof OpenAI.Beta.AssistantCreateParams>().toEqualTypeOf<keyof AssistantCreate>();
  expectTypeOf<keyof OpenAI.Beta.AssistantUpdateParams>().toEqualTypeOf<keyof AssistantUpdate>();
  expectTypeOf<keyof OpenAI.Beta.ThreadUpdateParams>().toEqualTypeOf<keyof ThreadUpdate>();
  expectTypeOf<keyof OpenAI.Beta.ThreadCreateAndRunParams>().toEqualTypeOf<keyof ThreadAndRunCreate>();
  expectTypeOf<Exclude<keyof OpenAI.Beta.Threads.RunCreateParams, 'include'>>().toEqualTypeOf<
    keyof RunCreate
  >();
  expectTypeOf<keyof OpenAI.Beta.Threads.MessageCreateParams>().toEqualTypeOf<
    Exclude<keyof MessageCreate, 'thread_id'>
  >();
});

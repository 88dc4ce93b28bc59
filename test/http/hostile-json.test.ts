import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ApiError } from '../../src/assistants/errors.ts';
import * as schemas from '../../src/http/openai/schemas.ts';
import { validate } from '../../src/http/openai/validation.ts';
import { refusalOf } from './refusal.ts';

const ALL = Object.entries(schemas).filter(([, schema]) => 'safeParse' in schema) as [string, z.ZodType][];

/** JSON that is close to what the schemas know, so that the walk gets past the first key. */
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    'user',
    'auto',
    'text',
    'function',
    'file_search',
    'last_messages',
    'asst_1',
    'file-1',
    'vs_1',
    'NaN',
    '\ud800',
    '\u0000',
    0,
    -0,
    1,
    1.5,
    -1,
    1e308,
    Number.POSITIVE_INFINITY,
  ),
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true }),
);
const key = fc.oneof(
  fc.constantFrom(
    ...'assistant_id model name tools type function file_search tool_resources vector_stores metadata content role text messages thread attachments response_format json_schema schema tool_choice truncation_strategy tool_outputs output limit include __proto__ constructor prototype toString hasOwnProperty'.split(
      ' ',
    ),
  ),
  fc.string({ unit: 'binary' }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'medium', withCrossShrink: true }, leaf, tie('list'), tie('record')),
  list: fc.array(tie('tree'), { maxLength: 6 }),
  // Through text, as a body comes in: `__proto__` becomes an own key.
  record: fc
    .array(fc.tuple(key, tie('tree')), { maxLength: 8 })
    .map((entries) => Object.defineProperties({}, descriptors(entries)) as unknown),
}));

function descriptors(entries: [string, unknown][]): PropertyDescriptorMap {
  const map: PropertyDescriptorMap = Object.create(null);
  for (const [name, value] of entries)
    map[name] = { value, enumerable: true, configurable: true, writable: true };
  return map;
}

/** A legal body that reaches into every corner of its schema. */
const MESSAGE = {
  role: 'user',
  content: [
    { type: 'text', text: 'x' },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
    { type: 'image_file', image_file: { file_id: 'file-1' } },
  ],
  attachments: [{ file_id: 'file-1', tools: [{ type: 'file_search' }] }],
  metadata: { a: 'b' },
};
const CONFIG = {
  tools: [
    { type: 'code_interpreter' },
    {
      type: 'file_search',
      file_search: { max_num_results: 3, ranking_options: { score_threshold: 0, ranker: 'auto' } },
    },
    { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: null } },
  ],
  temperature: 1,
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: true } },
};
const THREAD = {
  messages: [MESSAGE, { role: 'assistant', content: 'x' }],
  tool_resources: {
    code_interpreter: { file_ids: ['file-1'] },
    file_search: {
      vector_stores: [
        {
          file_ids: ['file-1'],
          chunking_strategy: {
            type: 'static',
            static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
          },
        },
      ],
    },
  },
};
const RUN = {
  assistant_id: 'asst_1',
  ...CONFIG,
  tool_choice: { type: 'function', function: { name: 'f' } },
  truncation_strategy: { type: 'last_messages', last_messages: 3 },
  max_prompt_tokens: 1000,
  stream: true,
};
const LEGAL: Record<string, unknown> = {
  assistantCreate: { model: 'm', ...CONFIG, tool_resources: THREAD.tool_resources },
  assistantUpdate: CONFIG,
  threadCreate: THREAD,
  threadUpdate: { tool_resources: { file_search: { vector_store_ids: ['vs_1'] } }, metadata: null },
  messageCreate: MESSAGE,
  messageUpdate: { metadata: { a: 'b' } },
  runCreate: { ...RUN, additional_messages: [MESSAGE] },
  threadAndRunCreate: { ...RUN, thread: THREAD },
  runUpdate: { metadata: { a: 'b' } },
  submitToolOutputs: { tool_outputs: [{ tool_call_id: 'call_1', output: '1' }] },
  listQuery: { limit: '5', order: 'asc', after: 'msg_1' },
  messageListQuery: { limit: '5', run_id: 'run_1' },
  includeQuery: { limit: '1' },
};

/** `body` with one of its values, anywhere, replaced. `at` says which. */
function spoilt(body: unknown, at: number, value: unknown): unknown {
  let seen = 0;
  const copy = (node: unknown): unknown => {
    if (seen++ === at) return value;
    if (Array.isArray(node)) return node.map(copy);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, copy(item)]));
  };
  return copy(body);
}

test.each(ALL)('a legal body is taken: %s', (name, schema) => {
  expect(() => validate(schema, LEGAL[name])).not.toThrow();
});

describe('whatever JSON a client sends, it is taken or refused in words (§2.9)', () => {
  test.each(ALL)('%s', (name, schema) => {
    const nearlyLegal = fc.tuple(fc.nat(60), tree).map(([at, value]) => spoilt(LEGAL[name], at, value));
    fc.assert(
      fc.property(fc.oneof(tree, nearlyLegal, fc.jsonValue()), (value) => {
        try {
          validate(schema, value);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          const { status, message, param, type } = error as ApiError;
          expect(status).toBe(400);
          expect(type).toBe('invalid_request_error');
          expect(message).toMatch(/^(Invalid|Missing|Unknown|Mutually) /);
          expect(message).not.toMatch(/a undefined|\[object Object|expected {2}/);
          expect(param).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile bodies', () => {
  const parse = (text: string) => () => validate(schemas.threadAndRunCreate, JSON.parse(text));

  test('an own __proto__ key is an unknown parameter, and no prototype is touched', () => {
    const text = '{"assistant_id":"asst_1","thread":{"__proto__":{"polluted":true}}}';
    expect(refusalOf(parse(text)).message).toBe("Unknown parameter: 'thread.__proto__'.");
    const inMetadata = '{"assistant_id":"asst_1","metadata":{"__proto__":"x"}}';
    expect(refusalOf(parse(inMetadata)).message).toBe("Unknown parameter: 'metadata.__proto__'.");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('a __proto__ inside a function schema is data like any other', () => {
    const parameters = '{"properties":{"__proto__":{"type":"string"}}}';
    const text = `{"assistant_id":"asst_1","tools":[{"type":"function","function":{"name":"f","parameters":${parameters}}}]}`;
    expect(JSON.stringify(parse(text)())).toContain(parameters);
  });

  test.each([1_000, 100_000])('%i levels of nesting', (depth) => {
    const nested = '['.repeat(depth) + ']'.repeat(depth);
    expect(refusalOf(parse(`{"assistant_id":${nested}}`)).code).toBe('invalid_type');
    const schema = `{"a":${nested}}`;
    const tools = `[{"type":"function","function":{"name":"f","parameters":${schema}}}]`;
    expect(refusalOf(parse(`{"assistant_id":"asst_1","tools":${tools}}`)).param).toBe(
      'tools[0].function.parameters',
    );
  });

  test('an array of a million bad elements costs one problem, not a million', () => {
    const text = `{"assistant_id":"asst_1","thread":{"messages":[{"role":"user","content":[${'0,'.repeat(1_000_000)}0]}]}}`;
    expect(refusalOf(parse(text)).param).toBe('thread.messages[0].content[0]');
  });

  test('a number beyond all bounds', () => {
    expect(refusalOf(parse('{"assistant_id":"asst_1","temperature":1e999}')).code).toBe('invalid_type');
    expect(refusalOf(parse('{"assistant_id":"asst_1","max_prompt_tokens":1e300}')).code).toBe(
      'integer_above_max_value',
    );
  });

  test('a long key or value is quoted in part', () => {
    const long = 'k'.repeat(100_000);
    const unknown = refusalOf(parse(`{"assistant_id":"asst_1","${long}":1}`));
    expect(unknown.code).toBe('unknown_parameter');
    expect(unknown.message.length + String(unknown.param).length).toBeLessThan(1_000);
    expect(refusalOf(parse(`{"assistant_id":"${long}"}`)).message.length).toBeLessThan(1_000);
  });
});

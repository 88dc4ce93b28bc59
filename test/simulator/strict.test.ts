import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../src/simulator/index.ts';
import { call, refused } from './connect.ts';

type Body = Record<string, unknown>;
type Row = [what: string, body: Body, message: string, param: string | null, code: string | null];

const tool = (more: Body) => ({
  tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, ...more }],
});
const message = (content: unknown, role = 'user') => ({ input: [{ role, content }] });
const object = (more: Body) => ({ type: 'object', ...more });
const long = (length: number) => 'x'.repeat(length);

const rows: Row[] = [
  [
    'an unknown parameter (§2.9 #15)',
    { top_k: 5 },
    "Unknown parameter: 'top_k'.",
    'top_k',
    'unknown_parameter',
  ],
  [
    'an unknown parameter deep inside',
    message([{ type: 'input_text', text: 'x', annotations: [] }]),
    "Unknown parameter: 'input[0].content[0].annotations'.",
    'input[0].content[0].annotations',
    'unknown_parameter',
  ],
  [
    'a parameter of another API',
    { response_format: { type: 'json_object' } },
    "Unsupported parameter: 'response_format'. In the Responses API, this parameter has moved to 'text.format'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.",
    'response_format',
    'unsupported_parameter',
  ],
  [
    'a missing model (§2.9 #14)',
    { model: undefined },
    "Missing required parameter: 'model'.",
    'model',
    'missing_required_parameter',
  ],
  [
    'a missing input',
    { input: undefined },
    "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.",
    'input',
    'missing_required_parameter',
  ],
  [
    'a wrong type (§2.9 #17)',
    { parallel_tool_calls: 'yes' },
    "Invalid type for 'parallel_tool_calls': expected a boolean, but got a string instead.",
    'parallel_tool_calls',
    'invalid_type',
  ],
  [
    'a wrong type of input',
    { input: 5 },
    "Invalid type for 'input': expected one of a string or an array, but got an integer instead.",
    'input',
    'invalid_type',
  ],
  [
    'null where null is no value',
    message([{ type: 'input_text', text: null }]),
    "Invalid type for 'input[0].content[0].text': expected a string, but got null instead.",
    'input[0].content[0].text',
    'invalid_type',
  ],
  [
    'a role that is none (§2.9 #16)',
    message('x', 'tool'),
    "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
    'input[0].role',
    'invalid_value',
  ],
  [
    'input_text in an assistant message (§4.3)',
    message([{ type: 'input_text', text: 'x' }], 'assistant'),
    "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
    'input[0].content[0].type',
    'invalid_value',
  ],
  [
    'output_text in a user message (§4.3)',
    message([{ type: 'output_text', text: 'x' }]),
    "Invalid value: 'output_text'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
    'input[0].content[0].type',
    'invalid_value',
  ],
  [
    'a text in the shape of Assistants',
    message([{ type: 'text', text: { value: 'x' } }]),
    "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
    'input[0].content[0].type',
    'invalid_value',
  ],
  [
    'a text above the limit',
    message([{ type: 'input_text', text: long(10_485_761) }]),
    "Invalid 'input[0].content[0].text': string too long. Expected a string with maximum length 10485760, but got a string with length 10485761 instead.",
    'input[0].content[0].text',
    'string_above_max_length',
  ],
  [
    'an image in the nested shape of other APIs',
    message([{ type: 'input_image', image_url: { url: 'https://a.test/b.png' } }]),
    "Invalid type for 'input[0].content[0].image_url': expected a string, but got an object instead.",
    'input[0].content[0].image_url',
    'invalid_type',
  ],
  [
    'a call_id above 64 characters',
    { input: [{ type: 'function_call_output', call_id: long(65), output: '' }] },
    "Invalid 'input[0].call_id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    'input[0].call_id',
    'string_above_max_length',
  ],
  [
    'an id above 64 characters',
    { input: [{ role: 'assistant', id: `msg_${long(61)}`, content: 'x' }] },
    "Invalid 'input[0].id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    'input[0].id',
    'string_above_max_length',
  ],
  [
    "a function call with its call_id as id (§4.3: call_id is not the item's id)",
    { input: [{ type: 'function_call', id: 'call_1', call_id: 'call_1', name: 'f', arguments: '{}' }] },
    "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
    'input[0].id',
    'invalid_value',
  ],
  [
    'function arguments that are no string',
    { input: [{ type: 'function_call', call_id: 'call_1', name: 'f', arguments: {} }] },
    "Invalid type for 'input[0].arguments': expected a string, but got an object instead.",
    'input[0].arguments',
    'invalid_type',
  ],
  [
    'a file search call without its id',
    { input: [{ type: 'file_search_call', status: 'completed', queries: [] }] },
    "Missing required parameter: 'input[0].id'.",
    'input[0].id',
    'missing_required_parameter',
  ],
  [
    'a function tool in the nested shape of other APIs (§4.3)',
    { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] },
    "Missing required parameter: 'tools[0].name'.",
    'tools[0].name',
    'missing_required_parameter',
  ],
  [
    'a function tool without parameters (§4.3)',
    { tools: [{ type: 'function', name: 'f' }] },
    "Missing required parameter: 'tools[0].parameters'.",
    'tools[0].parameters',
    'missing_required_parameter',
  ],
  [
    'a function name with a space',
    tool({ name: 'get weather' }),
    "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'tools[0].name',
    'invalid_value',
  ],
  [
    'a function name above 64 characters',
    tool({ name: long(65) }),
    "Invalid 'tools[0].name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    'tools[0].name',
    'string_above_max_length',
  ],
  [
    'parameters that are no object',
    tool({ parameters: { type: 'string' } }),
    "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.",
    'tools[0].parameters',
    'invalid_function_parameters',
  ],
  [
    'strict parameters that are open',
    tool({ strict: true, parameters: object({ properties: {} }) }),
    "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false.",
    'tools[0].parameters',
    'invalid_function_parameters',
  ],
  [
    'strict parameters that are optional',
    tool({
      strict: true,
      parameters: object({ properties: { a: {}, b: {} }, required: ['a'], additionalProperties: false }),
    }),
    "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'b'.",
    'tools[0].parameters',
    'invalid_function_parameters',
  ],
  [
    'strict parameters that are open further in',
    tool({
      strict: true,
      parameters: object({
        properties: { a: { type: 'array', items: object({ properties: {} }) } },
        required: ['a'],
        additionalProperties: false,
      }),
    }),
    "Invalid schema for function 'f': In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false.",
    'tools[0].parameters',
    'invalid_function_parameters',
  ],
  [
    'more than 128 tools (§2.9 #19)',
    {
      tools: Array.from({ length: 129 }, (_, index) => ({
        type: 'function',
        name: `f${index}`,
        parameters: null,
      })),
    },
    "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
    'tools',
    'array_above_max_length',
  ],
  [
    'a tool of the first Assistants',
    { tools: [{ type: 'retrieval' }] },
    "Invalid value: 'retrieval'. Supported values are: 'function', 'file_search', 'code_interpreter', 'web_search', 'web_search_preview', 'image_generation', 'mcp', 'custom', 'computer_use_preview', 'local_shell', 'shell', and 'apply_patch'.",
    'tools[0].type',
    'invalid_value',
  ],
  [
    'file search without a store (§4.3)',
    { tools: [{ type: 'file_search', vector_store_ids: [] }] },
    "Invalid 'tools[0].vector_store_ids': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    'tools[0].vector_store_ids',
    'empty_array',
  ],
  [
    "file search with the Assistants' ranker (§4.3)",
    {
      tools: [
        {
          type: 'file_search',
          vector_store_ids: ['vs_1'],
          ranking_options: { ranker: 'default_2024_08_21' },
        },
      ],
    },
    "Invalid value: 'default_2024_08_21'. Supported values are: 'auto' and 'default-2024-11-15'.",
    'tools[0].ranking_options.ranker',
    'invalid_value',
  ],
  [
    'file search in the nested shape of Assistants',
    { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'], file_search: {} }] },
    "Unknown parameter: 'tools[0].file_search'.",
    'tools[0].file_search',
    'unknown_parameter',
  ],
  [
    'max_num_results above 50',
    { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'], max_num_results: 51 }] },
    "Invalid 'tools[0].max_num_results': integer above maximum value. Expected a value <= 50, but got 51 instead.",
    'tools[0].max_num_results',
    'integer_above_max_value',
  ],
  [
    'code interpreter without a container (§4.3)',
    { tools: [{ type: 'code_interpreter' }] },
    "Missing required parameter: 'tools[0].container'.",
    'tools[0].container',
    'missing_required_parameter',
  ],
  [
    'a tool choice in the nested shape of other APIs (§4.3)',
    { ...tool({}), tool_choice: { type: 'function', function: { name: 'f' } } },
    "Missing required parameter: 'tool_choice.name'.",
    'tool_choice.name',
    'missing_required_parameter',
  ],
  [
    'a tool choice that is no tool',
    { ...tool({}), tool_choice: { type: 'function', name: 'g' } },
    "Tool choice 'function:g' not found in 'tools' parameter.",
    'tool_choice',
    null,
  ],
  [
    'tool choice file_search without the tool',
    { ...tool({}), tool_choice: { type: 'file_search' } },
    "Tool choice 'file_search' not found in 'tools' parameter.",
    'tool_choice',
    null,
  ],
  [
    'tool choice required without tools',
    { tool_choice: 'required' },
    "Tool choice 'required' must be specified with 'tools' parameter.",
    'tool_choice',
    null,
  ],
  [
    'a JSON schema in the nested shape of other APIs (§4.3)',
    { text: { format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } } },
    "Missing required parameter: 'text.format.name'.",
    'text.format.name',
    'missing_required_parameter',
  ],
  [
    'a strict JSON schema that is open',
    {
      text: {
        format: { type: 'json_schema', name: 'a', strict: true, schema: { type: 'object', properties: {} } },
      },
    },
    "Invalid schema for response_format 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.",
    'text.format.schema',
    'invalid_json_schema',
  ],
  [
    'JSON mode without the word in the input; instructions do not count (§4.3)',
    { text: { format: { type: 'json_object' } }, instructions: 'Answer in JSON.' },
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
    'input',
    null,
  ],
  [
    'max_output_tokens below 16 (§4.3)',
    { max_output_tokens: 15 },
    "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
    'max_output_tokens',
    'integer_below_min_value',
  ],
  [
    'max_output_tokens that is no number',
    { max_output_tokens: '100' },
    "Invalid type for 'max_output_tokens': expected an integer, but got a string instead.",
    'max_output_tokens',
    'invalid_type',
  ],
  [
    'a temperature above 2',
    { temperature: 2.5 },
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
    'temperature',
    'decimal_above_max_value',
  ],
  [
    'metadata that is no string',
    { metadata: { n: 1 } },
    "Invalid type for 'metadata.n': expected a string, but got an integer instead.",
    'metadata.n',
    'invalid_type',
  ],
  [
    'a metadata value above 512 characters',
    { metadata: { a: long(513) } },
    "Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    'metadata.a',
    'string_above_max_length',
  ],
  [
    'more than 16 pairs of metadata',
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) },
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    'metadata',
    'object_above_max_properties',
  ],
  [
    'a metadata key above 64 characters',
    { metadata: { [long(65)]: 'v' } },
    `Invalid property name in 'metadata': '${long(65)}'. Expected a string with maximum length 64.`,
    'metadata',
    'invalid_property_name',
  ],
  [
    'a prompt_cache_key above 64 characters',
    { prompt_cache_key: long(65) },
    "Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    'prompt_cache_key',
    'string_above_max_length',
  ],
  [
    'an include that is none',
    { include: ['step_details.tool_calls[*].file_search.results[*].content'] },
    "Invalid value: 'step_details.tool_calls[*].file_search.results[*].content'. Supported values are: 'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', 'message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs', 'reasoning.encrypted_content', and 'message.output_text.logprobs'.",
    'include[0]',
    'invalid_value',
  ],
  [
    'encrypted reasoning from a model that does not reason (§4.3)',
    { include: ['reasoning.encrypted_content'] },
    'Encrypted content is not supported with this model.',
    'include',
    null,
  ],
  [
    'reasoning effort of a model that does not reason (§4.3)',
    { reasoning: { effort: 'low' } },
    "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
    'reasoning.effort',
    'unsupported_parameter',
  ],
  [
    'temperature on a reasoning model (§4.3)',
    { model: 'o4-mini', temperature: 0.5 },
    "Unsupported parameter: 'temperature' is not supported with this model.",
    'temperature',
    null,
  ],
  [
    'top_p on a reasoning model (§4.3)',
    { model: 'gpt-5', top_p: 0.5 },
    "Unsupported parameter: 'top_p' is not supported with this model.",
    'top_p',
    null,
  ],
  [
    'background without store (§4.3)',
    { background: true, store: false },
    "Background mode requires 'store' to be true.",
    'background',
    null,
  ],
  [
    'stream options without a stream',
    { stream_options: { include_obfuscation: false } },
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    'stream_options',
    null,
  ],
];

describe('POST /responses refuses, with 400 and invalid_request_error,', () => {
  it.each(rows)('%s', async (_, body, text, param, code) => {
    expect(await refused({ model: 'gpt-4o', input: 'Hi', ...body })).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: text,
      param,
      code,
    });
  });

  it('a body that is no JSON', async () => {
    const response = await call(createSimulator(), 'POST', '/responses', '{"model": ');
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toMatch(
      /^We could not parse the JSON body of your request\./,
    );
  });

  it('input that does not fit into the context window (§4.6)', async () => {
    const sim = createSimulator({ models: { tiny: { contextWindow: 20 } } });
    expect(await refused({ model: 'tiny', input: 'word '.repeat(100) }, sim)).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
      param: 'input',
    });
  });

  it('citation markers that are sent back (§4.4)', async () => {
    const text = 'Thirty days【4:0†handbook.txt】.';
    for (const content of [text, [{ type: 'output_text', text }]]) {
      expect(await refused({ model: 'gpt-4o', ...message(content, 'assistant') })).toMatchObject({
        status: 400,
        type: 'simulator_error',
        code: 'simulator_citation_marker',
      });
    }
    const quoted = await call(createSimulator(), 'POST', '/responses', { model: 'gpt-4o', ...message(text) });
    expect(quoted.status).toBe(200);
  });
});

describe('POST /responses answers 404', () => {
  it('to a model that is not there (§4.6)', async () => {
    expect(await refused({ model: 'gpt-9', input: 'Hi' })).toEqual({
      status: 404,
      type: 'invalid_request_error',
      message: "The model 'gpt-9' does not exist or you do not have access to it.",
      param: null,
      code: 'model_not_found',
    });
  });

  it('to a vector store, a container, a file and a conversation that are not there', async () => {
    const body = { model: 'gpt-4o', input: 'Hi' };
    const search = { tools: [{ type: 'file_search', vector_store_ids: ['vs_none'] }] };
    expect(await refused({ ...body, ...search })).toMatchObject({
      status: 404,
      message: "Vector store with id 'vs_none' not found.",
    });
    const code = { tools: [{ type: 'code_interpreter', container: 'cntr_none' }] };
    expect(await refused({ ...body, ...code })).toMatchObject({
      status: 404,
      message: "Container with id 'cntr_none' not found.",
    });
    const image = message([{ type: 'input_image', file_id: 'file-none' }]);
    expect(await refused({ ...body, ...image })).toMatchObject({
      status: 404,
      message: 'No such File object: file-none',
    });
    expect(await refused({ ...body, conversation: 'conv_none' })).toMatchObject({ status: 404 });
  });
});

describe('The simulator lets through', () => {
  const accepted: [string, Body][] = [
    ['temperature 1 on a reasoning model (§4.3)', { model: 'gpt-5', temperature: 1, top_p: 1 }],
    [
      'a function tool that does not say whether it is strict',
      tool({ parameters: object({ properties: { a: {} } }) }),
    ],
    [
      'a strict function that keeps the rules',
      tool({
        strict: true,
        parameters: object({ properties: {}, required: [], additionalProperties: false }),
      }),
    ],
    [
      'JSON mode with the word in a developer message',
      { text: { format: { type: 'json_object' } }, ...message('Respond in JSON.', 'developer') },
    ],
    ['an assistant message without an id', message([{ type: 'output_text', text: 'x' }], 'assistant')],
    [
      'encrypted reasoning from a reasoning model',
      { model: 'o3-mini', include: ['reasoning.encrypted_content'] },
    ],
    ['a dated name of a model it knows', { model: 'gpt-4o-2024-11-20' }],
  ];

  it.each(accepted)('%s', async (_, body) => {
    const response = await call(createSimulator(), 'POST', '/responses', {
      model: 'gpt-4o',
      input: 'Hi',
      ...body,
    });
    expect(response.status, await response.clone().text()).toBe(200);
  });

  it('says strict: true for a function tool that did not say (§4.3)', async () => {
    const response = await call(createSimulator(), 'POST', '/responses', {
      model: 'gpt-4o',
      input: 'Hi',
      ...tool({}),
    });
    expect((await response.json()).tools[0].strict).toBe(true);
  });
});

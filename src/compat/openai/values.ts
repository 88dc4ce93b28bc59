/** §1.6: which values a field may take, on runs and messages. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import { missing, notOneOf, type Refusal, refused, type Taken, taken, tooLong, tooMany } from './refusals.ts';
import { aFile, anAssistant, newFile, user, WEATHER } from './world.ts';

const assistant = (params: object) => (t: Context) => Promise.resolve({ model: t.model, ...params });
const run = (params: object) => async (t: Context) => ({ assistant_id: await anAssistant(t), ...params });
const part = (...parts: object[]) => user(parts);
const image = (url: string, detail?: string) =>
  part({ type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } });
const PICTURE = 'https://example.com/picture.png';

const SCHEMA = {
  type: 'json_schema',
  json_schema: {
    name: 'answer',
    schema: {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    },
    strict: true,
  },
};

const formats: (Refusal | Taken)[] = [
  ...['auto', { type: 'text' }, { type: 'json_object' }].map((response_format) => ({
    id: `values.response-format.${typeof response_format === 'string' ? response_format : response_format.type}`,
    operation: op.createAssistant,
    what: `response_format ${JSON.stringify(response_format)}`,
    body: assistant({ response_format }),
    gives: { response_format },
  })),
  {
    id: 'values.response-format.json_schema',
    operation: op.createAssistant,
    what: 'a JSON schema as response_format',
    body: assistant({ response_format: SCHEMA }),
    gives: {
      'response_format.type': 'json_schema',
      'response_format.json_schema.name': 'answer',
      'response_format.json_schema.schema': SCHEMA.json_schema.schema,
      'response_format.json_schema.strict': true,
    },
  },
  {
    id: 'values.response-format.unknown',
    operation: op.createAssistant,
    what: 'a response_format of an unknown type',
    body: assistant({ response_format: { type: 'yaml' } }),
    error: { param: 'response_format.type', code: 'invalid_value' },
  },
  {
    id: 'values.response-format.json-schema-name',
    operation: op.createAssistant,
    section: '§2.9 #14',
    what: 'a JSON schema without a name',
    body: assistant({ response_format: { type: 'json_schema', json_schema: { schema: {} } } }),
    error: missing('response_format.json_schema.name'),
  },
  {
    id: 'values.reasoning-effort.unknown',
    operation: op.createAssistant,
    section: '§2.9 #16',
    what: 'an unknown reasoning_effort, and names the known ones',
    body: assistant({ reasoning_effort: 'extreme' }),
    error: notOneOf(
      'reasoning_effort',
      'extreme',
      "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'",
    ),
  },
  {
    id: 'values.reasoning-effort.null',
    operation: op.createAssistant,
    what: 'reasoning_effort: null',
    body: assistant({ reasoning_effort: null }),
    gives: { reasoning_effort: null },
  },
];

const runs: (Refusal | Taken)[] = [
  ...['none', 'auto', 'required', { type: 'function', function: { name: 'get_weather' } }].map(
    (tool_choice) => ({
      id: `values.tool-choice.${typeof tool_choice === 'string' ? tool_choice : tool_choice.type}`,
      operation: op.createRun,
      needs: ['model', 'tools'] as const,
      what: `tool_choice ${JSON.stringify(tool_choice)}`,
      body: run({ tool_choice, tools: [WEATHER] }),
      gives: { tool_choice },
    }),
  ),
  ...(['file_search', 'code_interpreter'] as const).map((type) => ({
    id: `values.tool-choice.${type}`,
    operation: op.createRun,
    needs: ['model', type] as const,
    what: `tool_choice {"type":"${type}"}`,
    body: run({ tool_choice: { type }, tools: [{ type }] }),
    gives: { tool_choice: { type } },
  })),
  {
    id: 'values.tool-choice.unknown',
    operation: op.createRun,
    what: 'an unknown tool_choice',
    body: run({ tool_choice: 'always' }),
    error: { param: 'tool_choice' },
  },
  ...['max_prompt_tokens', 'max_completion_tokens'].map((field) => ({
    id: `values.${field.replaceAll('_', '-')}.small`,
    operation: op.createRun,
    section: '§1.10 #10',
    evidence: ['REC-rb', 'SPEC'] as const,
    takes: 'recording' as const,
    needs: ['model'] as const,
    what: `${field} below the 256 of the specification, as it was recorded`,
    body: run({ [field]: 16 }),
    gives: { [field]: 16 },
  })),
  {
    id: 'values.truncation.last-messages',
    operation: op.createRun,
    needs: ['model'],
    what: 'truncation_strategy last_messages',
    body: run({ truncation_strategy: { type: 'last_messages', last_messages: 3 } }),
    gives: { truncation_strategy: { type: 'last_messages', last_messages: 3 } },
  },
  {
    id: 'values.truncation.none',
    operation: op.createRun,
    what: 'last_messages: 0',
    body: run({ truncation_strategy: { type: 'last_messages', last_messages: 0 } }),
    error: { param: 'truncation_strategy.last_messages' },
  },
  {
    id: 'values.truncation.unknown',
    operation: op.createRun,
    section: '§2.9 #16',
    what: 'an unknown truncation_strategy',
    body: run({ truncation_strategy: { type: 'first_messages' } }),
    error: notOneOf('truncation_strategy.type', 'first_messages', "'auto' and 'last_messages'"),
  },
];

const messages: (Refusal | Taken)[] = [
  {
    id: 'values.role.unknown',
    operation: op.createMessage,
    section: '§2.9 #16',
    evidence: ['SPEC', 'CODE'],
    what: 'a role other than user and assistant, and names the two',
    body: { role: 'human', content: 'Hello' },
    error: notOneOf('role', 'human', "'user' and 'assistant'"),
  },
  {
    id: 'values.role.system',
    operation: op.createMessage,
    evidence: ['SPEC', 'CODE'],
    what: 'the role system',
    body: { role: 'system', content: 'Hello' },
    error: notOneOf('role', 'system', "'user' and 'assistant'"),
  },
  {
    id: 'values.role.assistant',
    operation: op.createMessage,
    evidence: ['SPEC', 'REC-net'],
    what: 'the role assistant',
    body: { role: 'assistant', content: 'Hello' },
    gives: { role: 'assistant' },
  },
  {
    id: 'values.role.missing',
    operation: op.createMessage,
    section: '§2.9 #14',
    what: 'a message without a role',
    body: { content: 'Hello' },
    error: missing('role'),
  },
  {
    id: 'values.content.missing',
    operation: op.createMessage,
    section: '§2.9 #14',
    what: 'a message without content',
    body: { role: 'user' },
    error: missing('content'),
  },
  {
    id: 'values.content.empty',
    operation: op.createMessage,
    what: 'an empty content',
    body: user(''),
    error: { param: 'content' },
  },
  {
    id: 'values.content.no-parts',
    operation: op.createMessage,
    what: 'an empty list of parts',
    body: user([]),
    error: { param: 'content' },
  },
  {
    id: 'values.content.too-long',
    operation: op.createMessage,
    section: '§2.9 #18',
    evidence: ['SPEC', 'FORUM'],
    what: 'a content of more than 256 000 characters, in the words that were quoted',
    body: user('x'.repeat(317_985)),
    error: tooLong('content', 256_000, 317_985),
  },
  {
    id: 'values.content.longest',
    operation: op.createMessage,
    evidence: ['SPEC', 'FORUM'],
    what: 'a content of 256 000 characters',
    body: user('x'.repeat(256_000)),
    gives: { 'content[0].text.value': 'x'.repeat(256_000) },
  },
  {
    id: 'values.content.unknown-part',
    operation: op.createMessage,
    what: 'a part of an unknown type',
    body: part({ type: 'input_text', text: 'Hello' }),
    error: { param: 'content[0].type', code: 'invalid_value' },
  },
  {
    id: 'values.content.text-part',
    operation: op.createMessage,
    evidence: ['SPEC', 'REC-net'],
    what: 'a text part with a string, and answers with an object',
    body: part({ type: 'text', text: 'Hello' }),
    gives: { content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }] },
  },
  {
    id: 'values.image-url.detail-default',
    operation: op.createMessage,
    needs: ['vision'],
    evidence: ['SPEC', 'REC-net'],
    what: 'an image by its address, and echoes detail as "auto"',
    body: image(PICTURE),
    gives: { content: [{ type: 'image_url', image_url: { url: PICTURE, detail: 'auto' } }] },
  },
  ...['low', 'high', 'auto'].map((detail) => ({
    id: `values.image-url.detail-${detail}`,
    operation: op.createMessage,
    needs: ['vision'] as const,
    what: `an image with detail "${detail}"`,
    body: image(PICTURE, detail),
    gives: { 'content[0].image_url.detail': detail },
  })),
  {
    id: 'values.image-url.detail-unknown',
    operation: op.createMessage,
    section: '§2.9 #16',
    what: 'an unknown detail',
    body: image(PICTURE, 'huge'),
    error: notOneOf('content[0].image_url.detail', 'huge', "'auto', 'low', and 'high'"),
  },
  {
    id: 'values.image-url.format',
    operation: op.createMessage,
    section: '§2.9 #22',
    evidence: ['CODE'],
    needs: ['vision'],
    what: 'an address that ends in a format which is no image',
    body: image('https://example.com/report.pdf'),
    error: { message: /image_url\.url'.*Expected url to end in a supported format/ },
  },
  {
    id: 'values.image-file',
    operation: op.createMessage,
    needs: ['vision', 'files'],
    evidence: ['SPEC', 'REC-net'],
    what: 'an image by its file, with its detail',
    body: async (t: Context) =>
      part({ type: 'image_file', image_file: { file_id: await newPicture(t), detail: 'low' } }),
    gives: { 'content[0].type': 'image_file', 'content[0].image_file.detail': 'low' },
  },
  {
    id: 'values.attachments.null',
    operation: op.createMessage,
    what: 'attachments: null',
    body: { ...user('Hello'), attachments: null },
    gives: { object: 'thread.message' },
  },
  {
    id: 'values.attachments.tool',
    operation: op.createMessage,
    needs: ['files'],
    what: 'an attachment for an unknown tool',
    body: async (t: Context) => ({
      ...user('Hello'),
      attachments: [{ file_id: await aFile(t), tools: [{ type: 'web_search' }] }],
    }),
    error: { param: 'attachments[0].tools[0].type' },
  },
];

const newPicture = (t: Context) => newFile(t, 'picture.png', 'not really a picture');

const threads: (Refusal | Taken)[] = [
  {
    id: 'values.messages.count',
    operation: op.createThread,
    section: '§2.9 #19',
    evidence: ['ISS', 'FORUM'],
    what: 'more than 32 messages at once',
    body: { messages: Array.from({ length: 33 }, () => user('Hello')) },
    error: tooMany('messages', 32),
  },
  {
    id: 'values.messages.most',
    operation: op.createThread,
    evidence: ['ISS', 'FORUM'],
    what: '32 messages at once',
    body: { messages: Array.from({ length: 32 }, () => user('Hello')) },
    gives: { object: 'thread' },
  },
  {
    id: 'values.messages.count-with-run',
    operation: op.createThreadAndRun,
    evidence: ['ISS', 'FORUM'],
    what: 'more than 32 messages in its thread',
    body: run({ thread: { messages: Array.from({ length: 33 }, () => user('Hello')) } }),
    error: tooMany('thread.messages', 32),
  },
];

export const values: Check[] = group(
  { dialect: 'openai', area: 'limits', section: '§1.6', evidence: ['SPEC'] },
  [...formats, ...runs, ...messages, ...threads].map((row) => ('error' in row ? refused(row) : taken(row))),
);

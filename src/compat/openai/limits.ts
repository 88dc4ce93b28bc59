/** §1.6: what a field may hold. Everything at the limit is taken, everything beyond is refused. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import {
  missing,
  notOneOf,
  type Refusal,
  refused,
  type Taken,
  taken,
  tooLong,
  tooMany,
  unknown,
  wrongType,
} from './refusals.ts';
import { anAssistant, user, WEATHER } from './world.ts';

const assistant = (params: object) => (t: Context) => Promise.resolve({ model: t.model, ...params });
const run = (params: object) => async (t: Context) => ({ assistant_id: await anAssistant(t), ...params });
const tool = (name: string) => ({ ...WEATHER, function: { ...WEATHER.function, name } });
const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'value']));
const fileSearch = (file_search: object) => assistant({ tools: [{ type: 'file_search', file_search }] });
const store = (chunks: object) =>
  assistant({
    tool_resources: {
      file_search: { vector_stores: [{ chunking_strategy: { type: 'static', static: chunks } }] },
    },
  });
const storeId = (n: number) => `vs_compat${String(n).padStart(18, '0')}`;
const fileIds = (count: number) =>
  Array.from({ length: count }, (_, n) => `file-compat${String(n).padStart(16, '0')}`);

/** Every body that can be sent, with a key that is not in its schema. */
const strict: Refusal[] = [
  { operation: op.createAssistant, body: assistant({ x: 1 }) },
  { operation: op.modifyAssistant, body: { x: 1 } },
  { operation: op.createThread, body: { x: 1 } },
  { operation: op.modifyThread, body: { x: 1 } },
  { operation: op.createMessage, body: { ...user('Hello'), x: 1 } },
  { operation: op.modifyMessage, body: { x: 1 } },
  { operation: op.createThreadAndRun, body: run({ x: 1 }) },
  { operation: op.createRun, body: run({ x: 1 }) },
  { operation: op.modifyRun, body: { x: 1 } },
  { operation: op.submit, body: { tool_outputs: [], x: 1 } },
].map(({ operation, body }) => ({
  id: `limits.unknown-key.${Object.entries(op).find(([, value]) => value === operation)?.[0]}`,
  operation,
  body,
  what: 'a key that is not in its schema',
  section: '§2.9 #15',
  evidence: ['SPEC', 'ISS'],
  error: unknown('x'),
}));

const texts: (Refusal | Taken)[] = (
  [
    ['name', 256],
    ['description', 512],
    ['instructions', 256_000],
  ] as const
).flatMap(([field, most]) => [
  {
    id: `limits.assistant.${field}`,
    operation: op.createAssistant,
    what: `${field} of more than ${most} characters`,
    section: '§2.9 #18',
    body: assistant({ [field]: 'x'.repeat(most + 1) }),
    error: tooLong(field, most),
  },
  {
    id: `limits.assistant.${field}-longest`,
    operation: op.createAssistant,
    what: `${field} of ${most} characters`,
    body: assistant({ [field]: 'x'.repeat(most) }),
    gives: { [field]: 'x'.repeat(most) },
  },
]);

const numbers: (Refusal | Taken)[] = (
  [
    ['temperature', 2],
    ['top_p', 1],
  ] as const
).flatMap(([field, most]) => [
  {
    id: `limits.${field}.above`,
    operation: op.createAssistant,
    what: `${field} above ${most}`,
    body: assistant({ [field]: most + 0.1 }),
    error: { param: field },
  },
  {
    id: `limits.${field}.below`,
    operation: op.createAssistant,
    what: `${field} below 0`,
    body: assistant({ [field]: -0.1 }),
    error: { param: field },
  },
  {
    id: `limits.${field}.highest`,
    operation: op.createAssistant,
    what: `${field}: ${most}`,
    body: assistant({ [field]: most }),
    gives: { [field]: most },
  },
  {
    id: `limits.${field}.run`,
    operation: op.createRun,
    what: `${field} above ${most}`,
    body: run({ [field]: most + 0.1 }),
    error: { param: field },
  },
]);

const metadata: (Refusal | Taken)[] = [
  {
    id: 'limits.metadata.not-a-string',
    operation: op.createMessage,
    section: '§2.9 #17',
    evidence: ['SPEC', 'REC-rb'],
    what: 'metadata with a value that is no string, in the words of the recording',
    body: { ...user('Hello'), metadata: { modified: true } },
    error: wrongType('metadata.modified', 'a string', 'a boolean'),
  },
  {
    id: 'limits.metadata.pairs',
    operation: op.createThread,
    what: 'metadata of more than 16 pairs',
    body: { metadata: pairs(17) },
    error: { param: 'metadata' },
  },
  {
    id: 'limits.metadata.most-pairs',
    operation: op.createThread,
    what: 'metadata of 16 pairs',
    body: { metadata: pairs(16) },
    gives: { metadata: pairs(16) },
  },
  {
    id: 'limits.metadata.key',
    operation: op.createThread,
    what: 'a metadata key of more than 64 characters',
    body: { metadata: { ['k'.repeat(65)]: 'v' } },
    error: {},
  },
  {
    id: 'limits.metadata.longest-key',
    operation: op.createThread,
    what: 'a metadata key of 64 characters',
    body: { metadata: { ['k'.repeat(64)]: 'v' } },
    gives: { metadata: { ['k'.repeat(64)]: 'v' } },
  },
  {
    id: 'limits.metadata.value',
    operation: op.createThread,
    section: '§2.9 #18',
    what: 'a metadata value of more than 512 characters',
    body: { metadata: { note: 'v'.repeat(513) } },
    error: tooLong('metadata.note', 512),
  },
  {
    id: 'limits.metadata.longest-value',
    operation: op.createThread,
    what: 'a metadata value of 512 characters',
    body: { metadata: { note: 'v'.repeat(512) } },
    gives: { metadata: { note: 'v'.repeat(512) } },
  },
];

const tools: (Refusal | Taken)[] = [
  {
    id: 'limits.tools.count',
    operation: op.createAssistant,
    section: '§2.9 #19',
    what: 'more than 128 tools',
    body: assistant({ tools: Array.from({ length: 129 }, (_, n) => tool(`tool_${n}`)) }),
    error: tooMany('tools', 128),
  },
  {
    id: 'limits.tools.most',
    operation: op.createAssistant,
    what: '128 tools',
    body: assistant({ tools: Array.from({ length: 128 }, (_, n) => tool(`tool_${n}`)) }),
    gives: { 'tools[127].function.name': 'tool_127' },
  },
  {
    id: 'limits.tools.type',
    operation: op.createAssistant,
    what: 'a tool of an unknown type',
    body: assistant({ tools: [{ type: 'retrieval' }] }),
    error: { param: 'tools[0].type', code: 'invalid_value' },
  },
  {
    id: 'limits.function.name-characters',
    operation: op.createAssistant,
    what: 'a function name with other characters than letters, digits, _ and -',
    body: assistant({ tools: [tool('get weather')] }),
    error: { param: 'tools[0].function.name' },
  },
  {
    id: 'limits.function.name-length',
    operation: op.createAssistant,
    what: 'a function name of more than 64 characters',
    body: assistant({ tools: [tool('f'.repeat(65))] }),
    error: { param: 'tools[0].function.name' },
  },
  {
    id: 'limits.function.longest-name',
    operation: op.createAssistant,
    what: 'a function name of 64 letters, digits, _ and -',
    body: assistant({ tools: [tool(`Get_it-${'0'.repeat(57)}`)] }),
    gives: { 'tools[0].function.name': `Get_it-${'0'.repeat(57)}` },
  },
  {
    id: 'limits.function.name-missing',
    operation: op.createAssistant,
    section: '§2.9 #14',
    what: 'a function without a name',
    body: assistant({ tools: [{ type: 'function', function: {} }] }),
    error: missing('tools[0].function.name'),
  },
  ...[0, 51].map((max_num_results) => ({
    id: `limits.file-search.max-num-results-${max_num_results}`,
    operation: op.createAssistant,
    what: `max_num_results: ${max_num_results}, which is not from 1 to 50`,
    body: fileSearch({ max_num_results }),
    error: { param: 'tools[0].file_search.max_num_results' },
  })),
  {
    id: 'limits.file-search.max-num-results',
    operation: op.createAssistant,
    what: 'max_num_results: 50',
    needs: ['file_search'],
    body: fileSearch({ max_num_results: 50 }),
    gives: { 'tools[0].file_search.max_num_results': 50 },
  },
  {
    id: 'limits.file-search.score-threshold',
    operation: op.createAssistant,
    what: 'a score_threshold above 1',
    body: fileSearch({ ranking_options: { score_threshold: 1.1 } }),
    error: { param: 'tools[0].file_search.ranking_options.score_threshold' },
  },
  {
    id: 'limits.file-search.score-threshold-missing',
    operation: op.createAssistant,
    what: 'ranking_options without the score_threshold that they require',
    body: fileSearch({ ranking_options: { ranker: 'auto' } }),
    error: { param: 'tools[0].file_search.ranking_options.score_threshold' },
  },
  {
    id: 'limits.file-search.ranker',
    operation: op.createAssistant,
    what: 'an unknown ranker',
    body: fileSearch({ ranking_options: { ranker: 'best', score_threshold: 0 } }),
    error: notOneOf('tools[0].file_search.ranking_options.ranker', 'best', "'auto' and 'default_2024_08_21'"),
  },
];

const resources: Refusal[] = [
  {
    id: 'limits.resources.file-ids',
    operation: op.createAssistant,
    what: 'more than 20 files for code interpreter',
    body: assistant({ tool_resources: { code_interpreter: { file_ids: fileIds(21) } } }),
    error: tooMany('tool_resources.code_interpreter.file_ids', 20),
  },
  {
    id: 'limits.resources.vector-store-ids',
    operation: op.createAssistant,
    what: 'more than one vector store',
    body: assistant({ tool_resources: { file_search: { vector_store_ids: [storeId(1), storeId(2)] } } }),
    error: tooMany('tool_resources.file_search.vector_store_ids', 1),
  },
  {
    id: 'limits.resources.vector-stores',
    operation: op.createThread,
    what: 'more than one vector store to make',
    body: { tool_resources: { file_search: { vector_stores: [{}, {}] } } },
    error: tooMany('tool_resources.file_search.vector_stores', 1),
  },
  {
    id: 'limits.resources.exclusive',
    operation: op.createAssistant,
    what: 'vector_stores beside vector_store_ids',
    body: assistant({
      tool_resources: { file_search: { vector_store_ids: [storeId(1)], vector_stores: [{}] } },
    }),
    error: {},
  },
  {
    id: 'limits.resources.modify-assistant',
    operation: op.modifyAssistant,
    what: 'the vector_stores helper, which only creation has',
    body: { tool_resources: { file_search: { vector_stores: [{}] } } },
    error: unknown('tool_resources.file_search.vector_stores'),
  },
  {
    id: 'limits.resources.modify-thread',
    operation: op.modifyThread,
    what: 'the vector_stores helper, which only creation has',
    body: { tool_resources: { file_search: { vector_stores: [{}] } } },
    error: unknown('tool_resources.file_search.vector_stores'),
  },
  {
    id: 'limits.resources.thread-and-run',
    operation: op.createThreadAndRun,
    what: 'the vector_stores helper outside `thread`',
    body: run({ tool_resources: { file_search: { vector_stores: [{}] } } }),
    error: unknown('tool_resources.file_search.vector_stores'),
  },
  ...[99, 4097].map((max_chunk_size_tokens) => ({
    id: `limits.chunks.size-${max_chunk_size_tokens}`,
    operation: op.createAssistant,
    what: `chunks of ${max_chunk_size_tokens} tokens, which is not from 100 to 4096`,
    body: store({ max_chunk_size_tokens, chunk_overlap_tokens: 0 }),
    error: {
      param: 'tool_resources.file_search.vector_stores[0].chunking_strategy.static.max_chunk_size_tokens',
    },
  })),
  {
    id: 'limits.chunks.overlap',
    operation: op.createAssistant,
    what: 'chunks that overlap by more than half',
    body: store({ max_chunk_size_tokens: 800, chunk_overlap_tokens: 401 }),
    error: {
      param: 'tool_resources.file_search.vector_stores[0].chunking_strategy.static.chunk_overlap_tokens',
    },
  },
];

const isRefusal = (row: Refusal | Taken): row is Refusal => 'error' in row;
const both = (row: Refusal | Taken) => (isRefusal(row) ? refused(row) : taken(row));

export const limits: Check[] = group(
  { dialect: 'openai', area: 'limits', section: '§1.6', evidence: ['SPEC'] },
  [
    ...strict,
    ...texts,
    ...numbers,
    ...metadata,
    ...tools,
    ...resources,
    {
      id: 'limits.assistant.model',
      operation: op.createAssistant,
      section: '§2.9 #14',
      what: 'an assistant without a model',
      body: {},
      error: missing('model'),
    },
    {
      id: 'limits.assistant.wrong-type',
      operation: op.createAssistant,
      section: '§2.9 #17',
      evidence: ['REC-rb'] as const,
      what: 'a name that is a number',
      body: assistant({ name: 5 }),
      error: wrongType('name', 'a string', 'an integer'),
    },
  ].map(both),
);

/** Whatever a run has, DashScope takes the request made of it, and ignores nothing of it (docs/contracts/dashscope.md §C). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Message, Run } from '../../src/assistants/types.ts';
import { dashscopeModels } from '../../src/simulator/dashscope/models.ts';
import { validateCreate } from '../../src/simulator/dashscope/validate.ts';
import { buildRequest } from '../../src/translate/request.ts';
import type { Turn } from '../../src/translate/types.ts';
import { dashscope } from '../../src/upstream/dashscope.ts';
import { callerName, upstreamName } from '../../src/upstream/function-names.ts';
import { queuedRun } from '../translate/run.ts';

const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,60}$/);
const name = fc.oneof(word, fc.constantFrom('search', '_search', '__search', 'search_'));
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

const functionTool = fc.record({
  type: fc.constant('function' as const),
  function: fc.record(
    {
      name,
      description: text,
      parameters: fc.constantFrom({}, { type: 'object', properties: {} }),
      strict: fc.constantFrom(null, false),
    },
    { requiredKeys: ['name'] },
  ),
});
const tools = fc.array(
  fc.oneof(
    functionTool,
    fc.constant({ type: 'code_interpreter' as const }),
    fc.record({
      type: fc.constant('file_search' as const),
      file_search: fc.constantFrom(undefined, { max_num_results: 3 }),
    }),
    fc.constant({ type: 'quark_search' }),
  ),
  { maxLength: 5 },
);

const id = fc.uuid().map((uuid) => `msg_${uuid}`);
const item = fc.oneof(
  fc.record({
    type: fc.constant('function_call'),
    id,
    call_id: id,
    name,
    arguments: text,
    status: fc.constant('completed'),
  }),
  fc.record({
    type: fc.constant('message'),
    id,
    role: fc.constant('assistant'),
    status: fc.constant('completed'),
    content: fc.array(fc.record({ type: fc.constant('output_text'), text, annotations: fc.constant([]) }), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({
    type: fc.constant('reasoning'),
    id,
    summary: fc.array(fc.record({ type: fc.constant('summary_text'), text }), { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant('code_interpreter_call'),
    id,
    code: fc.option(text),
    status: fc.constant('completed'),
    outputs: fc.option(fc.constant([{ type: 'logs', logs: '1' }])),
  }),
  fc.record({
    type: fc.constant('file_search_call'),
    id,
    queries: fc.array(text, { maxLength: 2 }),
    status: fc.constant('completed'),
    results: fc.option(fc.constant([{ file_id: 'f', filename: 'a.txt', text: 'x' }])),
  }),
  fc.record({
    type: fc.constant('web_search_call'),
    id,
    status: fc.constant('completed'),
    action: fc.constantFrom({ type: 'search', query: 'q' }, { type: 'open_page', url: 'https://a.test' }),
  }),
  fc.record({ type: fc.constant('web_extractor_call'), id, goal: text }),
);
const turn = fc.array(item, { minLength: 1, maxLength: 5 }).map((items): Turn => {
  const outputs = items.flatMap((one) =>
    'call_id' in one ? [{ call_id: one.call_id, output: 'done' }] : [],
  );
  return { items: items as unknown as Turn['items'], outputs };
});

const message = fc
  .record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.array(
      fc.oneof(
        text.map((value) => ({ type: 'text', text: { value, annotations: [] } })),
        fc.constant({ type: 'image_url', image_url: { url: 'https://a.test/a.png', detail: 'low' } }),
        fc.constant({ type: 'image_file', image_file: { file_id: 'file-1' } }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    attachments: fc.constantFrom([], [{ file_id: 'file-2', tools: [{ type: 'code_interpreter' }] }]),
  })
  .map((given) => ({ id: 'msg_1', run_id: null, ...given }) as unknown as Message);

const run = fc.record(
  {
    instructions: fc.option(text),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    reasoning_effort: fc.constantFrom(null, 'low' as const, 'high' as const),
    parallel_tool_calls: fc.boolean(),
    response_format: fc.constantFrom<Run['response_format']>(
      'auto',
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
    ),
    tool_choice: fc.constantFrom<Run['tool_choice']>('auto', 'none', 'required', {
      type: 'code_interpreter',
    }),
  },
  { requiredKeys: [] },
);

it('every request is one that DashScope takes', () => {
  const models = dashscopeModels();
  fc.assert(
    fc.property(
      run,
      tools,
      fc.array(turn, { maxLength: 2 }),
      fc.array(message, { maxLength: 3 }),
      fc.constantFrom('qwen-turbo', 'qwen-plus', 'qwen-max'),
      fc.option(fc.nat({ max: 40 }), { nil: undefined }),
      (config, offered, turns, messages, model, budget) => {
        const asked = queuedRun({ model, ...config, tools: offered as Run['tools'] });
        const request = buildRequest({
          run: asked,
          model: dashscope.model(model),
          profile: dashscope,
          messages,
          turns,
          vectorStoreIds: ['kb_1'],
          ...(budget !== undefined && { maxOutputTokens: budget }),
        });
        const sent = JSON.parse(JSON.stringify(dashscope.adapt(request)));
        expect(validateCreate(sent, models).ignored).toEqual([]);
        expect(sent.reasoning.effort).toBeDefined();
      },
    ),
    { numRuns: 300 },
  );
});

it('a name comes back as it went (§C.5)', () => {
  fc.assert(
    fc.property(name, (given) => {
      const upstream = upstreamName(given, ['search']);
      expect(upstream).not.toBe('search');
      expect(callerName(upstream, ['search'])).toBe(given);
    }),
  );
});

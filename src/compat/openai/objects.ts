/** §1.7: assistants and threads as they appear on the wire. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import { newAssistant, newThread, plainRun, WEATHER } from './world.ts';

const created = (t: Context, params: object = {}) => t.post('/assistants', { model: t.model, ...params });

const assistantDefaults: Record<string, unknown> = {
  name: null,
  description: null,
  instructions: null,
  tools: [],
  top_p: 1,
  temperature: 1,
  reasoning_effort: null,
  tool_resources: {},
  metadata: {},
  response_format: 'auto',
};

const sent: Record<string, unknown> = {
  name: 'Ada',
  description: 'Knows the weather',
  instructions: 'Be brief.',
  temperature: 0.5,
  top_p: 0.5,
  metadata: { team: 'weather' },
};

const FILE_SEARCH = { type: 'file_search' };

const assistants = group(
  {
    dialect: 'openai',
    area: 'objects',
    section: '§1.7',
    evidence: ['REC-net'],
    operation: op.createAssistant,
  },
  [
    ...Object.entries(assistantDefaults).map(([field, value]) => ({
      id: `assistant.default.${field}`,
      title: `${field} of an assistant is ${JSON.stringify(value)} unless it was sent, never left out.`,
      run: async (t: Context) => {
        (await plainRun(t)).assistant.field(field, value);
      },
      needs: ['model'] as const,
    })),
    ...Object.entries(sent).map(([field, value]) => ({
      id: `assistant.echo.${field}`,
      title: `${field} of an assistant is kept as it was sent.`,
      run: async (t: Context) => {
        const assistant = (await created(t, { [field]: value })).ok().field(field, value);
        (await t.get(`/assistants/${assistant.text('id')}`)).ok().field(field, value);
      },
    })),
    {
      id: 'assistant.model',
      title: 'model of an assistant is the model that was sent.',
      run: async (t) => {
        (await created(t)).ok().field('model', t.model);
      },
    },
    {
      id: 'assistant.code-interpreter',
      title:
        'An assistant with code interpreter has tool_resources.code_interpreter.file_ids [], though nothing was attached.',
      needs: ['code_interpreter'],
      async run(t) {
        const assistant = (await created(t, { tools: [{ type: 'code_interpreter' }] })).ok();
        assistant.field('tool_resources', { code_interpreter: { file_ids: [] } });
      },
    },
    {
      id: 'assistant.file-search',
      title: 'file_search echoes the ranking options it resolved to: ranker and score_threshold.',
      needs: ['file_search'],
      async run(t) {
        (await created(t, { tools: [FILE_SEARCH] })).ok().fields({
          'tools[0].type': 'file_search',
          'tools[0].file_search.ranking_options.ranker': 'default_2024_08_21',
          'tools[0].file_search.ranking_options.score_threshold': 0,
        });
      },
    },
    {
      id: 'assistant.file-search.hybrid-search',
      section: '§1.10 #9',
      takes: 'recording',
      title:
        'The ranking options of file_search carry hybrid_search: null, which the specification does not have.',
      needs: ['file_search'],
      async run(t) {
        const assistant = (await created(t, { tools: [FILE_SEARCH] })).ok();
        assistant.field('tools[0].file_search.ranking_options.hybrid_search', null);
      },
    },
    {
      id: 'assistant.vector-stores-helper',
      title: 'The vector_stores helper disappears; the id of what it made shows up in vector_store_ids.',
      needs: ['file_search', 'vector_stores'],
      async run(t) {
        const tool_resources = { file_search: { vector_stores: [{ metadata: { made: 'here' } }] } };
        const assistant = (await created(t, { tools: [FILE_SEARCH], tool_resources })).ok();
        assistant.field('tool_resources.file_search.vector_stores', undefined);
        const [id] = assistant.items('tool_resources.file_search.vector_store_ids');
        id?.matches('', /^vs_/);
        assistant.holds(id !== undefined, 'the id of a vector store');
      },
    },
    {
      id: 'assistant.function.parameters',
      title: 'A function without parameters gains {"type":"object","properties":{}}.',
      needs: ['tools'],
      async run(t) {
        const assistant = (
          await created(t, { tools: [{ type: 'function', function: { name: 'ping' } }] })
        ).ok();
        assistant.field('tools[0].function.parameters', { type: 'object', properties: {} });
      },
    },
    {
      id: 'assistant.function.strict',
      title: 'A function without strict gains strict: false.',
      needs: ['tools'],
      run: async (t) => {
        (await created(t, { tools: [WEATHER] })).ok().field('tools[0].function.strict', false);
      },
    },
    {
      id: 'assistant.function.kept',
      title: 'Name, description and parameters of a function are kept as they were sent.',
      needs: ['tools'],
      async run(t) {
        (await created(t, { tools: [WEATHER] })).ok().fields({
          'tools[0].type': 'function',
          'tools[0].function.name': WEATHER.function.name,
          'tools[0].function.description': WEATHER.function.description,
          'tools[0].function.parameters': WEATHER.function.parameters,
        });
      },
    },
  ],
);

const modified = group(
  {
    dialect: 'openai',
    area: 'objects',
    section: '§1.7',
    evidence: ['REC-net', 'SPEC'],
    operation: op.modifyAssistant,
  },
  [
    {
      id: 'assistant.modify.partial',
      title: 'Modifying an assistant changes only the keys that were sent.',
      async run(t) {
        const before = (await created(t, sent)).ok();
        const after = (await t.post(`/assistants/${before.text('id')}`, { name: 'Bob' })).ok();
        after.equals({ ...(before.value as object), name: 'Bob' });
      },
    },
    {
      id: 'assistant.modify.null',
      title: 'null clears a nullable field of an assistant.',
      async run(t) {
        const id = await newAssistant(t, sent);
        const cleared = { name: null, description: null, instructions: null };
        (await t.post(`/assistants/${id}`, cleared)).ok().fields(cleared);
      },
    },
    {
      id: 'assistant.modify.stored',
      title: 'A later GET gives the assistant as it was modified.',
      async run(t) {
        const id = await newAssistant(t);
        await t.post(`/assistants/${id}`, { instructions: 'Be kind.' });
        (await t.get(`/assistants/${id}`)).ok().field('instructions', 'Be kind.');
      },
    },
    {
      id: 'assistant.modify.metadata',
      evidence: ['INF'],
      title: 'metadata that is sent replaces what was there.',
      async run(t) {
        const id = await newAssistant(t, { metadata: { a: '1', b: '2' } });
        (await t.post(`/assistants/${id}`, { metadata: { b: '3' } })).ok().field('metadata', { b: '3' });
      },
    },
    {
      id: 'assistant.modify.tools',
      evidence: ['INF'],
      needs: ['tools'],
      title: 'tools that are sent replace what was there.',
      async run(t) {
        const id = await newAssistant(t, { tools: [WEATHER] });
        (await t.post(`/assistants/${id}`, { tools: [] })).ok().field('tools', []);
      },
    },
    {
      id: 'assistant.modify.model',
      title: 'The model of an assistant can be changed to one that is there, and stays if it is sent again.',
      async run(t) {
        const id = await newAssistant(t);
        (await t.post(`/assistants/${id}`, { model: t.model })).ok().field('model', t.model);
      },
    },
  ],
);

const EMPTY_RESOURCES = ['{}', '{"code_interpreter":{"file_ids":[]}}'];

const threads = group(
  { dialect: 'openai', area: 'objects', section: '§1.7', evidence: ['REC-net'], operation: op.createThread },
  [
    {
      id: 'thread.default.metadata',
      title: 'metadata of a thread is {} unless it was sent.',
      run: async (t) => {
        (await t.post('/threads', {})).ok().field('metadata', {});
      },
    },
    {
      id: 'thread.default.tool_resources',
      title: 'POST /threads answers with tool_resources {} when there are none.',
      run: async (t) => {
        (await t.post('/threads', {})).ok().field('tool_resources', {});
      },
    },
    {
      id: 'thread.tool_resources-by-verb',
      section: '§1.10 #8',
      takes: 'either',
      operation: op.getThread,
      title:
        'GET of a thread without resources says {} or {"code_interpreter":{"file_ids":[]}}: both were seen.',
      async run(t) {
        const thread = (await t.get(`/threads/${await newThread(t)}`)).ok();
        const received = JSON.stringify(thread.get('tool_resources'));
        thread.holds(EMPTY_RESOURCES.includes(received), EMPTY_RESOURCES.join(' or '), received);
      },
    },
    {
      id: 'thread.echo.metadata',
      title: 'metadata of a thread is kept as it was sent.',
      async run(t) {
        const thread = (await t.post('/threads', { metadata: { user: '42' } }))
          .ok()
          .field('metadata', { user: '42' });
        (await t.get(`/threads/${thread.text('id')}`)).ok().field('metadata', { user: '42' });
      },
    },
    {
      id: 'thread.no-messages-inside',
      evidence: ['SPEC', 'REC-net'],
      title: 'A thread does not carry its messages: they are listed on their own.',
      async run(t) {
        const thread = (await t.post('/threads', { messages: [{ role: 'user', content: 'Hello' }] })).ok();
        thread.field('messages', undefined);
        const list = (await t.get(`/threads/${thread.text('id')}/messages`)).ok();
        list.field('data[0].content[0].text.value', 'Hello');
      },
    },
    {
      id: 'thread.modify.metadata',
      operation: op.modifyThread,
      evidence: ['SPEC', 'INF'],
      title: 'metadata that is sent to a thread replaces what was there, and stays.',
      async run(t) {
        const id = await newThread(t, { metadata: { a: '1', b: '2' } });
        (await t.post(`/threads/${id}`, { metadata: { b: '3' } })).ok().field('metadata', { b: '3' });
        (await t.get(`/threads/${id}`)).ok().field('metadata', { b: '3' });
      },
    },
    {
      id: 'thread.modify.same',
      operation: op.modifyThread,
      evidence: ['REC-net'],
      title: 'A modified thread keeps its id and created_at.',
      async run(t) {
        const before = (await t.post('/threads', {})).ok();
        const after = (await t.post(`/threads/${before.text('id')}`, { metadata: { a: '1' } })).ok();
        after.fields({ id: before.get('id'), created_at: before.get('created_at') });
      },
    },
  ],
);

export const objects: Check[] = [...assistants, ...modified, ...threads];

/** §A.1 to §A.5: transport, ids, times, assistants and threads. */
import { z } from 'zod';
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { newAssistant, newThread, plainRun, user, WEATHER } from '../openai/world.ts';
import type { Answer, Received } from '../received.ts';
import { op } from './operations.ts';

export const uuid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`));
/** Unix milliseconds; seconds don't fit. */
export const milliseconds = z.int().min(1_000_000_000_000).max(9_999_999_999_999);

type Objects = Awaited<ReturnType<typeof plainRun>>;

const kinds: [string, string, string, (objects: Objects) => Received][] = [
  ['assistant', 'asst_', op.createAssistant, ({ assistant }) => assistant],
  ['thread', 'thread_', op.createThread, ({ thread }) => thread],
  ['message', 'message_', op.createMessage, ({ message }) => message],
  ['run', 'run_', op.createRun, ({ run }) => run],
  ['step', 'step_', op.listSteps, ({ step }) => step],
];

const withModel = (t: Context, params: object = {}) => t.post('/assistants', { model: t.model, ...params });

const transport = group(
  { dialect: 'dashscope', area: 'transport', section: '§A.1', evidence: ['S', 'V'], operation: op.getThread },
  [
    {
      id: 'ds.no-beta',
      title: 'No OpenAI-Beta header is asked for.',
      run: async (t) => {
        (await t.get(`/threads/${await newThread(t, {})}`)).ok().field('object', 'thread');
      },
    },
    {
      id: 'ds.request-id',
      title: 'JSON answers carry request_id at the top.',
      run: async (t) => {
        (await t.get(`/threads/${await newThread(t, {})}`)).ok().matches('request_id', /\S/);
      },
    },
    {
      id: 'ds.request-id.error',
      section: '§A.11',
      title: 'Errors carry request_id.',
      run: async (t) => {
        (await t.get('/threads/thread_00000000-0000-4000-8000-000000000000')).matches('request_id', /\S/);
      },
    },
    {
      id: 'ds.request-id.unique',
      title: 'No two answers have the same request_id.',
      async run(t) {
        const where = `/threads/${await newThread(t, {})}`;
        const [first, second] = [await t.get(where), await t.get(where)];
        second.holds(second.text('request_id') !== first.text('request_id'), 'another request_id');
      },
    },
    {
      id: 'ds.stream-by-body',
      operation: op.createRun,
      needs: ['model', 'streaming'],
      title:
        'Whether a run is streamed says the body, not the header Accept, which the Python SDK sets to application/json always.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user(t.prompt([{ say: 'Hello.' }]))] });
        const body = { assistant_id: await newAssistant(t), stream: true };
        const headers = { accept: 'application/json; charset=utf-8' };
        const stream = await t.stream(`/threads/${threadId}/runs`, body, { headers });
        stream.one('thread.run.completed').field('object', 'thread.run');
      },
    },
    {
      id: 'ds.no-status-code',
      title: 'status_code, which samples show, is no part of the answer: the Python SDK adds it.',
      run: async (t) => {
        (await t.get(`/threads/${await newThread(t, {})}`)).ok().field('status_code', undefined);
      },
    },
    {
      id: 'ds.workspace',
      operation: op.createThread,
      evidence: ['S'],
      title: 'X-DashScope-WorkSpace is accepted.',
      async run(t) {
        const headers = { 'x-dashscope-workspace': 'ws-compat' };
        const answer = await t.request('POST', '/threads', { headers, body: {} });
        if (answer.status === 401 || answer.status === 403) t.notApplicable('the endpoint checks workspaces');
        answer.ok();
        await t.request('DELETE', `/threads/${answer.text('id')}`, { headers });
      },
    },
  ],
);

const identity = group(
  {
    dialect: 'dashscope',
    area: 'ids',
    section: '§A.3',
    evidence: ['S'],
    operation: op.getThread,
    needs: ['model'],
  },
  kinds.flatMap(([kind, prefix, operation, of]) => [
    {
      id: `ds.ids.${kind}`,
      operation,
      title: `The id of a ${kind} is ${prefix} and a UUID with dashes.`,
      run: async (t: Context) => {
        of(await plainRun(t)).is(uuid(prefix), 'id');
      },
    },
    {
      id: `ds.times.${kind}`,
      operation,
      title: `created_at of a ${kind} is in milliseconds.`,
      run: async (t: Context) => {
        of(await plainRun(t)).is(milliseconds, 'created_at');
      },
    },
  ]),
);

const assistantDefaults: Record<string, unknown> = {
  object: 'assistant',
  tools: [],
  file_ids: [],
  metadata: {},
  temperature: null,
  top_p: null,
  top_k: null,
  max_tokens: null,
};

const assistantEcho: Record<string, unknown> = {
  name: 'helper',
  description: 'Knows the weather',
  instructions: 'Be brief.',
  metadata: { team: 'weather' },
  temperature: 0.5,
  top_p: 0.5,
  top_k: 50,
  max_tokens: 500,
};

const assistants = group(
  {
    dialect: 'dashscope',
    area: 'assistants',
    section: '§A.4',
    evidence: ['S', 'V'],
    operation: op.createAssistant,
  },
  [
    ...Object.entries(assistantDefaults).map(([field, value]) => ({
      id: `ds.assistant.default.${field}`,
      title: `${field} of an assistant is ${JSON.stringify(value)} unless it was sent; so says also the least that Python sends.`,
      run: async (t: Context) => {
        (await t.post('/assistants', { model: t.model, file_ids: [], metadata: null }))
          .ok()
          .field(field, value);
      },
    })),
    ...Object.entries(assistantEcho).map(([field, value]) => ({
      id: `ds.assistant.echo.${field}`,
      title: `${field} of an assistant is kept as it was sent.`,
      run: async (t: Context) => {
        const assistant = (await withModel(t, { [field]: value })).ok().field(field, value);
        (await t.get(`/assistants/${assistant.text('id')}`)).ok().field(field, value);
      },
    })),
    {
      id: 'ds.assistant.function',
      needs: ['tools'],
      title: 'A function tool is kept: name, description, parameters.',
      async run(t) {
        (await withModel(t, { tools: [WEATHER] })).ok().fields({
          'tools[0].type': 'function',
          'tools[0].function.name': 'get_weather',
          'tools[0].function.description': WEATHER.function.description,
          'tools[0].function.parameters': WEATHER.function.parameters,
        });
      },
    },
    {
      id: 'ds.assistant.model-missing',
      title: 'An assistant without a model is refused.',
      run: async (t) => {
        flat(await t.post('/assistants', { name: 'x' }), 400, 'InvalidParameter');
      },
    },
    {
      id: 'ds.assistant.update.metadata-null',
      operation: op.updateAssistant,
      title: 'metadata: null, which Python sends with every update, changes nothing.',
      async run(t) {
        const id = await newAssistant(t, { metadata: { a: 'b' } });
        (await t.post(`/assistants/${id}`, { file_ids: [], metadata: null, name: 'x' }))
          .ok()
          .field('metadata', { a: 'b' });
      },
    },
    {
      id: 'ds.assistant.update.tools-cleared',
      operation: op.updateAssistant,
      needs: ['tools'],
      title: 'tools: [] in an update clears the tools.',
      async run(t) {
        const id = await newAssistant(t, { tools: [WEATHER] });
        (await t.post(`/assistants/${id}`, { tools: [] })).ok().field('tools', []);
      },
    },
    {
      id: 'ds.assistant.update.tools-absent',
      operation: op.updateAssistant,
      needs: ['tools'],
      title: 'Without tools an update leaves them.',
      async run(t) {
        const id = await newAssistant(t, { tools: [WEATHER] });
        (await t.post(`/assistants/${id}`, { name: 'x' }))
          .ok()
          .field('tools[0].function.name', 'get_weather');
      },
    },
    {
      id: 'ds.assistant.update.name',
      operation: op.updateAssistant,
      title: 'An update changes what it names, without a model too, and it stays.',
      async run(t) {
        const id = await newAssistant(t, { instructions: 'Be brief.' });
        (await t.post(`/assistants/${id}`, { name: 'Bob' })).ok().field('name', 'Bob');
        (await t.get(`/assistants/${id}`))
          .ok()
          .fields({ name: 'Bob', instructions: 'Be brief.', model: t.model });
      },
    },
    {
      id: 'ds.assistant.delete',
      operation: op.deleteAssistant,
      title: 'Deleting answers {id, object: "assistant.deleted", deleted: true}, and a 404 follows.',
      async run(t) {
        const id = await newAssistant(t);
        (await t.delete(`/assistants/${id}`)).ok().fields({ id, object: 'assistant.deleted', deleted: true });
        flat(await t.get(`/assistants/${id}`), 404, 'NotFound');
      },
    },
    {
      id: 'ds.assistant.list',
      operation: op.listAssistants,
      title: 'Assistants are listed, the newest first.',
      async run(t) {
        const ids = [await newAssistant(t), await newAssistant(t)];
        const list = (await t.get('/assistants', { limit: 100 })).ok();
        const found = list
          .items()
          .map((item) => item.get('id'))
          .filter((id) => ids.includes(String(id)));
        list.holds(found.join() === ids.toReversed().join(), ids.toReversed().join(), found);
      },
    },
  ],
);

const threads = group(
  {
    dialect: 'dashscope',
    area: 'threads',
    section: '§A.5',
    evidence: ['S', 'V'],
    operation: op.createThread,
  },
  [
    ...(
      [
        ['python', '""', 'the JSON string "", which Python sends when nothing was given'],
        ['java', '{}', 'an empty object, which Java sends'],
      ] as const
    ).map(([id, body, what]) => ({
      id: `ds.thread.create.${id}`,
      title: `POST /threads takes ${what}.`,
      run: async (t: Context) => {
        (await t.post('/threads', body)).ok().fields({ object: 'thread', metadata: {} });
      },
    })),
    {
      id: 'ds.thread.metadata',
      title: 'metadata of a thread is kept.',
      run: async (t) => {
        (await t.post('/threads', { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'ds.thread.messages',
      title: 'Messages sent with a thread are there.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('one'), user('two')] });
        const list = (await t.get(`/threads/${threadId}/messages`)).ok();
        list.fields({ 'data[0].content[0].text.value': 'two', 'data[1].content[0].text.value': 'one' });
      },
    },
    {
      id: 'ds.thread.update',
      operation: op.updateThread,
      title: 'metadata of a thread can be updated, and stays.',
      async run(t) {
        const id = await newThread(t, {});
        (await t.post(`/threads/${id}`, { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
        (await t.get(`/threads/${id}`)).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'ds.thread.delete',
      operation: op.deleteThread,
      title: 'Deleting a thread answers object "thread.deleted", and its messages are gone.',
      async run(t) {
        const id = await newThread(t, { messages: [user('Hello')] });
        (await t.delete(`/threads/${id}`)).ok().fields({ id, object: 'thread.deleted', deleted: true });
        flat(await t.get(`/threads/${id}/messages`), 404, 'NotFound');
      },
    },
  ],
);

/** §A.11: a flat body. */
export function flat(answer: Answer, status: number, code?: string): void {
  if (answer.status !== status)
    answer.fail(`its status is ${answer.status}`, status, { status: answer.status, body: answer.value });
  answer.matches('message', /\S/).matches('code', /\S/).field('error', undefined);
  if (code !== undefined) answer.field('code', code);
}

export const objects: Check[] = [...transport, ...identity, ...assistants, ...threads];

/** §1.7 and §1.9: messages as they appear on the wire, and what their attachments do to the thread. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { newFile, newMessage, newThread, plainRun, user } from './world.ts';

const defaults: Record<string, unknown> = { assistant_id: null, run_id: null, attachments: [], metadata: {} };

/** What the specification requires of every message, and what it is on a message that is complete. */
const STATUS: Record<string, (value: unknown) => boolean> = {
  status: (value) => value === 'completed',
  incomplete_details: (value) => value === null,
  incomplete_at: (value) => value === null,
  completed_at: (value) => value === null || schema.seconds.safeParse(value).success,
};

const created = async (t: Context, params: object = {}) =>
  t.post(`/threads/${await newThread(t)}/messages`, { role: 'user', content: 'Hello', ...params });

const messages = group(
  { dialect: 'openai', area: 'objects', section: '§1.7', evidence: ['REC-net'], operation: op.createMessage },
  [
    ...Object.entries(defaults).map(([field, value]) => ({
      id: `message.default.${field}`,
      title: `${field} of a message that somebody adds is ${JSON.stringify(value)} unless it was sent.`,
      run: async (t: Context) => {
        (await created(t)).ok().field(field, value);
      },
    })),
    ...Object.entries(STATUS).map(([field, fits]) => ({
      id: `message.status.${field}`,
      section: '§1.10 #1',
      evidence: ['REC-net', 'SPEC', 'INF'] as const,
      takes: 'either' as const,
      title: `${field} is absent from a message over REST, as recorded, or says that it is complete, as specified.`,
      async run(t: Context) {
        const message = (await created(t)).ok();
        const value = message.get(field);
        message.holds(
          value === undefined || fits(value),
          `${field} absent, or that of a complete message`,
          value,
        );
      },
    })),
    {
      id: 'message.content',
      title: 'A string of content becomes one text part with annotations [].',
      run: async (t) => {
        (await created(t))
          .ok()
          .field('content', [{ type: 'text', text: { value: 'Hello', annotations: [] } }]);
      },
    },
    {
      id: 'message.content.unicode',
      evidence: ['SPEC'],
      title: 'Any text is kept to the last character.',
      async run(t) {
        const text = 'Zażółć 你好 👩‍👩‍👧 \u0000 "quoted" \\ \n\t end';
        const message = (await created(t, { content: text })).ok();
        const again = await t.get(`/threads/${message.text('thread_id')}/messages/${message.text('id')}`);
        again.ok().field('content[0].text.value', text);
      },
    },
    {
      id: 'message.content.parts',
      evidence: ['SPEC', 'REC-net'],
      needs: ['vision'],
      title: 'Parts of content keep their order.',
      async run(t) {
        const content = [
          { type: 'text', text: 'first' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'text', text: 'last' },
        ];
        const message = (await created(t, { content })).ok();
        message.fields({
          'content[0].text.value': 'first',
          'content[1].type': 'image_url',
          'content[2].text.value': 'last',
        });
      },
    },
    {
      id: 'message.thread-id',
      title: 'thread_id of a message is that of its thread.',
      async run(t) {
        const threadId = await newThread(t);
        (await t.post(`/threads/${threadId}/messages`, user('Hello'))).ok().field('thread_id', threadId);
      },
    },
    {
      id: 'message.metadata',
      title: 'metadata of a message is kept as it was sent.',
      run: async (t) => {
        (await created(t, { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'message.of-thread-create',
      operation: op.createThread,
      title: 'Messages sent with POST /threads are there with role, metadata and content.',
      async run(t) {
        const threadId = await newThread(t, {
          messages: [
            { role: 'user', content: 'Hello', metadata: { n: '1' } },
            { role: 'assistant', content: 'Hi' },
          ],
        });
        const list = (await t.get(`/threads/${threadId}/messages`, { order: 'asc' })).ok();
        list.fields({
          'data[0].role': 'user',
          'data[0].metadata': { n: '1' },
          'data[0].content[0].text.value': 'Hello',
          'data[1].role': 'assistant',
          'data[1].content[0].text.value': 'Hi',
        });
      },
    },
    {
      id: 'message.manual-assistant',
      title: 'A message that somebody adds in the role assistant has no assistant_id and no run_id.',
      run: async (t) => {
        (await created(t, { role: 'assistant' }))
          .ok()
          .fields({ role: 'assistant', assistant_id: null, run_id: null });
      },
    },
    {
      id: 'message.of-run',
      operation: op.listMessages,
      needs: ['model'],
      title: 'A message that a run makes has role assistant, and assistant_id and run_id of that run.',
      async run(t) {
        const { answer, assistant, runId, threadId } = await plainRun(t);
        answer.fields({
          role: 'assistant',
          assistant_id: assistant.get('id'),
          run_id: runId,
          thread_id: threadId,
        });
      },
    },
    {
      id: 'message.of-run.content',
      operation: op.listMessages,
      needs: ['model'],
      title: 'A message that a run makes has what the model said, as text with annotations.',
      async run(t) {
        const { answer } = await plainRun(t);
        answer.field('content[0].type', 'text').is(schema.message);
        if (t.mode === 'scripted')
          answer.field('content[0].text', { value: 'Hello there.', annotations: [] });
      },
    },
    {
      id: 'message.modify.metadata',
      operation: op.modifyMessage,
      evidence: ['SPEC', 'REC-net'],
      title: 'metadata of a message can be modified; its content stays.',
      async run(t) {
        const message = (await created(t)).ok();
        const where = `/threads/${message.text('thread_id')}/messages/${message.text('id')}`;
        const after = (await t.post(where, { metadata: { read: 'yes' } })).ok();
        after.fields({ metadata: { read: 'yes' }, content: message.get('content') });
        (await t.get(where)).ok().field('metadata', { read: 'yes' });
      },
    },
    {
      id: 'message.modify.attachments',
      section: '§1.10 #7',
      operation: op.modifyMessage,
      evidence: ['REC-net', 'SPEC'],
      takes: 'specification',
      title:
        'A modified message answers with attachments, not with the file_ids that were left over from version 1.',
      async run(t) {
        const threadId = await newThread(t);
        const where = `/threads/${threadId}/messages/${await newMessage(t, threadId)}`;
        (await t.post(where, { metadata: { a: 'b' } })).ok().fields({ attachments: [], file_ids: undefined });
      },
    },
  ],
);

const attached = (file_id: string, type: string) => ({
  ...user('Here it is.'),
  attachments: [{ file_id, tools: [{ type }] }],
});

const STORE = 'tool_resources.file_search.vector_store_ids[0]';
const CODE_FILES = 'tool_resources.code_interpreter.file_ids';

const attachments = group(
  {
    dialect: 'openai',
    area: 'attachments',
    section: '§1.9',
    evidence: ['DOC'],
    operation: op.createMessage,
    needs: ['files'],
  },
  [
    {
      id: 'attachments.echo',
      evidence: ['SPEC', 'REC-net'],
      title: 'Attachments are kept with their file and their tools.',
      async run(t) {
        const file_id = await newFile(t);
        const sent = attached(file_id, 'code_interpreter');
        const message = (await created(t, sent)).ok();
        message.field('attachments', sent.attachments);
      },
    },
    {
      id: 'attachments.code-interpreter',
      needs: ['code_interpreter'],
      title: 'An attachment for code interpreter extends the code_interpreter.file_ids of its thread.',
      async run(t) {
        const [threadId, first, second] = [await newThread(t), await newFile(t), await newFile(t)];
        await t.post(`/threads/${threadId}/messages`, attached(first, 'code_interpreter'));
        await t.post(`/threads/${threadId}/messages`, attached(second, 'code_interpreter'));
        const thread = (await t.get(`/threads/${threadId}`)).ok();
        const received = thread.items(CODE_FILES).map(({ value }) => value);
        thread.holds(
          received.includes(first) && received.includes(second),
          `${first} and ${second}`,
          received,
        );
      },
    },
    {
      id: 'attachments.thread-create',
      operation: op.createThread,
      needs: ['code_interpreter'],
      title: 'Attachments of messages sent with POST /threads count as well.',
      async run(t) {
        const file = await newFile(t);
        const threadId = await newThread(t, { messages: [attached(file, 'code_interpreter')] });
        (await t.get(`/threads/${threadId}`)).ok().field(CODE_FILES, [file]);
      },
    },
    {
      id: 'attachments.file-search',
      needs: ['file_search', 'vector_stores'],
      title: 'An attachment for file search makes a vector store for its thread.',
      async run(t) {
        const threadId = await newThread(t);
        await t.post(`/threads/${threadId}/messages`, attached(await newFile(t), 'file_search'));
        (await t.get(`/threads/${threadId}`)).ok().matches(STORE, /^vs_/);
      },
    },
    {
      id: 'attachments.same-store',
      needs: ['file_search', 'vector_stores'],
      title: 'Later attachments for file search go into the same vector store.',
      async run(t) {
        const threadId = await newThread(t);
        const files = [await newFile(t), await newFile(t)];
        for (const file of files)
          await t.post(`/threads/${threadId}/messages`, attached(file, 'file_search'));
        const thread = (await t.get(`/threads/${threadId}`)).ok();
        const stores = thread.items('tool_resources.file_search.vector_store_ids');
        thread.holds(stores.length === 1, 'one vector store', stores.length);
        const list = (await t.get(`/vector_stores/${thread.text(STORE)}/files`)).ok();
        const inside = list.items().map((file) => file.get('id'));
        list.holds(
          files.every((file) => inside.includes(file)),
          files.join(' and '),
          inside,
        );
      },
    },
    {
      id: 'attachments.store-expires',
      needs: ['file_search', 'vector_stores'],
      title: 'The vector store made for a thread expires 7 days after it was last active.',
      async run(t) {
        const threadId = await newThread(t);
        await t.post(`/threads/${threadId}/messages`, attached(await newFile(t), 'file_search'));
        const thread = (await t.get(`/threads/${threadId}`)).ok();
        const store = (await t.get(`/vector_stores/${thread.text(STORE)}`)).ok();
        store.field('expires_after', { anchor: 'last_active_at', days: 7 });
      },
    },
    {
      id: 'attachments.helper-expires',
      operation: op.createThread,
      needs: ['file_search', 'vector_stores'],
      title: 'The vector store that the helper of POST /threads makes expires after 7 days too.',
      async run(t) {
        const thread = (
          await t.post('/threads', { tool_resources: { file_search: { vector_stores: [{}] } } })
        ).ok();
        const store = (await t.get(`/vector_stores/${thread.text(STORE)}`)).ok();
        store.field('expires_after', { anchor: 'last_active_at', days: 7 });
      },
    },
    {
      id: 'attachments.assistants-store-stays',
      operation: op.createAssistant,
      needs: ['file_search', 'vector_stores'],
      title: 'The vector store that the helper of POST /assistants makes does not expire.',
      async run(t) {
        const tool_resources = { file_search: { vector_stores: [{}] } };
        const body = { model: t.model, tools: [{ type: 'file_search' }], tool_resources };
        const assistant = (await t.post('/assistants', body)).ok();
        const store = (await t.get(`/vector_stores/${assistant.text(STORE)}`)).ok();
        store.holds(
          (store.get('expires_after') ?? null) === null,
          'expires_after absent or null',
          store.get('expires_after'),
        );
      },
    },
  ],
);

export const messageChecks: Check[] = [...messages, ...attachments];

import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import { newMessage, newThread, plainRun } from '../openai/world.ts';
import { flat } from './objects.ts';
import { op } from './operations.ts';

const messageDefaults: Record<string, unknown> = {
  object: 'thread.message',
  incomplete_details: {},
  completed_at: null,
  incomplete_at: null,
  assistant_id: '',
  run_id: '',
  file_ids: [],
  role: 'user',
  content: [{ type: 'text', text: { value: 'hi', annotations: [] } }],
  metadata: {},
  name: '',
  plugin_call: {},
  tool_calls: [],
  status: '',
};

export const messageChecks: Check[] = group(
  { dialect: 'dashscope', area: 'messages', section: '§A.6', evidence: ['S'], operation: op.createMessage },
  [
    ...Object.entries(messageDefaults).map(([field, value]) => ({
      id: `ds.message.${field}`,
      title: `${field} of a message that was just created is ${JSON.stringify(value)}.`,
      run: async (t: Context) => {
        const threadId = await newThread(t, {});
        (await t.post(`/threads/${threadId}/messages`, { content: 'hi', role: 'user' }))
          .ok()
          .field(field, value);
      },
    })),
    ...(
      [
        ['empty', { role: 'user', content: '' }, 'an empty content'],
        ['missing', { role: 'user' }, 'a message without content'],
        ['role', { role: 'system', content: 'hi' }, 'the role system'],
        ['array', { role: 'user', content: [] }, 'content that is no text'],
      ] as const
    ).map(([id, body, what]) => ({
      id: `ds.message.refused.${id}`,
      title: `POST on messages refuses ${what}.`,
      run: async (t: Context) => {
        flat(await t.post(`/threads/${await newThread(t, {})}/messages`, body), 400, 'InvalidParameter');
      },
    })),
    {
      id: 'ds.message.of-run',
      operation: op.listMessages,
      needs: ['model'],
      title:
        'A message that a run makes has role assistant, assistant_id and run_id, and is the first of the list.',
      async run(t) {
        const { messages: list, runId, assistant } = await plainRun(t);
        list.fields({
          'data[0].role': 'assistant',
          'data[0].run_id': runId,
          'data[0].assistant_id': assistant.get('id'),
          'data[0].content[0].type': 'text',
        });
      },
    },
    {
      id: 'ds.message.get',
      operation: op.getMessage,
      title: 'A message can be retrieved.',
      async run(t) {
        const threadId = await newThread(t, {});
        const id = await newMessage(t, threadId, 'hi');
        (await t.get(`/threads/${threadId}/messages/${id}`))
          .ok()
          .fields({ id, 'content[0].text.value': 'hi' });
      },
    },
    {
      id: 'ds.message.update',
      operation: op.updateMessage,
      title: 'metadata of a message can be updated, and stays.',
      async run(t) {
        const threadId = await newThread(t, {});
        const where = `/threads/${threadId}/messages/${await newMessage(t, threadId, 'hi')}`;
        (await t.post(where, { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
        (await t.get(where)).ok().field('metadata', { a: 'b' });
      },
    },
  ],
);

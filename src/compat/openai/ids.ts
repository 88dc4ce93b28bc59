/** §1.3: the shapes of ids and times. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import { newFile, newThread, plainRun, toolRun, user } from './world.ts';

type Objects = Awaited<ReturnType<typeof plainRun>>;

const kinds: { kind: string; prefix: string; operation: string; of(objects: Objects): Received }[] = [
  { kind: 'assistant', prefix: 'asst_', operation: op.createAssistant, of: ({ assistant }) => assistant },
  { kind: 'thread', prefix: 'thread_', operation: op.createThread, of: ({ thread }) => thread },
  { kind: 'message', prefix: 'msg_', operation: op.createMessage, of: ({ message }) => message },
  { kind: 'run', prefix: 'run_', operation: op.createRun, of: ({ run }) => run },
  { kind: 'run step', prefix: 'step_', operation: op.listSteps, of: ({ step }) => step },
];

const CLOCKS_APART = 300;

async function recent(t: Context, of: (objects: Objects) => Received) {
  const object = of(await plainRun(t)).is(schema.seconds, 'created_at');
  const now = Math.floor(Date.now() / 1000);
  const created = object.number('created_at');
  object.holds(
    Math.abs(created - now) < CLOCKS_APART + t.timeout / 1000,
    `created_at about ${now}, in Unix seconds`,
    created,
  );
}

export const ids: Check[] = group(
  { dialect: 'openai', area: 'ids', section: '§1.3', evidence: ['REC-net', 'REC-oll', 'REC-rb'] },
  [
    ...kinds.flatMap(({ kind, prefix, operation, of }) => [
      {
        id: `ids.${kind.replace(' ', '-')}`,
        operation,
        needs: ['model'] as const,
        title: `The id of ${kind === 'assistant' ? 'an' : 'a'} ${kind} is ${prefix} and 24 letters and digits.`,
        run: async (t: Context) => {
          of(await plainRun(t)).is(schema.id(prefix), 'id');
        },
      },
      {
        id: `ids.${kind.replace(' ', '-')}.created-at`,
        operation,
        needs: ['model'] as const,
        title: `created_at of ${kind === 'assistant' ? 'an' : 'a'} ${kind} is the time of its creation in integer Unix seconds.`,
        run: (t: Context) => recent(t, of),
      },
    ]),
    {
      id: 'ids.tool-call',
      operation: op.getRun,
      needs: ['model', 'tools'],
      title: 'The id of a tool call begins with call_.',
      async run(t) {
        const { run } = await toolRun(t);
        run.matches('required_action.submit_tool_outputs.tool_calls[0].id', /^call_\w{8,}$/);
      },
    },
    {
      id: 'ids.message-of-run',
      operation: op.listMessages,
      needs: ['model'],
      title: 'Messages that runs make have ids of the same shape.',
      async run(t) {
        (await plainRun(t)).answer.is(schema.id('msg_'), 'id');
      },
    },
    {
      id: 'ids.file',
      operation: op.createMessage,
      needs: ['files'],
      evidence: ['REC-net', 'REC-rb'],
      title: 'A file that can be attached has an id beginning with file.',
      async run(t) {
        const file_id = await newFile(t);
        const message = {
          ...user('Hello'),
          attachments: [{ file_id, tools: [{ type: 'code_interpreter' }] }],
        };
        const answer = await t.post(`/threads/${await newThread(t)}/messages`, message);
        answer
          .ok()
          .field('attachments[0].file_id', file_id)
          .matches('attachments[0].file_id', /^file-/);
      },
    },
    {
      id: 'ids.same-second',
      operation: op.createThread,
      evidence: ['REC-net'],
      title: 'Messages created in one request keep their order, though they may share created_at.',
      async run(t) {
        const texts = ['one', 'two', 'three', 'four', 'five'];
        const threadId = await newThread(t, { messages: texts.map(user) });
        const list = (await t.get(`/threads/${threadId}/messages`, { order: 'asc' })).ok();
        const received = list.items().map((message) => message.get('content[0].text.value'));
        if (received.join() !== texts.join()) list.fail('the order differs', texts, received);
      },
    },
    {
      id: 'ids.unique',
      operation: op.createThread,
      evidence: ['SPEC'],
      title: 'Threads created at the same time have ids of their own.',
      async run(t) {
        const threads = await Promise.all(Array.from({ length: 5 }, () => t.post('/threads', {})));
        const received = threads.map((thread) => thread.ok().text('id'));
        threads[0]?.holds(new Set(received).size === 5, 'five different ids', received);
      },
    },
  ],
);

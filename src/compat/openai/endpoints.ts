/** §1.1: every operation is there, answers 200 and gives the object it should. */
import type { z } from 'zod';
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../received.ts';
import { op } from './operations.ts';
import * as schema from './schema.ts';
import {
  anAssistant,
  hangingRun,
  newAssistant,
  newMessage,
  newThread,
  outputsFor,
  plainRun,
  toolRun,
  user,
  waitingRun,
} from './world.ts';

interface Row {
  id: string;
  operation: string;
  gives: string;
  ask(t: Context): Promise<Answer>;
  is: z.ZodType;
  needs?: Check['needs'];
}

const rows: Row[] = [
  {
    id: 'assistants.list',
    operation: op.listAssistants,
    gives: 'a list of assistants',
    is: schema.listOf(schema.assistant),
    async ask(t) {
      await anAssistant(t);
      return t.get('/assistants');
    },
  },
  {
    id: 'assistants.create',
    operation: op.createAssistant,
    gives: 'the new assistant',
    is: schema.assistant,
    ask: (t) => t.post('/assistants', { model: t.model }),
  },
  {
    id: 'assistants.get',
    operation: op.getAssistant,
    gives: 'the assistant',
    is: schema.assistant,
    ask: async (t) => t.get(`/assistants/${await anAssistant(t)}`),
  },
  {
    id: 'assistants.modify',
    operation: op.modifyAssistant,
    gives: 'the changed assistant',
    is: schema.assistant,
    ask: async (t) => t.post(`/assistants/${await newAssistant(t)}`, { name: 'Ada' }),
  },
  {
    id: 'threads.create',
    operation: op.createThread,
    gives: 'the new thread',
    is: schema.thread,
    ask: (t) => t.post('/threads', { messages: [user('Hello')] }),
  },
  {
    id: 'threads.create-empty',
    operation: op.createThread,
    gives: 'a new thread for an empty object',
    is: schema.thread,
    ask: (t) => t.post('/threads', {}),
  },
  {
    id: 'threads.create-absent',
    operation: op.createThread,
    gives: 'a new thread for an absent body',
    is: schema.thread,
    ask: (t) => t.post('/threads'),
  },
  {
    id: 'threads.get',
    operation: op.getThread,
    gives: 'the thread',
    is: schema.thread,
    ask: async (t) => t.get(`/threads/${await newThread(t)}`),
  },
  {
    id: 'threads.modify',
    operation: op.modifyThread,
    gives: 'the changed thread',
    is: schema.thread,
    ask: async (t) => t.post(`/threads/${await newThread(t)}`, { metadata: { a: 'b' } }),
  },
  {
    id: 'messages.list',
    operation: op.listMessages,
    gives: 'a list of messages',
    is: schema.listOf(schema.message),
    async ask(t) {
      const threadId = await newThread(t, { messages: [user('Hello')] });
      return t.get(`/threads/${threadId}/messages`);
    },
  },
  {
    id: 'messages.create',
    operation: op.createMessage,
    gives: 'the new message',
    is: schema.message,
    ask: async (t) => t.post(`/threads/${await newThread(t)}/messages`, user('Hello')),
  },
  {
    id: 'messages.get',
    operation: op.getMessage,
    gives: 'the message',
    is: schema.message,
    async ask(t) {
      const threadId = await newThread(t);
      return t.get(`/threads/${threadId}/messages/${await newMessage(t, threadId)}`);
    },
  },
  {
    id: 'messages.modify',
    operation: op.modifyMessage,
    gives: 'the changed message',
    is: schema.message,
    async ask(t) {
      const threadId = await newThread(t);
      return t.post(`/threads/${threadId}/messages/${await newMessage(t, threadId)}`, {
        metadata: { a: 'b' },
      });
    },
  },
  {
    id: 'runs.create-with-thread',
    operation: op.createThreadAndRun,
    gives: 'the run',
    is: schema.run,
    needs: ['model'],
    ask: async (t) =>
      t.post('/threads/runs', { assistant_id: await anAssistant(t), thread: { messages: [user('Hello')] } }),
  },
  {
    id: 'runs.list',
    operation: op.listRuns,
    gives: 'a list of runs',
    is: schema.listOf(schema.run),
    needs: ['model'],
    ask: async (t) => t.get(`/threads/${(await plainRun(t)).threadId}/runs`),
  },
  {
    id: 'runs.create',
    operation: op.createRun,
    gives: 'the run',
    is: schema.run,
    needs: ['model'],
    async ask(t) {
      const threadId = await newThread(t, { messages: [user('Hello')] });
      return t.post(`/threads/${threadId}/runs`, { assistant_id: await anAssistant(t) });
    },
  },
  {
    id: 'runs.get',
    operation: op.getRun,
    gives: 'the run',
    is: schema.run,
    needs: ['model'],
    async ask(t) {
      const { threadId, runId } = await plainRun(t);
      return t.get(`/threads/${threadId}/runs/${runId}`);
    },
  },
  {
    id: 'runs.modify',
    operation: op.modifyRun,
    gives: 'the changed run',
    is: schema.run,
    needs: ['model'],
    async ask(t) {
      const { threadId, runId } = await plainRun(t);
      return t.post(`/threads/${threadId}/runs/${runId}`, { metadata: { a: 'b' } });
    },
  },
  {
    id: 'runs.cancel',
    operation: op.cancelRun,
    gives: 'the run',
    is: schema.run,
    needs: ['scripted'],
    async ask(t) {
      const { threadId, runId } = await hangingRun(t);
      return t.post(`/threads/${threadId}/runs/${runId}/cancel`);
    },
  },
  {
    id: 'runs.submit',
    operation: op.submit,
    gives: 'the run',
    is: schema.run,
    needs: ['model', 'tools'],
    async ask(t) {
      const { threadId, runId, calls } = await waitingRun(t);
      return t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor(calls));
    },
  },
  {
    id: 'steps.list',
    operation: op.listSteps,
    gives: 'a list of run steps',
    is: schema.listOf(schema.step),
    needs: ['model'],
    async ask(t) {
      const { threadId, runId } = await plainRun(t);
      return t.get(`/threads/${threadId}/runs/${runId}/steps`);
    },
  },
  {
    id: 'steps.get',
    operation: op.getStep,
    gives: 'the run step',
    is: schema.step,
    needs: ['model', 'tools'],
    async ask(t) {
      const { threadId, runId, steps } = await toolRun(t);
      return t.get(`/threads/${threadId}/runs/${runId}/steps/${steps.items()[0]?.text('id')}`);
    },
  },
];

const deletions = [
  {
    kind: 'assistant',
    operation: op.deleteAssistant,
    object: 'assistant.deleted',
    path: async (t: Context) => `/assistants/${await newAssistant(t)}`,
  },
  {
    kind: 'thread',
    operation: op.deleteThread,
    object: 'thread.deleted',
    path: async (t: Context) => `/threads/${await newThread(t)}`,
  },
  {
    kind: 'message',
    operation: op.deleteMessage,
    object: 'thread.message.deleted',
    async path(t: Context) {
      const threadId = await newThread(t);
      return `/threads/${threadId}/messages/${await newMessage(t, threadId)}`;
    },
  },
];

export const endpoints: Check[] = group(
  { dialect: 'openai', area: 'endpoints', section: '§1.1', evidence: ['SPEC', 'REC-net', 'REC-rb'] },
  [
    ...rows.map(({ id, operation, gives, ask, is, needs = [] }) => ({
      id: `endpoints.${id}`,
      operation,
      needs,
      title: `${operation} answers 200 with ${gives}.`,
      run: async (t: Context) => {
        (await ask(t)).ok().is(is);
      },
    })),
    ...deletions.flatMap(({ kind, operation, object, path }) => [
      {
        id: `endpoints.${kind}s.delete`,
        operation,
        title: `${operation} answers {id, object: "${object}", deleted: true}.`,
        run: async (t: Context) => {
          const where = await path(t);
          (await t.delete(where)).ok().equals({ id: where.split('/').at(-1), object, deleted: true });
        },
      },
      {
        id: `endpoints.${kind}s.deleted-is-gone`,
        operation,
        title: `A deleted ${kind} answers 404.`,
        run: async (t: Context) => {
          const where = await path(t);
          await t.delete(where);
          (await t.get(where)).error({ status: 404, type: 'invalid_request_error' });
        },
      },
    ]),
    {
      id: 'endpoints.no-run-deletion',
      operation: op.getRun,
      needs: ['model'],
      title: 'A run cannot be deleted: there is no such operation.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        const answer = await t.delete(`/threads/${threadId}/runs/${runId}`);
        answer.holds(answer.status === 404 || answer.status === 405, 'status 404 or 405', answer.status);
      },
    },
    {
      id: 'endpoints.no-step-deletion',
      operation: op.getStep,
      needs: ['model'],
      title: 'A run step cannot be deleted: there is no such operation.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        const answer = await t.delete(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`);
        answer.holds(answer.status === 404 || answer.status === 405, 'status 404 or 405', answer.status);
      },
    },
    {
      id: 'endpoints.runs-before-thread-id',
      operation: op.createThreadAndRun,
      title: 'POST /threads/runs is no modification of a thread called "runs".',
      run: async (t) => {
        (await t.post('/threads/runs', {})).error({ status: 400, param: 'assistant_id' });
      },
    },
  ],
);

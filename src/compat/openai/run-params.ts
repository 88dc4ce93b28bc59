/** §1.8: what a run can be told. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import type { Received } from '../received.ts';
import { op } from './operations.ts';
import {
  anAssistant,
  finishedRun,
  newAssistant,
  newThread,
  outputsFor,
  settled,
  TIME,
  user,
  WEATHER,
  waitingRun,
} from './world.ts';

const overrides: Record<string, unknown> = {
  instructions: 'Answer in rhyme.',
  metadata: { job: '7' },
  temperature: 0.25,
  top_p: 0.75,
  max_prompt_tokens: 4000,
  max_completion_tokens: 500,
  response_format: { type: 'text' },
  parallel_tool_calls: false,
  truncation_strategy: { type: 'last_messages', last_messages: 5 },
};

export const runParams: Check[] = group(
  {
    dialect: 'openai',
    area: 'runs',
    section: '§1.8',
    evidence: ['SPEC', 'REC-net'],
    operation: op.createRun,
    needs: ['model'],
  },
  [
    ...Object.entries(overrides).flatMap(([field, value]) =>
      (['run', 'thread-and-run'] as const).map((how) => ({
        id: `run.param.${field}.${how}`,
        operation: how === 'run' ? op.createRun : op.createThreadAndRun,
        title: `${field} of ${how === 'run' ? op.createRun : op.createThreadAndRun} wins over the assistant's and is echoed.`,
        async run(t: Context) {
          const assistant_id = await anAssistant(t);
          if (how === 'run') {
            const where = `/threads/${await newThread(t, { messages: [user('Hello')] })}/runs`;
            (await t.post(where, { assistant_id, [field]: value })).ok().field(field, value);
          } else {
            const thread = { messages: [user('Hello')] };
            (await t.post('/threads/runs', { assistant_id, thread, [field]: value }))
              .ok()
              .field(field, value);
          }
        },
      })),
    ),
    {
      id: 'run.param.model',
      title: 'model of a run wins over that of its assistant, or is the same.',
      async run(t) {
        const { created } = await finishedRun(t, [[{ say: 'Yes.' }]], { model: t.model });
        created.field('model', t.model);
      },
    },
    {
      id: 'run.param.tools',
      needs: ['tools'],
      title: 'tools of a run replace those of its assistant.',
      async run(t) {
        const assistant_id = await newAssistant(t, { tools: [WEATHER] });
        const { created } = await finishedRun(t, [[{ say: 'Yes.' }]], { assistant_id, tools: [TIME] });
        created.field('tools[0].function.name', 'get_time').field('tools[1]', undefined);
      },
    },
    {
      id: 'run.param.instructions-reach-model',
      needs: ['scripted'],
      title: 'The model is given the instructions of the run in place of those of the assistant.',
      async run(t) {
        const assistant_id = await newAssistant(t, { instructions: 'Be brief.' });
        const heard = await echoed(t, 'instructions', { assistant_id, instructions: 'Answer in rhyme.' });
        heard.holds(heard.value === 'Answer in rhyme.', 'Answer in rhyme.');
      },
    },
    {
      id: 'run.param.additional-instructions',
      needs: ['scripted'],
      title: 'additional_instructions are given to the model behind the instructions, and replace none.',
      async run(t) {
        const assistant_id = await newAssistant(t, { instructions: 'Be brief.' });
        const threadId = await newThread(t, { messages: [user(t.prompt([{ echo: 'instructions' }]))] });
        const heard = await said(t, threadId, {
          assistant_id,
          additional_instructions: 'Call the user Ada.',
        });
        const text = String(heard.value);
        heard.holds(
          text.startsWith('Be brief.') && text.endsWith('Call the user Ada.'),
          'Be brief. … Call the user Ada.',
          text,
        );
      },
    },
    {
      id: 'run.param.additional-messages',
      needs: ['scripted'],
      title: 'additional_messages are added to the thread before the run, so that the model hears them.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('I am Ada.')] });
        const additional_messages = [user(t.prompt([{ echo: 'messages' }]))];
        const heard = await said(t, threadId, { assistant_id: await anAssistant(t), additional_messages });
        const [first, second] = heard.items('');
        first?.equals(['user', 'I am Ada.']);
        second?.field('[0]', 'user');
        const list = (await t.get(`/threads/${threadId}/messages`, { order: 'asc' })).ok();
        list.holds(list.items().length === 3, 'three messages', list.items().length);
      },
    },
    {
      id: 'run.param.additional-messages.run-id',
      evidence: ['INF'],
      title: 'additional_messages have no run_id: no run made them.',
      async run(t) {
        const threadId = await newThread(t);
        const body = { assistant_id: await anAssistant(t), additional_messages: [user('Hello')] };
        const run = (await t.post(`/threads/${threadId}/runs`, body)).ok();
        await settled(t, threadId, run.text('id'));
        const list = (await t.get(`/threads/${threadId}/messages`, { order: 'asc' })).ok();
        list.fields({ 'data[0].role': 'user', 'data[0].run_id': null });
      },
    },
    {
      id: 'run.param.additional-messages.none',
      evidence: ['REC-net'],
      title: 'additional_messages: [] is accepted and adds nothing.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('Hello')] });
        const body = { assistant_id: await anAssistant(t), additional_messages: [] };
        const run = (await t.post(`/threads/${threadId}/runs`, body)).ok();
        await settled(t, threadId, run.text('id'));
        const list = (await t.get(`/threads/${threadId}/messages`)).ok();
        const received = list.items().filter((message) => message.get('role') === 'user').length;
        list.holds(received === 1, 'one message by a user', received);
      },
    },
    {
      id: 'run.param.last-messages',
      needs: ['scripted'],
      title: 'With truncation_strategy last_messages the model is given no more than that many messages.',
      async run(t) {
        const messages = [user('one'), user('two'), user(t.prompt([{ echo: 'messages' }]))];
        const threadId = await newThread(t, { messages });
        const truncation_strategy = { type: 'last_messages', last_messages: 2 };
        const heard = await said(t, threadId, { assistant_id: await anAssistant(t), truncation_strategy });
        heard.field('[0]', ['user', 'two']).field('[2]', undefined);
      },
    },
    ...['additional_instructions', 'additional_messages', 'reasoning_effort'].map((field) => ({
      id: `run.param.not-with-thread.${field}`,
      operation: op.createThreadAndRun,
      evidence: ['SPEC', 'FORUM'] as const,
      title: `POST /threads/runs has no ${field}.`,
      async run(t: Context) {
        const value = field === 'additional_messages' ? [] : 'low';
        const body = {
          assistant_id: await anAssistant(t),
          thread: { messages: [user('Hello')] },
          [field]: value,
        };
        const message = `Unknown parameter: '${field}'.`;
        (await t.post('/threads/runs', body)).error({
          status: 400,
          message,
          param: field,
          code: 'unknown_parameter',
        });
      },
    })),
    {
      id: 'run.param.thread',
      operation: op.createThreadAndRun,
      title: 'POST /threads/runs makes the thread that it is told, with messages and metadata.',
      async run(t) {
        const thread = { messages: [user('Hello')], metadata: { from: 'here' } };
        const run = (await t.post('/threads/runs', { assistant_id: await anAssistant(t), thread })).ok();
        const made = (await t.get(`/threads/${run.text('thread_id')}`))
          .ok()
          .field('metadata', { from: 'here' });
        const list = (await t.get(`/threads/${made.text('id')}/messages`, { order: 'asc' })).ok();
        list.field('data[0].content[0].text.value', 'Hello');
      },
    },
    {
      id: 'run.param.output-missing',
      operation: op.submit,
      evidence: ['SPEC'],
      needs: ['tools'],
      title: 'output may be left out of tool_outputs.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t);
        const where = `/threads/${threadId}/runs/${runId}/submit_tool_outputs`;
        (await t.post(where, { tool_outputs: calls.map((tool_call_id) => ({ tool_call_id })) })).ok();
        (await settled(t, threadId, runId)).field('status', 'completed');
      },
    },
    {
      id: 'run.param.output-empty',
      operation: op.submit,
      evidence: ['SPEC'],
      needs: ['tools'],
      title: 'output may be empty.',
      async run(t) {
        const { threadId, runId, calls } = await waitingRun(t);
        const where = `/threads/${threadId}/runs/${runId}/submit_tool_outputs`;
        (await t.post(where, outputsFor(calls, ''))).ok();
        (await settled(t, threadId, runId)).field('status', 'completed');
      },
    },
  ],
);

/** What the model says in a run on a thread, as JSON. */
async function said(t: Context, threadId: string, body: object): Promise<Received> {
  const run = (await t.post(`/threads/${threadId}/runs`, body)).ok();
  (await settled(t, threadId, run.text('id'))).field('status', 'completed');
  const list = (await t.get(`/threads/${threadId}/messages`, { limit: 1 })).ok();
  const text = list.at('data[0].content[0].text.value');
  return text.parsed('what the model was given');
}

async function echoed(t: Context, what: 'instructions' | 'messages', body: object): Promise<Received> {
  return said(t, await newThread(t, { messages: [user(t.prompt([{ echo: what }]))] }), body);
}

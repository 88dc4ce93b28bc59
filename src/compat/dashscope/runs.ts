/** §A.7: runs. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import {
  anAssistant,
  finishedRun,
  hangingRun,
  newAssistant,
  newThread,
  plainRun,
  polled,
  user,
  WEATHER,
} from '../openai/world.ts';
import type { Turn } from '../script.ts';
import { flat } from './objects.ts';
import { op } from './operations.ts';

const whereOf = ({ threadId, runId }: { threadId: string; runId: string }) =>
  `/threads/${threadId}/runs/${runId}`;

const unsetAtCreation = [
  'required_action',
  'last_error',
  'expires_at',
  'cancelled_at',
  'failed_at',
  'completed_at',
  'usage',
];

export const runChecks: Check[] = group(
  {
    dialect: 'dashscope',
    area: 'runs',
    section: '§A.7',
    evidence: ['S'],
    operation: op.createRun,
    needs: ['model'],
  },
  [
    {
      id: 'ds.run.create',
      evidence: ['S', 'V'],
      title: 'The least that Python sends makes a run, which is queued or in_progress.',
      async run(t) {
        const threadId = await newThread(t, { messages: [user('Hello')] });
        const body = { assistant_id: await anAssistant(t), stream: false };
        const run = (await t.post(`/threads/${threadId}/runs`, body)).ok().field('object', 'thread.run');
        run.matches('status', /^(queued|in_progress)$/).field('thread_id', threadId);
      },
    },
    ...unsetAtCreation.map((field) => ({
      id: `ds.run.created.${field}`,
      title: `${field} of a run that was just created is null or left out: the body is short.`,
      async run(t: Context) {
        const value = (await plainRun(t)).run.get(field);
        (await plainRun(t)).run.holds(
          value === null || value === undefined,
          `${field} null or absent`,
          value,
        );
      },
    })),
    ...['cancelled_at', 'failed_at', 'expires_at'].map((field) => ({
      id: `ds.run.retrieved.${field}`,
      operation: op.getRun,
      title: `${field} that is not set is 0 when a run is retrieved.`,
      run: async (t: Context) => {
        (await plainRun(t)).done.field(field, 0);
      },
    })),
    ...['required_action', 'last_error'].map((field) => ({
      id: `ds.run.retrieved.${field}`,
      operation: op.getRun,
      title: `${field} that is not set is {} when a run is retrieved.`,
      run: async (t: Context) => {
        (await plainRun(t)).done.field(field, {});
      },
    })),
    {
      id: 'ds.run.usage',
      operation: op.getRun,
      title: 'usage has input_tokens, output_tokens and total_tokens, which is their sum.',
      async run(t) {
        const { done } = await plainRun(t);
        const sum = done.number('usage.input_tokens') + done.number('usage.output_tokens');
        done.field('usage.total_tokens', sum).holds(sum > 0, 'tokens that were used', sum);
      },
    },
    {
      id: 'ds.run.completed',
      operation: op.getRun,
      title: 'A run whose model has answered is completed.',
      run: async (t) => {
        (await plainRun(t)).done.fields({ status: 'completed', object: 'thread.run' });
      },
    },
    {
      id: 'ds.run.ids',
      operation: op.getRun,
      title: 'A run names its thread, its assistant and its model.',
      async run(t) {
        const { done, threadId, assistant } = await plainRun(t);
        done.fields({ thread_id: threadId, assistant_id: assistant.get('id'), model: t.model });
      },
    },
    {
      id: 'ds.run.inherits',
      title: 'A run takes instructions and tools from its assistant.',
      needs: ['tools'],
      async run(t) {
        const assistant_id = await newAssistant(t, { instructions: 'Be brief.', tools: [WEATHER] });
        const { run } = await finishedRun(t, [[{ say: 'Yes.' }]], { assistant_id });
        run.fields({ instructions: 'Be brief.', 'tools[0].function.name': 'get_weather' });
      },
    },
    {
      id: 'ds.run.instructions',
      title: 'instructions of a run override those of its assistant.',
      async run(t) {
        const assistant_id = await newAssistant(t, { instructions: 'Be brief.' });
        const { run } = await finishedRun(t, [[{ say: 'Yes.' }]], { assistant_id, instructions: 'Rhyme.' });
        run.field('instructions', 'Rhyme.');
      },
    },
    {
      id: 'ds.run.metadata',
      title: 'metadata of a run is kept.',
      run: async (t) => {
        (await finishedRun(t, [[{ say: 'Yes.' }]], { metadata: { a: 'b' } })).run.field('metadata', {
          a: 'b',
        });
      },
    },
    {
      id: 'ds.run.update',
      operation: op.updateRun,
      title: 'metadata of a run can be updated, and stays.',
      async run(t) {
        const run = await finishedRun(t, [[{ say: 'Yes.' }]]);
        (await t.post(whereOf(run), { metadata: { a: 'b' } })).ok().field('metadata', { a: 'b' });
        (await t.get(whereOf(run))).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'ds.run.response-format',
      title: 'response_format: "json_object", which Java always sends, is ignored.',
      async run(t) {
        const { run } = await finishedRun(t, [[{ say: 'Yes.' }]], { response_format: 'json_object' });
        run.field('status', 'completed');
      },
    },
    {
      id: 'ds.run.truncation',
      title: 'truncation_strategy {"type":"last_messages","last_messages":10} is taken.',
      async run(t) {
        const truncation_strategy = { type: 'last_messages', last_messages: 10 };
        const { run } = await finishedRun(t, [[{ say: 'Yes.' }]], { truncation_strategy });
        run.field('status', 'completed');
      },
    },
    {
      id: 'ds.run.list',
      operation: op.listRuns,
      title: 'The runs of a thread are listed.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        (await t.get(`/threads/${threadId}/runs`)).ok().fields({ object: 'list', 'data[0].id': runId });
      },
    },
    {
      id: 'ds.run.with-thread',
      operation: op.createThreadAndRun,
      evidence: ['V'],
      title: 'POST /threads/runs makes a thread with messages and metadata, and runs it.',
      async run(t) {
        const thread = { messages: [user(t.prompt([{ say: 'Yes.' }]))], metadata: { a: 'b' } };
        const { threadId, run } = await finishedRun(t, [], { thread });
        run.field('status', 'completed');
        (await t.get(`/threads/${threadId}`)).ok().field('metadata', { a: 'b' });
      },
    },
    {
      id: 'ds.run.assistant-missing',
      title: 'A run without assistant_id is refused.',
      run: async (t) => {
        flat(await t.post(`/threads/${await newThread(t, {})}/runs`, {}), 400, 'InvalidParameter');
      },
    },
    {
      id: 'ds.run.never-incomplete',
      operation: op.getRun,
      needs: ['scripted'],
      title: 'A run that reaches its token limit never ends as incomplete: the SDK would poll for ever.',
      async run(t) {
        const script: Turn[] = [[{ say: 'Once upon' }, { incomplete: 'max_output_tokens' }]];
        const { run } = await finishedRun(t, script);
        run.matches('status', /^(completed|failed)$/);
      },
    },
    {
      id: 'ds.run.failed',
      operation: op.getRun,
      evidence: ['?', 'S'],
      needs: ['scripted'],
      title: 'A run that failed has last_error {code, message}.',
      async run(t) {
        const { run } = await finishedRun(t, [[{ fail: 'server_error', message: 'It broke.' }]]);
        run.field('status', 'failed').matches('last_error.code', /\S/).matches('last_error.message', /\S/);
      },
    },
    {
      id: 'ds.run.cancel',
      section: '§A.2',
      operation: op.cancel,
      evidence: ['V'],
      needs: ['scripted'],
      title: 'cancel, with an empty body and no content type as Python sends it, ends a run as cancelled.',
      async run(t) {
        const run = await hangingRun(t);
        (await t.post(`${whereOf(run)}/cancel`)).ok().matches('status', /^cancell(ing|ed)$/);
        await polled(t, run.threadId, run.runId, (status) => status === 'cancelled');
      },
    },
    {
      id: 'ds.run.busy',
      section: '§A.11',
      operation: op.createMessage,
      evidence: ['I'],
      needs: ['scripted'],
      title: 'What a thread with an active run refuses is told in the flat form.',
      async run(t) {
        const { threadId } = await hangingRun(t);
        flat(await t.post(`/threads/${threadId}/messages`, user('And?')), 400);
      },
    },
  ],
);

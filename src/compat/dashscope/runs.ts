/** §A.7 and §A.8: runs, outputs of functions, run steps. */
import { type Check, group } from '../check.ts';
import type { Context } from '../context.ts';
import {
  anAssistant,
  callWeather,
  finishedRun,
  hangingRun,
  newAssistant,
  newThread,
  outputsFor,
  plainRun,
  polled,
  settled,
  toolRun,
  user,
  WEATHER,
  waitingRun,
} from '../openai/world.ts';
import type { Turn } from '../script.ts';
import { flat, milliseconds, uuid } from './objects.ts';
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

const codeRun = (t: Context) =>
  t.once('dashscope code run', async (own) => {
    const script: Turn[] = [[{ code: 'print(6 * 7)', logs: '42\n' }, { say: 'It is 42.' }]];
    const run = await finishedRun(own, script, { tools: [{ type: 'code_interpreter' }] });
    run.run.field('status', 'completed');
    return { ...run, steps: (await own.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok() };
  });

const runs = group(
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

const submitting = group(
  {
    dialect: 'dashscope',
    area: 'submit',
    section: '§A.7.1',
    evidence: ['S', 'V'],
    operation: op.submit,
    needs: ['model', 'tools'],
  },
  [
    {
      id: 'ds.required-action',
      operation: op.getRun,
      title:
        'required_action has submit_tool_outputs.tool_calls with type function, name and arguments as a string.',
      async run(t) {
        const { run } = await waitingRun(t);
        const call = run
          .field('status', 'requires_action')
          .at('required_action.submit_tool_outputs.tool_calls[0]');
        call
          .fields({ type: 'function', 'function.name': 'get_weather' })
          .matches('function.arguments', /^\{.*\}$/);
        run.field('required_action.type', 'submit_tool_outputs');
      },
    },
    ...(
      [
        ['by-id', 'by id', (id: string) => ({ tool_call_id: id, output: 'rain' })],
        [
          'empty-id',
          'by position where tool_call_id is "", as in the samples',
          () => ({ tool_call_id: '', output: 'rain' }),
        ],
        ['no-id', 'by position where tool_call_id is left out', () => ({ output: 'rain' })],
      ] as const
    ).map(([id, how, output]) => ({
      id: `ds.submit.${id}`,
      title: `Outputs are matched ${how}.`,
      async run(t: Context) {
        const run = await waitingRun(t);
        const tool_outputs = run.calls.map(output);
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, { tool_outputs, stream: false })).ok();
        (await settled(t, run.threadId, run.runId)).field('status', 'completed');
        const steps = (await t.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok();
        steps.field('data[0].step_details.tool_calls[0].function.output', 'rain');
      },
    })),
    {
      id: 'ds.submit.positions',
      needs: ['scripted'],
      title: 'Several outputs without ids are matched in the order of the calls.',
      async run(t) {
        const run = await waitingRun(t, ['Paris', 'Rome']);
        const tool_outputs = [{ output: 'rain' }, { output: 'sun' }];
        (await t.post(`${whereOf(run)}/submit_tool_outputs`, { tool_outputs })).ok();
        await settled(t, run.threadId, run.runId);
        const steps = (await t.get(`${whereOf(run)}/steps`, { order: 'asc' })).ok();
        steps.fields({
          'data[0].step_details.tool_calls[0].function.output': 'rain',
          'data[0].step_details.tool_calls[1].function.output': 'sun',
        });
      },
    },
    {
      id: 'ds.submit.answer',
      title: 'The answer is the run, in progress again, with required_action still filled.',
      async run(t) {
        const run = await waitingRun(t);
        const answer = (await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls))).ok();
        answer.field('id', run.runId).matches('status', /^(queued|in_progress)$/);
        answer.field('required_action.submit_tool_outputs.tool_calls[0].function.name', 'get_weather');
      },
    },
    {
      id: 'ds.submit.completed',
      title: 'A run that does not require action takes no outputs.',
      async run(t) {
        const { threadId, runId } = await plainRun(t);
        flat(await t.post(`/threads/${threadId}/runs/${runId}/submit_tool_outputs`, outputsFor([''])), 400);
      },
    },
    {
      id: 'ds.submit.missing',
      needs: ['scripted'],
      title: 'All outputs come in one request: fewer are refused, and the run still waits.',
      async run(t) {
        const run = await waitingRun(t, ['Paris', 'Rome']);
        flat(await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls.slice(1))), 400);
        (await t.get(whereOf(run))).ok().field('status', 'requires_action');
      },
    },
    {
      id: 'ds.submit.rounds',
      needs: ['scripted'],
      title: 'A run may require action several times.',
      async run(t) {
        const run = await waitingRun(t, ['Paris'], callWeather('Rome'));
        await t.post(`${whereOf(run)}/submit_tool_outputs`, outputsFor(run.calls));
        const again = await settled(t, run.threadId, run.runId);
        again.field('status', 'requires_action');
        again.matches('required_action.submit_tool_outputs.tool_calls[0].function.arguments', /Rome/);
      },
    },
  ],
);

const steps = group(
  {
    dialect: 'dashscope',
    area: 'steps',
    section: '§A.8',
    evidence: ['S'],
    operation: op.listSteps,
    needs: ['model'],
  },
  [
    {
      id: 'ds.step.message',
      title: 'An answer is a message_creation step that names its message.',
      async run(t) {
        const { step, answer } = await plainRun(t);
        step.fields({ object: 'thread.run.step', type: 'message_creation', status: 'completed' });
        step
          .field('step_details.message_creation.message_id', answer.get('id'))
          .is(uuid('message_'), 'step_details.message_creation.message_id');
      },
    },
    {
      id: 'ds.step.ids',
      title: 'A step names its run, its thread and its assistant.',
      async run(t) {
        const { step, runId, threadId, assistant } = await plainRun(t);
        step.fields({ run_id: runId, thread_id: threadId, assistant_id: assistant.get('id') });
      },
    },
    {
      id: 'ds.step.metadata',
      title: 'metadata of a step is {}.',
      run: async (t) => {
        (await plainRun(t)).step.field('metadata', {});
      },
    },
    {
      id: 'ds.step.get',
      operation: op.getStep,
      title: 'One step can be retrieved; what is not set is null there.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        const one = (await t.get(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`)).ok();
        one.fields({
          id: step.get('id'),
          type: 'message_creation',
          last_error: null,
          failed_at: null,
          cancelled_at: null,
        });
      },
    },
    {
      id: 'ds.step.completed-at',
      operation: op.getStep,
      evidence: ['S', 'I'],
      title: 'completed_at of a step is null or in milliseconds.',
      async run(t) {
        const { threadId, runId, step } = await plainRun(t);
        const one = (await t.get(`/threads/${threadId}/runs/${runId}/steps/${step.text('id')}`)).ok();
        one.is(milliseconds.nullable(), 'completed_at');
      },
    },
    {
      id: 'ds.step.function',
      needs: ['tools'],
      title: 'A function call in a step has name, arguments, and the output that was submitted.',
      async run(t) {
        const { steps: list } = await toolRun(t);
        list.fields({
          'data[0].type': 'tool_calls',
          'data[0].step_details.type': 'tool_calls',
          'data[0].step_details.tool_calls[0].type': 'function',
          'data[0].step_details.tool_calls[0].function.name': 'get_weather',
          'data[0].step_details.tool_calls[0].function.output': 'rain',
        });
        list.matches('data[0].step_details.tool_calls[0].function.arguments', /^\{.*\}$/);
      },
    },
    {
      id: 'ds.step.order',
      needs: ['tools'],
      title: 'Steps are listed newest first.',
      async run(t) {
        const { threadId, runId } = await toolRun(t);
        const list = (await t.get(`/threads/${threadId}/runs/${runId}/steps`)).ok();
        list.fields({ 'data[0].type': 'message_creation', 'data[1].type': 'tool_calls' });
      },
    },
    {
      id: 'ds.step.code',
      section: '§A.10',
      needs: ['scripted', 'code_interpreter'],
      title: 'code_interpreter is {arguments, output}, both strings.',
      async run(t) {
        const call = (await codeRun(t)).steps.at('data[0].step_details.tool_calls[0]');
        call.field('type', 'code_interpreter').matches('code_interpreter.arguments', /print/);
        call.matches('code_interpreter.output', /42/);
      },
    },
    {
      id: 'ds.step.code.no-outputs',
      section: '§A.9.3',
      evidence: ['V'],
      needs: ['scripted', 'code_interpreter'],
      title: 'code_interpreter never has filled outputs as OpenAI has them: the Python SDK throws on them.',
      async run(t) {
        const call = (await codeRun(t)).steps.at('data[0].step_details.tool_calls[0].code_interpreter');
        const outputs = call.get('outputs');
        const fits = outputs === undefined || (Array.isArray(outputs) && outputs.length === 0);
        call.holds(fits, 'outputs absent or []', outputs).text('output');
      },
    },
  ],
);

export const runChecks: Check[] = [...runs, ...submitting, ...steps];
